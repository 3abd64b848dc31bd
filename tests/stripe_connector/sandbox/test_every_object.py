"""Every v1 object of the catalogue can be created, read, listed, changed and deleted as far as
the API has it: with the smallest request that its schema accepts."""

from collections.abc import Callable
from functools import cache

import pytest
from connector_sdk import JSON
from stripe_connector.catalogue import Operation
from stripe_connector.sandbox.behaviour import UNDONE
from stripe_connector.sandbox.registry import Registry, standard

from tests.stripe_connector.sandbox.caller import Caller
from tests.stripe_connector.sandbox.minimal import Maker

NOT_DONE = {
    "application_fees.refunds": "the API has no way to create the fee above them",
    "billing.meters.event_summaries": "they add up events",
    "credit_notes.preview_lines": "they are calculated",
    "entitlements.active_entitlements": "they follow from what customers buy",
}
"""What the sandbox does not do, and why."""


@cache
def registry() -> Registry:
    return standard()


def objects(action: str) -> list[str]:
    return sorted(
        name
        for name, actions in registry().catalogue.objects.items()
        if action in actions and not name.startswith("v2.") and name not in NOT_DONE
    )


def test_the_list_of_what_is_not_done_is_short_and_right() -> None:
    assert NOT_DONE.keys() <= registry().catalogue.objects.keys()
    assert (len(objects("create")), len(objects("list"))) == (92, 116)


@pytest.mark.parametrize("object", objects("create"))
async def test_an_object_lives(stripe: Caller, object: str) -> None:
    catalogue = registry().catalogue
    maker = Maker(stripe, registry())
    actions = catalogue.objects[object]
    body, above = await maker.make(object)
    create = catalogue.operation(object, "create")
    if create.returns:
        resource = catalogue.resource(create.returns)
        _has_shape(body, resource.id)

    def path(operation: Operation) -> str:
        values = [*above.values(), str(body.get("id", ""))]
        return operation.path.format(**dict(zip(operation.path_parameters, values, strict=False)))

    if "retrieve" in actions:
        reply = await stripe.get(path(catalogue.operation(object, "retrieve")))
        assert (reply.status, reply.body) == (200, body)
    if "list" in actions:
        listing = catalogue.operation(object, "list")
        filters = {
            name: (isinstance(body.get(name), str) and body[name]) or value
            for name, value in (await maker.request(listing)).items()
        }
        reply = await stripe.get(path(listing), filters)
        assert reply.status == 200, reply.body
        assert body.get("id") in reply.ids or filters
    if "update" in actions:
        await _change(stripe, maker, path, catalogue.operation(object, "update"), body)
    if "delete" in actions:
        reply = await stripe.delete(path(catalogue.operation(object, "delete")))
        assert reply.status == 200, reply.body
        assert reply.body.get("deleted", True) is True


async def _change(
    stripe: Caller,
    maker: Maker,
    path: Callable[[Operation], str],
    operation: Operation,
    body: dict[str, JSON],
) -> None:
    request = registry().plan(operation).request
    if request.child("metadata"):
        reply = await stripe.post(path(operation), {"metadata": {"k": "v"}})
        assert reply.status == 200, reply.body
        assert reply.body["metadata"]["k"] == "v"
        assert reply.body.keys() == body.keys()
    else:
        reply = await stripe.post(path(operation), await maker.request(operation))
        assert reply.status == 200, reply.body


def _has_shape(body: dict[str, JSON], resource: str) -> None:
    """Every field that is always there is there, with the right type."""
    catalogue = registry().catalogue
    for field in catalogue.resource(resource).schema.fields:
        if not field.required:
            continue
        assert field.name in body, (resource, field.name)
        value = body[field.name]
        kinds = {
            "string": str,
            "integer": int,
            "boolean": bool,
            "list": list,
            "map": dict,
            "object": dict,
        }
        if not field.any_of and not field.ref and field.type in kinds:
            assert isinstance(value, kinds[field.type]), (resource, field.name, value)


ORPHANS = ["financial_connections.accounts.owners", "tax.transactions.line_items"]
"""Lists under an object that the API has no way to create."""

ONLY_LISTED = [
    name for name in objects("list") if name not in objects("create") and name not in ORPHANS
]


@pytest.mark.parametrize("object", ONLY_LISTED)
async def test_a_list_of_what_only_stripe_creates(stripe: Caller, object: str) -> None:
    maker = Maker(stripe, registry())
    operation = registry().catalogue.operation(object, "list")
    above = await maker.parents(operation)
    reply = await stripe.get(operation.path.format(**above), await maker.request(operation))
    assert reply.status == 200, reply.body
    assert reply.body["object"] == "list"


@pytest.mark.parametrize("object", ORPHANS)
async def test_a_list_under_an_object_that_is_not_there(stripe: Caller, object: str) -> None:
    operation = registry().catalogue.operation(object, "list")
    [name] = operation.path_parameters
    params = await Maker(stripe, registry()).request(operation)
    reply = await stripe.get(operation.path.format(**{name: "x_1"}), params)
    assert (reply.status, reply.error["param"]) == (404, name)


@pytest.mark.parametrize("operation", sorted(UNDONE))
async def test_what_would_be_wrong_is_refused(stripe: Caller, operation: str) -> None:
    found = registry().catalogue.operations[operation]
    path = found.path.format(**dict.fromkeys(found.path_parameters, "x_1"))
    reply = await stripe.send(found.method, path)
    assert reply.status == 404
    assert f"({operation}); the sandbox does not do it" in reply.error["message"]
