"""Every object of the catalogue: what was created is read, listed, changed and deleted as far as
the API has it. Objects that only Stripe creates are put into the sandbox's store."""

from typing import Any

import pytest
from connector_sdk import JSON
from stripe_connector.catalogue import Operation
from stripe_connector.sandbox.dispatch import UNDONE

from tests.stripe_connector.battery import shape
from tests.stripe_connector.battery.maker import CATALOGUE, OFF_SITE, Maker, objects

GENERIC = ("create", "retrieve", "list", "update", "delete")

READABLE_WHEN_DELETED = {"customers"}
MOVES = {"updated"}
"""Fields that tell when an object was changed."""


def has(name: str, action: str) -> bool:
    operation = f"{name}.{action}"
    return operation in CATALOGUE.operations and operation not in {*UNDONE, *OFF_SITE}


def born(maker: Maker, name: str) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """An object and the parameters of its own path; no body where nothing can read it."""
    if has(name, "create") and CATALOGUE.operation(name, "create").returns_any == ():
        create = CATALOGUE.operation(name, "create")
        body, above = maker.make(create)
        own = next(
            (
                CATALOGUE.operation(name, action)
                for action in ("retrieve", "update", "delete")
                if has(name, action)
            ),
            create,
        )
        values = [*above.values(), str(body.get("id", ""))]
        return body, dict(zip(own.path_parameters, values, strict=False))
    for action in ("retrieve", "update", "delete", "list"):
        if has(name, action):
            operation = CATALOGUE.operation(name, action)
            path = maker.parents(operation)
            if action != "retrieve":
                return None, path
            status, body = maker.call(operation, path, maker.request(operation))
            assert status == 200, body
            return body, path
    return None, {}


def fitting(maker: Maker, operation: Operation, body: dict[str, Any] | None) -> dict[str, JSON]:
    """The parameters that a list requires, so that it holds the object."""
    params = maker.request(operation)
    for given in params:
        value = (body or {}).get(given)
        if isinstance(value, (str, int)) and value:
            params[given] = value
    return params


def on(operation: Operation, path: dict[str, str]) -> dict[str, str]:
    """The same ids by the names that this operation has for them."""
    return dict(zip(operation.path_parameters, path.values(), strict=False))


@pytest.mark.parametrize("name", objects("retrieve"))
def test_what_was_created_is_read(name: str) -> None:
    maker = Maker()
    body, path = born(maker, name)
    operation = CATALOGUE.operation(name, "retrieve")
    status, read = maker.call(operation, path, maker.request(operation))
    assert status == 200, read
    assert shape.faults(operation, read) == []
    assert body is None or read == body


@pytest.mark.parametrize("name", objects("retrieve"))
def test_what_is_not_there_is_not_read(name: str) -> None:
    operation = CATALOGUE.operation(name, "retrieve")
    if not operation.path.endswith("}"):
        pytest.skip("there is always one")
    maker = Maker()
    path = maker.parents(operation)
    path[operation.path_parameters[-1]] = "nobody"
    status, body = maker.call(operation, path)
    error = body["error"]
    assert (status, error["code"]) == (404, "resource_missing")
    assert error["message"].startswith("No such ")


@pytest.mark.parametrize("name", [each for each in objects("list") if has(each, "list")])
def test_what_was_created_is_listed(name: str) -> None:
    maker = Maker()
    body, path = born(maker, name)
    operation = CATALOGUE.operation(name, "list")
    params = fitting(maker, operation, body)
    status, found = maker.call(operation, on(operation, path), params)
    assert status == 200, found
    assert shape.faults(operation, found) == []
    if body is not None and not params:
        assert body in found["data"]


@pytest.mark.parametrize("name", objects("search"))
def test_what_was_created_is_found(name: str) -> None:
    maker = Maker()
    create = CATALOGUE.operation(name, "create")
    found, _ = maker.make(create, None, {"metadata": {"k": "v"}})
    maker.make(create, None, {"metadata": {"k": "other"}})
    operation = CATALOGUE.operation(name, "search")
    params: dict[str, JSON] = {"query": 'metadata["k"]:"v"', "expand": ["total_count"]}
    status, body = maker.call(operation, {}, params)
    assert status == 200, body
    assert shape.faults(operation, body) == []
    assert [row["id"] for row in body["data"]] == [found["id"]]
    assert (body["object"], body["total_count"]) == ("search_result", 1)
    status, body = maker.call(operation, {}, {"query": 'metadata["k"]:'})
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize("name", objects("update"))
def test_a_change_leaves_the_rest(name: str) -> None:
    operation = CATALOGUE.operation(name, "update")
    maker = Maker()
    body, path = born(maker, name)
    params = _change(maker, operation, body)
    status, changed = maker.call(operation, path, params)
    assert status == 200, changed
    assert shape.faults(operation, changed) == []
    if body is not None:
        for field, value in body.items():
            if field == "metadata" and "metadata" in params:
                assert changed["metadata"] == {**(value or {}), "k": "v"}
            elif field not in params and field not in MOVES:
                assert changed[field] == value, field
    if has(name, "retrieve"):
        assert maker.call(CATALOGUE.operation(name, "retrieve"), path) == (200, changed)


def _change(maker: Maker, operation: Operation, body: dict[str, Any] | None) -> dict[str, JSON]:
    request = CATALOGUE.request(operation)
    params = maker.request(operation)
    if request.child("metadata"):
        return {**params, "metadata": {"k": "v"}}
    for field in request.fields:
        known = (body or {}).get(field.name)
        if not field.in_path and not field.choices and isinstance(known, str):
            return {**params, field.name: maker.value(field, operation)}
    return params


@pytest.mark.parametrize("name", objects("delete"))
def test_what_was_deleted_is_gone(name: str) -> None:
    maker = Maker()
    operation = CATALOGUE.operation(name, "delete")
    path = maker.parents(operation)
    own = path[operation.path_parameters[-1]] if path else ""
    status, gone = maker.call(operation, path, maker.request(operation))
    assert status == 200, gone
    assert gone["id"] == own
    if operation.v2:
        assert gone.keys() == {"id", "object"}
    else:
        assert gone == {"id": own, "object": gone["object"], "deleted": True}
    if has(name, "retrieve"):
        status, read = maker.call(CATALOGUE.operation(name, "retrieve"), path)
        if name in READABLE_WHEN_DELETED:
            assert (status, read) == (200, gone)
        else:
            assert (status, read["error"]["code"]) == (404, "resource_missing")
    if has(name, "list"):
        listing = CATALOGUE.operation(name, "list")
        params = maker.request(listing)
        status, found = maker.call(listing, on(listing, path), params)
        assert status == 200, found
        assert own not in [row.get("id") for row in found["data"]]
    status, again = maker.call(operation, path, maker.request(operation))
    assert (status, again["error"]["code"]) == (404, "resource_missing")
    assert again["error"]["message"].endswith(f": '{own}'")


def test_every_object_is_tried() -> None:
    """The five verbs of all objects, less what the sandbox refuses with a reason."""
    figures = {
        action: (len(objects(action)), sum(has(name, action) for name in objects(action)))
        for action in GENERIC
    }
    assert figures == {
        "create": (112, 111),
        "retrieve": (140, 140),
        "list": (138, 136),
        "update": (76, 76),
        "delete": (25, 25),
    }
