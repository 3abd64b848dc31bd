"""Which calls a query becomes; and that none of them leaves anything out."""

from typing import Any

import pytest
from connector_sdk import conform
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.catalogue import load
from stripe_connector.query import Clause, check, fields_of, parse, write
from stripe_connector.query.clause import Query
from stripe_connector.query.narrowing import MOST, alternatives
from stripe_connector.query.plan import Route, plan

from tests.stripe_connector.query.strategies import naive, queries

CATALOGUE = load()


def planned(on: str, text: str, *, fresh: bool = False, **given_: Any) -> tuple[Route, ...]:
    api_call = CATALOGUE.api_calls[f"{on}.list"]
    fields = fields_of(CATALOGUE, api_call)
    query = check(parse(text), fields, native=False)
    request = CATALOGUE.request(api_call)
    searchable = bool(fields.searchable) and not fresh
    return plan(query, fields, request, searchable=searchable, given=given_).routes


def told(routes: tuple[Route, ...]) -> list[Any]:
    return [route.query if route.by == "search" else dict(route.params) for route in routes]


@pytest.mark.parametrize(
    ("on", "text", "calls"),
    [
        # one clause that the search knows
        ("customers", "email:a@b.c", ['email:"a@b.c"']),
        ("customers", "metadata['k']:v", ['metadata["k"]:"v"']),
        # however we take a number, Stripe is asked for a plain one
        ("charges", "amount:1e3", ["amount:1000"]),
        ("charges", "amount>='1_000.0'", ["amount>=1000"]),
        # nothing tells how a backslash is escaped there
        ("customers", r"phone:'\\5'", [{}]),
        # exactly this value: the list has it at once, and fresh
        ("customers", "email=a@b.c", [{"email": "a@b.c"}]),
        ("prices", "lookup_key=k active:true", [{"lookup_keys": ["k"], "active": True}]),
        ("products", "id:prod_1", [{"ids": ["prod_1"]}]),
        ("invoices", "subscription:sub_1", [{"subscription": "sub_1"}]),
        # ids, choices, currencies, truth, bounds are exact in the language, too
        ("charges", "customer:cus_1 created>=5 created>7 created<9 created<=99",
         [{"customer": "cus_1", "created": {"gte": 5, "gt": 7, "lt": 9, "lte": 99}}]),
        ("charges", "customer:cus_1 created:7", [{"customer": "cus_1",
         "created": {"gte": 7, "lte": 7}}]),
        ("charges", "customer:cus_1 created>7.5", [{"customer": "cus_1", "created": {"gt": 7}}]),
        ("subscriptions", "status:ACTIVE customer:cus_1",
         [{"status": "active", "customer": "cus_1"}]),
        ("prices", "currency:EUR active:TRUE product:p",
         [{"currency": "eur", "active": True, "product": "p"}]),
        ("coupons", "created>5", [{"created": {"gt": 5}}]),
        ("issuing.cards", "exp_month:12", [{"exp_month": 12}]),
        # moments are told exactly, and in one form
        ("v2.core.events", "created>2026-01-31 created>=1769817600 created<2026-02-01T01:00+01:00",
         [{"created": {"gt": "2026-01-31T00:00:00.000000Z", "gte": "2026-01-31T00:00:00.000000Z",
                       "lt": "2026-02-01T00:00:00.000000Z"}}]),
        ("v2.core.events", "created:2026-01-31T00:00:00.25Z created>=5 created>=1e11",
         [{"created": {"gte": "5138-11-16T09:46:40.000000Z",
                       "lte": "2026-01-31T00:00:00.250000Z"}}]),
        ("v2.core.events", "created>-5", [{}]),
        ("v2.core.events", "created<1.00000001", [{}]),
        ("v2.commerce.product_catalog.imports", "created=5", [{}]),
        # a list's default that hides rows is overridden
        ("subscriptions", "customer:cus_1", [{"customer": "cus_1", "status": "all"}]),
        ("prices", "product:p", [{"product": "p", "active": True},
                                 {"product": "p", "active": False}]),
        ("tax.registrations", "country:AT", [{"status": "all"}]),
        # a list that would give 100 at most
        ("charges", "transfer_group=ORDER-1", [{}]),
        ("v2.core.accounts", "display_name:x", [{"closed": False}, {"closed": True}]),
        # what no call can be asked for is checked in each row
        ("customers", "address.city:Linz", [{}]),
        ("customers", "-email:a@b.c", [{}]),
        ("customers", "email~abc description~x-y", ['email~"abc"']),
        ("coupons", "name:x", [{}]),
        ("customers", "email:'a\nb' phone:5", ['phone:"5"']),
        ("prices", "currency:euro active:true product:p", [{"active": True, "product": "p"}]),
        ("coupons", "created>1e30", [{}]),
        ("customers", "created>1.5 email:a", ['email:"a"']),
        ("customers", "name:'--' phone:5", ['phone:"5"']),
        ("credit_notes.preview_lines", "amount:5", [{}]),
        ("setup_intents", "attach_to_self:true", [{}]),
        ("balance_transactions", "type:no_such_type", [{}]),
        # a negated clause may hold for what lacks the field, but null is null
        ("customers", "-email:null phone:5", ['-email:null AND phone:"5"']),
        ("customers", "-(phone:null OR email:null)", ["-phone:null AND -email:null"]),
        # alternatives
        ("customers", "email:a OR email:b", ['email:"a" OR email:"b"']),
        ("customers", "email:a OR address.city:Linz", [{}]),
        ("customers", "email in (a, b) AND (phone:1 OR phone:2)",
         [f'email:"{a}" AND phone:"{b}"' for a in "ab" for b in "12"]),
        ("customers", "(email:a phone:1) OR email:a", ['email:"a"']),
        ("invoices", "status:open OR status:draft", [{"status": "open"}, {"status": "draft"}]),
        ("charges", "customer:c (amount>5 OR refunded:true)", [{"customer": "c"}]),
    ],
)  # fmt: skip
def test_the_calls_of_a_query(on: str, text: str, calls: list[Any]) -> None:
    assert told(planned(on, text)) == calls


