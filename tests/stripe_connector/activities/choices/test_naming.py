"""Objects by their ids and by the names that people read."""

import pytest
from connector_sdk import SettingError
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.activities.choices.naming import full_label, object_named
from stripe_connector.activities.choices.offers import offers
from stripe_connector.catalogue import load

CATALOGUE = load()
EVERY = sorted(CATALOGUE.objects)


def named(name: str, type: str = "create") -> str:
    return object_named(CATALOGUE, type, name, offers(CATALOGUE, type, "test"), "test")


@pytest.mark.parametrize(
    ("name", "object"),
    [
        ("billing.meter_events", "billing.meter_events"),
        ("Billing › Meter events", "billing.meter_events"),
        ("billing / meter events", "billing.meter_events"),
        ("BILLING/METER_EVENTS", "billing.meter_events"),
        ("Billing (v2) › Meter events", "v2.billing.meter_events"),
        ("Credit notes", "credit_notes"),
        ("Refunds", "refunds"),
        ("TAX IDS", "tax_ids"),
        ("Meters", "billing.meters"),
        ("Customer portal sessions", "billing_portal.sessions"),
        ("customers / tax ids", "customers.tax_ids"),
    ],
)
def test_names(name: str, object: str) -> None:
    assert named(name) == object


@given(st.sampled_from(EVERY), st.sampled_from([str.upper, str.lower, str.title]))
def test_every_object_by_its_full_label(object: str, case: object) -> None:
    known = dict.fromkeys(EVERY)
    written = case(full_label(CATALOGUE, object))  # type: ignore[operator]
    assert object_named(CATALOGUE, "read", written, known, "test") == object


@pytest.mark.parametrize(
    ("type", "name", "code", "said"),
    [
        ("create", "Persons", "ambiguous_object", "accounts.persons, v2.core.accounts.persons"),
        ("create", "", "missing_object", "on: customers"),
        ("create", "balance", "no_such_action", "retrieve"),
        ("create", "Core resources › Balance", "no_such_action", "retrieve"),
        ("create", "costumers", "unknown_object", "Did you mean 'customers'"),
        ("delete", "charges", "not_deletable", "Create a refund"),
        ("delete", "Charges", "not_deletable", "moved money"),
        ("delete", "balance", "no_such_action", "retrieve"),
    ],
)
def test_names_of_nothing(type: str, name: str, code: str, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        named(name, type)
    assert caught.value.problem.code == code
    assert said in str(caught.value)
    assert caught.value.problem.path == "on"


@pytest.mark.parametrize(
    "name", ["subscription_items.usage_records", "Usage records", "Billing › Usage records"]
)
def test_usage_records_are_gone(name: str) -> None:
    with pytest.raises(SettingError) as caught:
        named(name)
    assert caught.value.problem.code == "removed_object"
    assert str(caught.value) == (
        "Stripe removed usage records with the API version 2025-03-31.basil, and this connection "
        f"uses {CATALOGUE.api_version}. Create billing.meter_events instead; "
        "billing.meter_event_adjustments take one back."
    )
