"""The language: what a text says, and what it can't say."""

import pytest
from connector_sdk import JSON
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe_connector.query import Clause, Group, Query, QueryError, clauses, parse, write

from tests.stripe_connector.query.strategies import any_clause, queries


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("email:'a@b.c'", 'email:"a@b.c"'),
        ("status:active", 'status:"active"'),
        (r"name:O\'Hara", 'name:"O\'Hara"'),
        ("created>=1735689600", "created>=1735689600"),
        ("created>-5", "created>-5"),
        ("amount:1000 currency:'eur'", 'amount:"1000" AND currency:"eur"'),
        ("amount:1 OR amount:2", 'amount:"1" OR amount:"2"'),
        ("-metadata['k']:null", '-metadata["k"]:null'),
        (r'metadata["a\"b"]:"c\\d"', r'metadata["a\"b"]:"c\\d"'),
        ("a:1 b:2 OR c:3", '(a:"1" AND b:"2") OR c:"3"'),
        ("a:1 (b:2 OR c:3)", 'a:"1" AND (b:"2" OR c:"3")'),
        ("-(a:1 b:2)", '-(a:"1" AND b:"2")'),
        ("-(-a:1)", 'a:"1"'),
        ("((a:1))", 'a:"1"'),
        ("status in (active, 'past due')", 'status:"active" OR status:"past due"'),
        ("-status in (active, paused)", '-(status:"active" OR status:"paused")'),
        ("status in (active)", 'status:"active"'),
        ("email='Ada@b.c'", 'email="Ada@b.c"'),
        ("in:1 ANDROID:2 OR_:3", 'in:"1" AND ANDROID:"2" AND OR_:"3"'),
        ("url:https://x.y/?a=b", 'url:"https://x.y/?a=b"'),
        ("card.last4:'4242'\n AND\tid:1", 'card.last4:"4242" AND id:"1"'),
        ("name:nullify", 'name:"nullify"'),
        ("name:NULL", "name:null"),
        ("name:5\x1f\xa0amount:6", 'name:"5" AND amount:"6"'),
        ("name:'${x}'", 'name:"${x}"'),
    ],
)
def test_a_text_has_one_canonical_form(text: str, canonical: str) -> None:
    assert write(parse(text)) == canonical
    assert write(parse(canonical)) == canonical


def test_each_clause_knows_where_it_stands() -> None:
    text = "name:'ann' -status in (active, \"paused\") created>5"
    assert [text[slice(*clause.span)] for clause in clauses(parse(text))] == [
        "name:'ann'",
        "active",
        '"paused"',
        "created>5",
    ]


@pytest.mark.parametrize(
    ("text", "says", "character"),
    [
        ("", "empty", 1),
        ("   ", "empty", 1),
        ("name", "has to follow 'name'", 5),
        ("name:", "A value has to stand here", 6),
        ("name:'ann", "isn't closed", 6),
        ("(name:'ann'", "parenthesis isn't closed", 1),
        ("a:1 (b:2 OR (c:3)", "parenthesis isn't closed", 5),
        ("name:'ann')", "never opened", 11),
        ("()", "nothing in these", 2),
        ("name:'ann'amount:1", "Put a space", 11),
        ("name:'ann' AND", "has to follow AND", 15),
        ("name:'ann' and amount:1", "AND in capitals", 12),
        ("OR name:'ann'", "has to stand before OR", 1),
        ("name~null", "only be asked for by ':'", 6),
        ("metadata[n]:'x'", "has to be quoted", 10),
        ("metadata['n':'x'", "isn't closed", 13),
        ("metadata['']:'x'", "is empty", 10),
        ("name['n']['m']:'x'", "Only one key", 10),
        (":'x'", "name of a field", 1),
        ("name in (ann bob)", "A comma has to stand between", 14),
        ("name in ('ann' 'bob')", "A comma has to stand between", 16),
        ("(name in ('ann', b c))", "A comma has to stand between", 20),
        ("name in ()", "A value has to stand here", 10),
        ("name:o'hara", "middle of a value", 7),
        ("name in 'a'", "stand in parentheses", 9),
        ("email:${x}", "A value has to stand here", 7),
        ("(" * 41 + "a:1" + ")" * 41, "40 deep", 41),
        ("name:'" + "x" * 200_000 + "'", "200000 are allowed", 200_001),
    ],
)
def test_what_it_can_not_say_is_refused_with_its_place(
    text: str, says: str, character: int
) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert says in str(caught.value)
    assert f"(at character {character})" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says", "character"),
    [
        ("(name:'ann')", "no parentheses", 1),
        ("name:'a' AND amount:1 OR amount:2", "can't be mixed", 1),
        ("amount:2 OR name:'a' amount:1", "can't be mixed", 13),
        ("name:ann", "text in quotes", 6),
        ("name in ('a', 'b')", "no 'in'", 6),
        ("name='a'", "no '='", 5),
        ("name['n']:'x'", "Only metadata", 5),
        (" ".join(["amount:1"] * 11), "10 clauses", 91),
        ("name:'" + "x" * 5000 + "'", "5000 are allowed", 5001),
    ],
)
def test_what_stripes_own_search_does_not_take(text: str, says: str, character: int) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, strict=True)
    assert says in str(caught.value)
    assert f"(at character {character})" in str(caught.value)


