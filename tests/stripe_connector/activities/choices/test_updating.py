"""What an update takes of what a create made, as schemas tell it."""

import pytest
from connector_sdk import Activity, MemoryHost
from stripe_connector.activities.choices.currency import with_currency
from stripe_connector.activities.choices.updating import parents_between, update_of, update_schema
from stripe_connector.activities.choices.verbs import verb_of
from stripe_connector.catalogue import load, versions
from stripe_connector.connector import StripeConnector

CATALOGUE = load()


@pytest.mark.parametrize("version", [versions.shipped()[0], versions.shipped()[-1]])
def test_every_create_has_the_request_of_its_update(version: str) -> None:
    catalogue = load(version)
    for operation in catalogue.operations.values():
        if verb_of(operation) != "create":
            continue
        found = update_schema(catalogue, operation, frozenset(), unlisted=False)
        update = update_of(catalogue, operation)
        if update is None:
            assert not found.fields, operation.id
            continue
        request = with_currency(update, catalogue.request(update))
        taken = {field.name for field in request.fields if not field.in_path}
        above = {ours for ours, _ in parents_between(operation, update)}
        names = {field.name for field in found.fields}
        assert names == (taken - {"expand", "include"}) | above, operation.id
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