def test_many_values_are_few_searches() -> None:
    values = ", ".join(f"v{n}" for n in range(25))
    routes = planned("customers", f"email in ({values})")
    assert [route.query.count(" OR ") + 1 for route in routes] == [10, 10, 5]
    assert all(parse(route.query, strict=True) for route in routes)
    long = ", ".join(f"{n:0>1000}" for n in range(12))
    routes = planned("customers", f"email in ({long})")
    assert [route.query.count(" OR ") + 1 for route in routes] == [4, 4, 4]
    assert all(len(route.query) <= 5000 for route in routes)


def test_more_than_ten_clauses_are_narrowed_by_ten() -> None:
    text = " ".join(f"metadata['k{n}']:v" for n in range(12))
    (route,) = planned("customers", text)
    assert route.query.count(" AND ") == 9


def test_fresh_asks_lists_only() -> None:
    assert told(planned("customers", "email:a@b.c", fresh=True)) == [{}]
    assert told(planned("customers", "email=a@b.c OR created>5", fresh=True)) == [
        {"email": "a@b.c"},
        {"created": {"gt": 5}},
    ]


def test_what_a_person_set_is_not_set_again() -> None:
    assert told(planned("subscriptions", "customer:a", status="active", customer="b")) == [{}]
    assert told(planned("customers", "email:a", created={"gt": 5})) == [{}]


def test_a_query_with_very_many_alternatives_is_narrowed_by_what_they_share() -> None:
    pairs = [f"(balance:{n} OR balance:{n + 100})" for n in range(11)]
    text = f"email:a@b.c {' '.join(pairs)}"
    assert told(planned("customers", text)) == ['email:"a@b.c"']
    assert [len(each) for each in alternatives(parse(text))] == [1]
    assert len(alternatives(parse(" ".join(pairs[:9])))) == 512 < MOST


@pytest.mark.parametrize("number", ["1e400", "1e999999999", "9" * 50, "nan", "1_000_0x"])
def test_numbers_beyond_measure_are_refused(number: str) -> None:
    with pytest.raises(ValueError, match="compared with a number"):
        planned("customers", f"created>{number}")


def _letters() -> st.SearchStrategy[Clause]:
    return st.builds(
        Clause, st.sampled_from("abcd"), st.just(""), st.just(":"), st.just("1"), st.booleans()
    )


@given(queries(_letters(), most=10), st.sets(st.sampled_from("abcd")))
def test_alternatives_mean_the_same_as_the_query(query: Query, ones: set[str]) -> None:
    obj = dict.fromkeys(ones, 1)
    found = any(all(naive(clause, obj) for clause in each) for each in alternatives(query))
    assert found is naive(query, obj)


def test_what_is_left_to_check_is_told() -> None:
    api_call = CATALOGUE.api_calls["customers.list"]
    fields = fields_of(CATALOGUE, api_call)
    query = check(parse("email:a address.city:Linz -phone:5"), fields, native=False)
    found = plan(query, fields, CATALOGUE.request(api_call), searchable=True, given={})
    assert [write(clause) for clause in found.checked] == ['address.city:"Linz"', '-phone:"5"']
    assert not found.fresh


def test_every_list_can_be_asked_what_it_is_planned_to_be_asked() -> None:
    """Whatever field is asked for, of each of Stripe's lists: the parameters fit the list."""
    lists = [each for each in CATALOGUE.api_calls.values() if each.shape == "list"]
    narrowed: set[str] = set()
    for api_call in lists:
        fields = fields_of(CATALOGUE, api_call)
        request = CATALOGUE.request(api_call)
        for name, known in fields.names():
            schema = known.schema
            values = [str(choice) for choice in (schema.choices if schema is not None else ())]
            for value in values or ["true", "5"]:
                if known.kind in ("number", "moment") and not value.isdigit():
                    continue
                for op in (":", "="):
                    query = check(parse(f'{name}{op}"{value}"'), fields, native=False)
                    found = plan(query, fields, request, searchable=False, given={})
                    for route in found.routes:
                        for parameter, given_ in route.params.items():
                            field = request.child(parameter)
                            assert field is not None
                            assert not conform(field, given_).problems
                        if not found.checked:
                            narrowed.add(api_call.id)
    assert len(narrowed) > 80
