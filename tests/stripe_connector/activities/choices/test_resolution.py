"""Dates in settings become the Unix times that Stripe wants, and nothing else changes."""

from datetime import UTC, datetime

import pytest
from connector_sdk import JSON, Activity, Field, MemoryHost
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.activities.choices.parameters import with_currency
from stripe_connector.activities.choices.resolution import (
    dated,
    parents_between,
    resolve,
    update_of,
    update_schema,
)
from stripe_connector.activities.choices.verbs import verb_of
from stripe_connector.catalogue import load, versions
from stripe_connector.connector import StripeConnector

from tests.stripe_connector.workbench import Workbench

TIME = Field(name="", type="integer", format="unix-time")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("2026-01-01", 1767225600),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        (5, 5),
        ("5", "5"),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00"),
        ("2026-02-30", "2026-02-30"),
        ("20260101", "20260101"),
        ("2026-01-01 ", "2026-01-01 "),
        ("yesterday", "yesterday"),
        (None, None),
    ],
)
def test_dates(given: JSON, seconds: JSON) -> None:
    assert dated(TIME, given) == seconds


@given(st.dates())
def test_a_date_is_its_first_second(date: datetime) -> None:
    found = dated(TIME, date.isoformat())
    assert isinstance(found, int)
    assert datetime(date.year, date.month, date.day, tzinfo=UTC).timestamp() == found


def test_only_where_a_time_is_wanted() -> None:
    text = Field(name="name", type="string")
    choice = Field(name="created", type="any", any_of=(TIME, text))
    schema = Field(name="", type="object", fields=(text, choice))
    value: dict[str, JSON] = {"name": "2026-01-01", "created": "2026-01-01", "other": "2026-01-01"}
    assert dated(schema, value) == {**value, "created": 1767225600}


def test_filters_and_intervals() -> None:
    listed: dict[str, JSON] = {"parameters": {"created": {"gte": "2026-01-01"}}}
    activity = Activity("a", "search", "charges", "", listed)
    assert resolve(load(), activity, "test").parameters == {"created": {"gte": 1767225600}}
    day: JSON = "2026-01-31"
    bounds: JSON = {"gt": day, "gte": day, "lt": day, "lte": day}
    activity = Activity("a", "search", "charges", "", {"parameters": {"created": bounds}})
    first, last = 1769817600, 1769817600 + 86_399
    wanted = {"gt": last, "gte": first, "lt": first, "lte": last}
    assert resolve(load(), activity, "test").parameters == {"created": wanted}
    interval: JSON = {
        "interval_start": "2026-01-01T01:00:00+01:00",
        "interval_end": "2026-01-02",
    }
    report: JSON = {"report_type": "x.1", "parameters": interval}
    activity = Activity("a", "read", "reporting.report_runs", "rows", {"parameters": report})
    assert resolve(load(), activity, "test").parameters["parameters"] == {
        "interval_start": 1767225600,
        "interval_end": 1767312000,
    }


async def test_a_list_from_a_date_on(bench: Workbench) -> None:
    await bench.make("customers", name="Ada")
    created: JSON = {"created": {"gte": "2001-01-01"}}
    assert len(await bench.read("search", "customers", parameters=created)) == 1
    assert (
        await bench.read("search", "customers", parameters={"created": {"lt": "2001-01-01"}}) == []
    )


CATALOGUE = load()


@pytest.mark.parametrize("version", [versions.shipped()[0], versions.shipped()[-1]])
def test_every_create_has_the_request_of_its_update(version: str) -> None:
    catalogue = load(version)
    for api_call in catalogue.api_calls.values():
        if verb_of(api_call) != "create":
            continue
        found = update_schema(catalogue, api_call, frozenset(), unlisted=False)
        update = update_of(catalogue, api_call)
        if update is None:
            assert not found.fields, api_call.id
            continue
        request = with_currency(update, catalogue.request(update))
        taken = {field.name for field in request.fields if not field.in_path}
        above = {ours for ours, _ in parents_between(api_call, update)}
        names = {field.name for field in found.fields}
        assert names == (taken - {"expand", "include"}) | above, api_call.id
        assert {field.name for field in found.fields if field.in_path} == above


async def test_a_create_tells_what_its_update_takes() -> None:
    connection = await StripeConnector().connect({"address": "sandbox"}, MemoryHost())
    try:
        schemas = await connection.schemas(Activity("a", "create", "customers"))
        assert schemas.update is not None
        assert schemas.request.child("tax_id_data") is not None
        assert schemas.update.child("tax_id_data") is None
        balance = schemas.update.child("balance")
        assert balance is not None
        assert "sets the balance back" in balance.starting
        email = schemas.update.child("email")
        assert email is not None
        assert email.starting == ""
        refund = await connection.schemas(Activity("a", "create", "application_fees.refunds"))
        assert refund.update is not None
        assert [each.name for each in refund.update.fields if each.required] == ["id"]
        below = Activity(
            "a", "create", "application_fees.refunds", settings={"parents": {"id": "f"}}
        )
        refund = await connection.schemas(below)
        assert refund.update is not None
        assert [each.name for each in refund.update.fields if each.required] == []
        event = await connection.schemas(Activity("a", "create", "billing.meter_events"))
        assert event.update is not None
        assert event.update.fields == ()
        for kind in ("update", "search", "delete"):
            other = await connection.schemas(Activity("a", kind, "customers"))
            assert other.update is None
    finally:
        await connection.close()