@settings(max_examples=50 if settings().max_examples <= 50 else 10_000)
@given(queries(any_clause()))
def test_what_is_written_is_read_as_the_same(query: Query) -> None:
    assert parse(write(query)) == query


_PIECES = st.sampled_from(
    ["name", "metadata", "amount", "[", "]", "'", '"', "\\", ":", "~", ">", "<=", "=", "-", " ",
     "AND", "OR", "in", "null", "12", "1.5", "(", ")", ",", "é", "'x'", '"a b"', "${x}", "$${",
     "\n"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=25).map("".join)))
def test_no_text_breaks_the_parser(text: str) -> None:
    given_values: tuple[dict[str, JSON] | None, ...] = (None, {"x": "1"})
    for values in given_values:
        for strict in (False, True):
            try:
                query = parse(text, values, strict=strict)
            except QueryError as error:
                assert 0 <= error.span[0] <= error.span[1] <= len(text)
            else:
                assert all(text[a:b].strip() for a, b in (each.span for each in clauses(query)))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "'" * 99_999,
        "\\" * 100_000,
        "-" * 100_000,
        "a" * 150_000 + " b",
        "a." * 50_000 + "[",
        "a:1 " * 40_000 + "(",
        "a[" * 60_000,
        "AND " * 40_000,
    ],
    ids=lambda text: text[:4],
)
def test_long_nonsense_ends_at_once(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


_NASTY = st.one_of(
    st.text(min_size=1),
    st.sampled_from(
        ['" OR email:"', "' OR '1'='1", '\\" OR name:null OR a:"', "a\nOR b:null", '")', "${x}",
         "\\", 'x"] OR metadata["y']
    ),
).filter(lambda text: bool(text.strip()))  # fmt: skip


@given(_NASTY, st.sampled_from(["{}", "'{}'", '"{}"']), st.booleans())
def test_no_value_breaks_out_of_its_place(value: str, quotes: str, key: bool) -> None:
    place = quotes.format("${var:x}")
    text = f"metadata[{place}]:1" if key else f"email:{place}"
    query = parse(f"{text} AND status:'open'", {"var:x": value})
    bound = Clause("metadata", value, ":", "1") if key else Clause("email", "", ":", value)
    assert query == Group("AND", (bound, Clause("status", "", ":", "open")))
    assert parse(write(query)) == query


def test_a_value_may_be_a_part_of_a_text() -> None:
    query = parse("name:'Mr. ${x} $${y}' AND amount:${n}", {"x": 'A"b', "n": 12})
    assert [clause.value for clause in clauses(query)] == ['Mr. A"b ${y}', "12"]


def test_a_list_stands_for_its_values_in_in() -> None:
    values: dict[str, JSON] = {"names": ["a", "b"], "c": True}
    assert write(parse("name in (${names}, ${c})", values)) == (
        'name:"a" OR name:"b" OR name:"true"'
    )


def test_a_value_of_each_record_may_come_later() -> None:
    query = parse("email:${record:email} name:'${var:x}'", {"var:x": "a"})
    assert [clause.open for clause in clauses(query)] == [True, False]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name:${x}", "empty_value"),
        ("name:${blank}", "empty_value"),
        ("name:${list}", "wrong_value"),
        ("name:${liste}", "unbound_value"),
        ("name in (${none})", "empty_value"),
        ("name in (${holed})", "empty_value"),
    ],
)
def test_a_value_that_is_no_value_is_refused(text: str, code: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, {"x": None, "blank": " ", "list": ["a"], "none": [], "holed": ["a", None]})
    assert caught.value.code == code
    assert text[slice(*caught.value.span)].startswith("${")
