"""A connection that pins an older version gets that version's objects, actions and fields."""

import pytest
from connector_sdk import Activity, Request, SettingError, one_problem
from stripe_connector.activities.choices.offers import offer_for, offers
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.choices.settings import activity_form
from stripe_connector.activities.choices.verbs import TYPES, verb_of
from stripe_connector.activities.writing import request as requests
from stripe_connector.catalogue import load, versions

ACACIA, BASIL = "2025-02-24.acacia", "2025-03-31.basil"


@pytest.mark.parametrize("version", versions.shipped())
def test_every_api_call_of_every_version_is_reached_from_exactly_one_type(version: str) -> None:
    catalogue = load(version)
    reached = []
    for kind in TYPES:
        for name, actions in offers(catalogue, kind.name, "test").items():
            for action, offer in actions.items():
                found = offer_for(catalogue, kind.name, name, action, "test")
                assert found == offer
                if verb_of(offer.api_call) == kind.name:
                    reached.append(offer.api_call.id)
    assert sorted(reached) == sorted((*catalogue.api_calls, *catalogue.additions))


@pytest.mark.parametrize("version", [versions.shipped()[0], BASIL])
def test_older_versions_have_settings_and_schemas(version: str) -> None:
    catalogue = load(version)
    for kind in TYPES:
        for name, actions in offers(catalogue, kind.name, "test").items():
            for action in actions:
                activity = Activity("", kind.name, name, action)
                resolved = resolve(catalogue, activity, "test", whole=False)
                assert activity_form(catalogue, resolved.offer, kind.name).fields is not None
                assert resolved.request_schema(catalogue).type == "object"


@pytest.mark.parametrize(
    ("version", "type", "on", "action", "said"),
    [
        (ACACIA, "search", "invoice_payments", "", "exists since 2025-03-31.basil"),
        (ACACIA, "search", "Invoice payments", "", "exists since 2025-03-31.basil"),
        (ACACIA, "update", "subscriptions", "migrate", "exists since 2025-08-27.basil"),
        (BASIL, "search", "invoices.upcoming_lines", "", "existed until 2025-02-24.acacia"),
        (BASIL, "read", "invoices", "upcoming", "existed until 2025-02-24.acacia"),
        (BASIL, "create", "subscription_items.usage_records", "", "Create billing.meter_events"),
    ],
)
def test_what_a_version_lacks_is_told(
    version: str, type: str, on: str, action: str, said: str
) -> None:
    with pytest.raises(SettingError) as caught:
        resolve(load(version), Activity("", type, on, action), "test")
    assert said in caught.value.problem.text()


def test_usage_records_are_created_below_acacia() -> None:
    catalogue = load("2025-01-27.acacia")
    activity = Activity("", "create", "subscription_items.usage_records", "")
    schema = resolve(catalogue, activity, "test").request_schema(catalogue)
    assert {field.name for field in schema.fields} >= {"subscription_item", "quantity", "action"}


def test_a_field_that_went_is_told() -> None:
    catalogue = load(BASIL)
    api_call = catalogue.api_call("customers", "create")
    request = Request(values={"coupon": "SPRING"})
    found = requests.fit(api_call, catalogue.request(api_call), {}, request, False, float)
    assert not isinstance(found, requests.Request)
    problem = one_problem(found)
    assert problem.text() == (
        "There is no field 'coupon'. It existed until 2025-02-24.acacia; this connection goes by "
        "2025-03-31.basil."
    )
