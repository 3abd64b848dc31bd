"""Amounts and times for people: every number is the same as before, and no currency a guess."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from connector_sdk import JSON, Activity, Field, Problem, Record
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.activities.choices.projection import READABLE
from stripe_connector.activities.reading.readable import (
    Readable,
    moment,
    money,
    with_readable,
)
from stripe_connector.catalogue import minor_units

from tests.stripe_connector.workbench import Workbench

CURRENCIES = st.sampled_from(sorted(minor_units()))


def text(name: str, format: str = "") -> Field:
    return Field(name=name, type="string", format=format)


def minor(name: str) -> Field:
    return Field(name=name, type="integer", format="minor-units")


def time(name: str) -> Field:
    return Field(name=name, type="integer", format="unix-time")


def tree(name: str, *fields: Field) -> Field:
    return Field(name=name, type="object", fields=fields)


CURRENCY = text("currency", "currency")


KIND = Field(name="object", type="string", choices=("charge",))


PRICES = Field(name="currency_options", type="map", items=tree("", minor("unit_amount")))


CASH = Field(name="cash", type="map", items=minor(""))


CHARGE = tree(
    "charge",
    KIND,
    minor("amount"),
    CURRENCY,
    time("created"),
    tree("presentment", minor("presentment_amount"), text("presentment_currency", "currency")),
    tree(
        "conversion",
        minor("amount_total"),
        text("source_currency", "currency"),
        text("target_currency", "currency"),
    ),
    tree("details", minor("fee"), tree("deep", minor("fee"), time("at"))),
    Field(name="lines", type="list", items=tree("", minor("amount"), CURRENCY)),
    Field(name="parts", type="list", items=tree("", minor("amount"))),
    PRICES,
    CASH,
    Field(name="limits", type="list", items=tree("", minor("amount"))),
    text("limits_currency", "currency"),
    Field(name="refund", type="string", ref="refund", on_request=True),
    Field(
        name="payment",
        type="any",
        any_of=(
            Field(name="", type="string", ref="refund", on_request=True),
            Field(name="", type="string", ref="charge", on_request=True),
        ),
    ),
    Field(name="metadata", type="map", items=text("")),
    Field(name="unit_amount_decimal", type="string", format="minor-units"),
)


REFUND = tree(
    "refund", Field(name="object", type="string", choices=("refund",)), time("amount"), CURRENCY
)


def told(value: JSON) -> Any:
    return Readable(CHARGE, {"refund": REFUND, "charge": CHARGE}.__getitem__, minor_units()).of(
        value
    )


def euros(decimal: str) -> JSON:
    return {"decimal": decimal, "currency": "EUR"}


@pytest.mark.parametrize(
    ("amount", "currency", "decimal"),
    [
        (1234, "eur", "12.34"),
        (-5, "eur", "-0.05"),
        (0, "usd", "0.00"),
        (500, "jpy", "500"),
        (1234, "KWD", "1.234"),
        (1500, "isk", "15.00"),
        ("0.5", "usd", "0.005"),
        ("-12.340", "usd", "-0.12340"),
        (10**30, "eur", "1" + "0" * 28 + ".00"),
    ],
)
def test_money(amount: JSON, currency: str, decimal: str) -> None:
    expected = {"decimal": decimal, "currency": currency.upper()}
    assert money(amount, currency, minor_units()) == expected


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (1, "xyz"),
        (1, None),
        (1, ""),
        (1, 2),
        (True, "eur"),
        (1.5, "eur"),
        (None, "eur"),
        ("", "eur"),
        ("1e99999999", "eur"),
        ("NaN", "eur"),
        ("1_000", "eur"),
        (" 1", "eur"),
        ([1], "eur"),
    ],
)
def test_what_is_no_money_says_nothing(amount: JSON, currency: JSON) -> None:
    assert money(amount, currency, minor_units()) is None


@given(st.integers(-(10**18), 10**18), CURRENCIES)
def test_a_decimal_is_the_same_amount(amount: int, currency: str) -> None:
    found = money(amount, currency, minor_units())
    assert isinstance(found, dict)
    places = minor_units()[currency]
    assert Decimal(str(found["decimal"])) * 10**places == amount
    assert len(str(found["decimal"]).partition(".")[2]) == places


@given(st.integers(-(10**12), 10**12))
def test_a_moment_is_the_same_second_or_nothing(seconds: int) -> None:
    found = moment(seconds)
    if found is None:
        assert not -62135596800 <= seconds <= 253402300799
    else:
        assert datetime.fromisoformat(str(found)).timestamp() == seconds
        assert str(found).endswith("Z")
        assert len(str(found)) == 20


def test_moments() -> None:
    assert moment(0) == "1970-01-01T00:00:00Z"
    assert moment(1767225600) == "2026-01-01T00:00:00Z"
    assert moment(-62135596800) == "0001-01-01T00:00:00Z"
    for value in (True, 1.5, "1", None):
        assert moment(value) is None


def test_the_tree_is_like_the_record() -> None:
    assert told(
        {
            "object": "charge",
            "amount": 1234,
            "currency": "eur",
            "created": 0,
            "details": {"fee": 1, "deep": {"fee": 2, "at": 60}, "unknown": 5},
            "metadata": {"amount": "5", "eur": "6"},
            "unknown": {"amount": 3},
        }
    ) == {
        "amount": euros("12.34"),
        "created": "1970-01-01T00:00:00Z",
        "details": {
            "fee": euros("0.01"),
            "deep": {"fee": euros("0.02"), "at": "1970-01-01T00:01:00Z"},
        },
    }


def test_a_currency_of_its_own_comes_first() -> None:
    assert told(
        {
            "currency": "eur",
            "presentment": {"presentment_amount": 500, "presentment_currency": "jpy"},
            "lines": [{"amount": 1, "currency": "usd"}, {"currency": "eur"}],
            "parts": [{"amount": 7}],
        }
    ) == {
        "presentment": {"presentment_amount": {"decimal": "500", "currency": "JPY"}},
        "lines": [{"amount": {"decimal": "0.01", "currency": "USD"}}, None],
        "parts": [{"amount": euros("0.07")}],
    }


def test_a_currency_that_is_not_its_own_is_not_taken() -> None:
    assert told(
        {"currency": "eur", "conversion": {"amount_total": 5, "source_currency": "jpy"}}
    ) is (None)
    assert told({"currency": None, "amount": 5}) is None
    assert told({"amount": 5}) is None


def test_maps_by_currency() -> None:
    assert told(
        {
            "currency": "eur",
            "currency_options": {"jpy": {"unit_amount": 500}, "eur": {"unit_amount": 500}},
            "cash": {"usd": 12, "kwd": 12},
        }
    ) == {
        "currency_options": {
            "jpy": {"unit_amount": {"decimal": "500", "currency": "JPY"}},
            "eur": {"unit_amount": euros("5.00")},
        },
        "cash": {
            "usd": {"decimal": "0.12", "currency": "USD"},
            "kwd": {"decimal": "0.012", "currency": "KWD"},
        },
    }


def test_the_currency_of_a_list_stands_beside_it() -> None:
    assert told({"currency": "eur", "limits": [{"amount": 5}], "limits_currency": "jpy"}) == {
        "limits": [{"amount": {"decimal": "5", "currency": "JPY"}}]
    }


def test_other_objects_are_read_by_their_own_schema() -> None:
    assert told({"currency": "eur", "refund": "re_1", "payment": "ch_1"}) is None
    refund: JSON = {"object": "refund", "amount": 60, "currency": "eur"}
    inner: JSON = {"object": "charge", "amount": 60, "currency": "eur"}
    assert told({"currency": "eur", "refund": refund}) == {
        "refund": {"amount": "1970-01-01T00:01:00Z"}
    }
    assert told({"payment": inner}) == {"payment": {"amount": euros("0.60")}}
    assert told({"payment": refund}) == {"payment": {"amount": "1970-01-01T00:01:00Z"}}
    # Of an object that doesn't say what it is only what is sure is told.
    assert told({"payment": {"amount": 60, "currency": "eur"}}) is None


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([field.name for field in CHARGE.fields] + ["eur", "amount", "other"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(JSONS)
def test_any_value_of_any_shape_is_survived(value: JSON) -> None:
    found = told(value)
    assert found is None or isinstance(found, (dict, list, str))


@given(st.dictionaries(st.sampled_from(["amount", "currency", "created", "x"]), JSONS, max_size=4))
def test_a_record_keeps_all_that_it_had(value: dict[str, JSON]) -> None:
    raw = json.dumps(value).encode()
    readable = Readable(CHARGE, {"refund": REFUND, "charge": CHARGE}.__getitem__, minor_units())
    found = json.loads(readable.record(Record(1, raw)).raw)
    assert found.pop(READABLE) == (told(value) or {})
    assert found == value


def test_a_record_with_a_problem_stays_as_it_is() -> None:
    record = Record(1, b"{", problem=Problem("x", "Y."))
    assert Readable(CHARGE, {"charge": CHARGE}.__getitem__, {}).record(record) == record


def test_the_schema_says_what_comes() -> None:
    schema = with_readable(CHARGE)
    added = schema.child(READABLE)
    assert added is not None
    assert added.required
    paths = {path: field.format for path, field in added.walk()}
    assert paths["amount.decimal"] == "decimal"
    assert paths["created"] == "date-time"
    assert paths["details.deep.at"] == "date-time"
    assert paths["lines[].amount.currency"] == ""
    assert "metadata" not in paths
    assert added.child("refund") is not None  # open: it may be an object or an id


async def test_records_of_the_sandbox(bench: Workbench) -> None:
    charge = {"amount": 1234, "currency": "eur", "source": "tok_visa"}
    made = await bench.make("charges", **charge)
    (plain,) = await bench.read("search", "charges")
    (found,) = await bench.read("search", "charges", readable=True)
    created = found[READABLE]["created"]
    assert datetime.fromisoformat(created).timestamp() == plain["created"]
    assert {**plain, READABLE: found[READABLE]} == found
    assert await bench.read("read", "charges", ids=made, readable=True) == [found]


async def test_of_chosen_fields_only_these_are_readable(bench: Workbench) -> None:
    await bench.make("charges", amount=1234, currency="eur", source="tok_visa")
    settings: dict[str, Any] = {"readable": True, "fields": ["amount", "currency"]}
    (found,) = await bench.read("search", "charges", **settings)
    assert {**found, "id": ""} == {
        "id": "",
        "amount": 1234,
        "currency": "eur",
        READABLE: {"amount": {"decimal": "12.34", "currency": "EUR"}},
    }
    activity = Activity("a", "search", "charges", "", settings)
    added = (await bench.connection.schemas(activity)).response.child(READABLE)
    assert added is not None
    assert [field.name for field in added.fields] == ["amount"]
