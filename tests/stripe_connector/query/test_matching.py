"""What a query matches, as Stripe documents it and as a second evaluator decides it."""

from datetime import UTC, datetime, timedelta, timezone
from operator import eq, ge, gt, le, lt

import pytest
from connector_sdk import JSON
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.catalogue import load
from stripe_connector.query import Clause, Query, check, fields_of, matcher, parse

from tests.stripe_connector.query.strategies import KEYS, TEXTS, naive, numbers, queries

CUSTOMERS = fields_of(load(), load().api_calls["customers.list"])
CHARGES = fields_of(load(), load().api_calls["charges.list"])

CUSTOMER: dict[str, JSON] = {
    "object": "customer",
    "id": "cus_1",
    "name": "The Story of José O'Hara",
    "email": "Ann@Example.com",
    "balance": 1000,
    "created": 1_700_000_000,
    "currency": "eur",
    "delinquent": True,
    "preferred_locales": ["de", "EN"],
    "address": {"city": "Linz", "country": "AT"},
    "default_source": None,
    "metadata": {"crm id": 'a"b', "n": "12"},
    "invoice_settings": {"default_payment_method": {"id": "pm_1"}},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name:'story jose'", True),
        ("name:'jose story'", False),
        ("name:'STORY'", True),
        ("name:'stor'", False),
        ("name~'stor'", True),
        ("name~'OF JOSÉ'", True),
        ("name='The Story of José O\\'Hara'", True),
        ("name='the story of josé o\\'hara'", False),
        ("email:'ann@example.com'", True),
        ("email='ann@example.com'", False),
        ("email:'!!'", False),
        ("currency:'EUR'", True),
        ("currency:'eu'", False),
        ("delinquent:'true'", True),
        ("balance:1000", True),
        ("balance:'1000.0'", True),
        ("balance=1000", True),
        ("balance>999 balance<1001", True),
        ("balance>999.5", True),
        ("balance>=1000 AND balance<=1000", True),
        ("balance>1000", False),
        ("balance:1 OR currency:'eur'", True),
        ("balance:1 OR currency:'usd'", False),
        ("-currency:'usd'", True),
        ("-currency:'eur'", False),
        ("-(currency:'eur' balance:1)", True),
        ("-(currency:'usd' OR balance:1000)", False),
        ("balance in (1, 1000)", True),
        ("id:'CUS_1'", False),
        ("id:'cus_1'", True),
        ("""metadata["crm id"]:"a\\"b\"""", True),
        ("metadata['n']:12", True),
        ("metadata['n']:null", False),
        ("-metadata['n']:null", True),
        ("metadata['m']:null", True),
        ("phone:null", True),
        ("address:null", False),
        ("address.city:'LINZ'", True),
        ("preferred_locales:'en'", True),
        ("preferred_locales:'fr'", False),
        ("-preferred_locales:'fr'", True),
        ("default_source:null", True),
        ("-default_source:'card_1'", True),
        ("invoice_settings.default_payment_method:'pm_1'", True),
    ],
)
def test_what_a_query_matches(text: str, expected: bool) -> None:
    query = check(parse(text), CUSTOMERS, native=False)
    assert matcher(query, "customers")(CUSTOMER) is expected


@pytest.mark.parametrize(
    ("charge", "text"),
    [
        ({"refunded": True, "amount_refunded": 5}, "refunded:'true'"),
        ({"refunded": False, "amount_refunded": 5}, "refunded:'false'"),
        ({"refunded": False, "amount_refunded": 0}, "refunded:null"),
    ],
)
def test_a_refund_is_full_partial_or_none(charge: dict[str, JSON], text: str) -> None:
    texts = ["refunded:'true'", "refunded:'false'", "refunded:null"]
    found = [
        each
        for each in texts
        if matcher(check(parse(each), CHARGES, native=False), "charges")(charge)
    ]
    assert found == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("created:2026-01-31T12:00:00.25Z", True),
        ("created='2026-01-31T13:00:00.250+01:00'", True),
        ("created:1769860800.25", True),
        ("created:2026-01-31T12:00:00Z", False),
        ("created in (5, 2026-01-31T12:00:00.25)", True),
        ("created>2026-01-31", True),
        ("created>2026-01-31T12:00:00Z created<2026-01-31T12:00:01Z", True),
        ("created>=1769860800.25 created<=1769860800.25", True),
        ("created>2026-01-31T12:00:00.25Z", False),
        ("created<1769860800", False),
        ("-created<1769860800", True),
        ("created:null", False),
    ],
)
def test_moments_are_compared_however_they_are_written(text: str, expected: bool) -> None:
    fields = fields_of(load(), load().api_calls["v2.core.accounts.list"])
    account: dict[str, JSON] = {"created": "2026-01-31T12:00:00.250Z"}
    query = check(parse(text), fields, native=False)
    assert matcher(query, "v2.core.accounts")(account) is expected


