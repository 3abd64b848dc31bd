"""The search language: what it means, and that what it can't say is refused with its place."""

import pytest
from connector_sdk import JSON
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.query import QueryError, matches, parse

FIELDS = {
    "amount": "number",
    "created": "number",
    "currency": "token",
    "active": "token",
    "email": "string",
    "name": "string",
    "refunded": "token",
    "subscription": "string",
    "payment_method_details.card.last4": "token",
}

CUSTOMER: dict[str, JSON] = {
    "object": "customer",
    "id": "cus_1",
    "name": "The Story of Ann O'Hara",
    "email": "Ann@Example.com",
    "amount": 1000,
    "created": 1_700_000_000,
    "currency": "eur",
    "active": True,
    "metadata": {"crm id": 'a"b', "n": "12"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name:'story ann'", True),
        ("name:'ann story'", False),
        ("name:'STORY'", True),
        ("name:'stor'", False),
        ("name~'stor'", True),
        ("name~'OF ANN'", True),
        ("email:'ann@example.com'", True),
        ("email:'!!'", False),
        ("currency:'EUR'", True),
        ("currency:'eu'", False),
        ("active:'true'", True),
        ("amount:1000", True),
        ("amount:'1000'", True),
        ("amount>999 amount<1001", True),
        ("amount>=1000 AND amount<=1000", True),
        ("amount>1000", False),
        ("amount:1 OR currency:'eur'", True),
        ("amount:1 OR currency:'usd'", False),
        ("-currency:'usd'", True),
        ("-currency:'eur'", False),
        ("""metadata["crm id"]:"a\\"b\"""", True),
        ("metadata['n']:12", True),
        ("metadata['n']:null", False),
        ("-metadata['n']:null", True),
        ("metadata['m']:null", True),
        ("subscription:null", True),
        ("payment_method_details.card.last4:'4242'", False),
        ("-payment_method_details.card.last4:'4242'", True),
    ],
)
def test_what_a_query_matches(text: str, expected: bool) -> None:
    assert matches(parse(text, FIELDS), CUSTOMER) is expected


@pytest.mark.parametrize(
    ("charge", "text"),
    [
        ({"refunded": True, "amount_refunded": 5}, "refunded:'true'"),
        ({"refunded": False, "amount_refunded": 5}, "refunded:'false'"),
        ({"refunded": False, "amount_refunded": 0}, "refunded:null"),
    ],
)
def test_a_refund_is_full_partial_or_none(charge: dict[str, JSON], text: str) -> None:
    charges = ["refunded:'true'", "refunded:'false'", "refunded:null"]
    obj: dict[str, JSON] = {"object": "charge", **charge}
    assert [query for query in charges if matches(parse(query, FIELDS), obj)] == [text]


def test_an_invoice_is_found_by_the_subscription_that_it_belongs_to() -> None:
    invoice: dict[str, JSON] = {
        "object": "invoice",
        "parent": {"subscription_details": {"subscription": "sub_1"}},
    }
    assert matches(parse("subscription:'sub_1'", FIELDS), invoice)


def test_a_nested_field_and_an_expanded_object_are_looked_into() -> None:
    obj: dict[str, JSON] = {
        "payment_method_details": {"card": {"last4": "4242"}},
        "customer": {"id": "cus_1", "object": "customer"},
    }
    assert matches(parse("payment_method_details.card.last4:'4242'", FIELDS), obj)
    assert matches(parse("customer:'cus_1'", {"customer": "token"}), obj)


@pytest.mark.parametrize(
    ("text", "says", "character"),
    [
        ("", "empty", 1),
        ("   ", "empty", 1),
        ("name", "has to follow 'name'", 5),
        ("name:", "A value has to stand here", 6),
        ("name:ann", "text in quotes", 6),
        ("name:'ann", "isn't closed", 6),
        ("(name:'ann')", "no parentheses", 1),
        ("name:'ann'amount:1", "Put a space", 11),
        ("name:'ann' AND", "has to follow AND", 15),
        ("name:'ann' and amount:1", "AND in capitals", 12),
        ("name:'a' AND amount:1 OR amount:2", "can't be mixed", 23),
        ("name:'a' amount:1 OR amount:2", "can't be mixed", 19),
        ("nmae:'ann'", "Did you mean 'name'?", 1),
        ("amount:1 name>5", "compares numbers", 10),
        ("amount~'100'", "isn't one; use ':'", 1),
        ("name~'an'", "at least 3", 1),
        ("name~null", "only be asked for by ':'", 6),
        ("amount:'ten'", "compared with a number", 1),
        ("metadata:'x'", 'metadata["key"]', 1),
        ("metadata[n]:'x'", "has to be quoted", 10),
        ("metadata['n':'x'", "isn't closed", 13),
        ("name['n']:'x'", "Only metadata", 5),
        (":'x'", "name of a field", 1),
        (" ".join(["amount:1"] * 11), "10 clauses", 91),
        ("name:'" + "x" * 5000 + "'", "5000 are allowed", 5001),
    ],
)
def test_what_it_can_not_say_is_refused_with_its_place(
    text: str, says: str, character: int
) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, FIELDS)
    assert says in str(caught.value)
    assert f"(at character {character})" in str(caught.value)


_PIECES = st.sampled_from(
    ["name", "metadata", "amount", "[", "]", "'", '"', "\\", ":", "~", ">", "<=", "-", " ", "AND",
     "OR", "null", "12", "1.5", "(", ")", "é", "'x'", '"a b"']
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=20).map("".join)))
def test_no_text_breaks_the_parser(text: str) -> None:
    for fields in (None, FIELDS):
        try:
            query = parse(text, fields)
        except QueryError as error:
            assert 0 <= error.span[0] <= error.span[1] <= len(text)
        else:
            assert isinstance(matches(query, CUSTOMER), bool)
            assert all(text[a:b].strip() for a, b in (clause.span for clause in query.clauses))


@given(st.text(max_size=40), st.sampled_from(["'", '"']))
def test_any_text_can_be_asked_for_when_it_is_quoted(value: str, quote: str) -> None:
    escaped = value.replace("\\", "\\\\").replace(quote, "\\" + quote)
    query = parse(f"metadata[{quote}{escaped}{quote}]:{quote}{escaped}{quote}")
    assert query.clauses[0].key == value
    assert query.clauses[0].value == value
    if value:
        assert matches(query, {"metadata": {value: value}})


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=10))
def test_joins_and_negation_mean_what_logic_says(parts: list[tuple[bool, int]]) -> None:
    obj: dict[str, JSON] = {"amount": 3}
    clauses = [f"{'-' if negated else ''}amount:{value}" for negated, value in parts]
    each = [(value == 3) != negated for negated, value in parts]
    assert matches(parse(" ".join(clauses), FIELDS), obj) is all(each)
    assert matches(parse(" AND ".join(clauses), FIELDS), obj) is all(each)
    assert matches(parse(" OR ".join(clauses), FIELDS), obj) is any(each)