def test_what_is_no_moment_is_none_of_them() -> None:
    fields = fields_of(load(), load().api_calls["v2.core.accounts.list"])
    for text, expected in (("created>5", False), ("created<5", False), ("-created<5", True)):
        query = check(parse(text), fields, native=False)
        assert matcher(query, "v2.core.accounts")({"created": "soon"}) is expected


_MOMENTS = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 1, 2)).map(
    lambda at: at.replace(microsecond=at.microsecond // 250_000 * 250_000, tzinfo=UTC)
)


@given(_MOMENTS, _MOMENTS, st.integers(-12, 12), st.sampled_from([">", "<", ">=", "<=", ":", "="]))
def test_moments_in_any_zone_are_compared_as_datetimes_are(
    have: datetime, wanted: datetime, hours: int, op: str
) -> None:
    compare = {">": gt, "<": lt, ">=": ge, "<=": le}.get(op, eq)
    fields = fields_of(load(), load().api_calls["v2.core.accounts.list"])
    told = wanted.astimezone(timezone(timedelta(hours=hours))).isoformat()
    for value in (told, f"{wanted.timestamp():.6f}"):
        query = check(parse(f'created{op}"{value}"'), fields, native=False)
        test = matcher(query, "v2.core.accounts")
        assert test({"created": have.isoformat()}) is compare(have, wanted)


def test_an_invoice_is_found_by_the_subscription_that_it_belongs_to() -> None:
    fields = fields_of(load(), load().api_calls["invoices.search"])
    query = check(parse("subscription:'sub_1'"), fields, native=True)
    invoice: dict[str, JSON] = {"parent": {"subscription_details": {"subscription": "sub_1"}}}
    assert matcher(query, "invoices")(invoice)


def test_words_and_unknown_fields_are_left_to_stripe_where_it_searched() -> None:
    text = "name:'different words' AND favourite:'blue' AND phone~'555'"
    query = check(parse(text), CUSTOMERS, native=True)
    assert matcher(query, "customers", trusting=True)({"phone": "1555"}) is True
    assert matcher(query, "customers", trusting=True)({"phone": "1"}) is False
    query = check(parse("-name:'x y' AND created>5"), CUSTOMERS, native=True)
    assert matcher(query, "customers", trusting=True)({"name": "x y", "created": 6}) is True
    assert matcher(query, "customers", trusting=True)({"name": "a", "created": 4}) is False


def customers() -> st.SearchStrategy[dict[str, JSON]]:
    """Customers as far as queries ask for them here."""
    return st.fixed_dictionaries(
        {"metadata": st.dictionaries(KEYS, TEXTS, max_size=2)},
        optional={
            "name": st.none() | TEXTS,
            "currency": st.none() | st.sampled_from(["eur", "usd"]),
            "balance": numbers(),
            "delinquent": st.booleans(),
            "default_source": st.none() | st.sampled_from(["card_a", "card_A"]),
            "address": st.none()
            | st.fixed_dictionaries({"city": st.none() | TEXTS, "country": st.none() | TEXTS}),
        },
    )


def customer_clauses() -> st.SearchStrategy[Clause]:
    text = st.builds(
        Clause,
        st.sampled_from(["name", "address.city"]),
        st.just(""),
        st.sampled_from([":", "="]),
        TEXTS.filter(str.strip),
        st.booleans(),
    )
    part = st.builds(
        Clause,
        st.sampled_from(["name", "address.country"]),
        st.just(""),
        st.just("~"),
        TEXTS.filter(lambda text: len(text) >= 3 and bool(text.strip())),
        st.booleans(),
    )
    number = st.builds(
        Clause,
        st.just("balance"),
        st.just(""),
        st.sampled_from([":", "=", ">", "<", ">=", "<="]),
        numbers().map(str),
        st.booleans(),
    )
    token = st.builds(
        Clause,
        st.sampled_from(["currency", "delinquent", "default_source"]),
        st.just(""),
        st.sampled_from([":", "="]),
        st.sampled_from(["EUR", "usd", "true", "false", "card_a", "card_A"]),
        st.booleans(),
    )
    metadata = st.builds(
        Clause,
        st.just("metadata"),
        KEYS,
        st.sampled_from([":", "="]),
        TEXTS.filter(str.strip),
        st.booleans(),
    )
    null = st.builds(
        Clause,
        st.sampled_from(["name", "address", "address.city", "default_source"]),
        st.just(""),
        st.just(":"),
        st.none(),
        st.booleans(),
    )
    return st.one_of(text, part, number, token, metadata, null)


@given(queries(customer_clauses()), customers())
def test_a_second_evaluator_decides_the_same(query: Query, obj: dict[str, JSON]) -> None:
    checked = check(query, CUSTOMERS, native=False)
    assert matcher(checked, "customers")(obj) is naive(checked, obj)
