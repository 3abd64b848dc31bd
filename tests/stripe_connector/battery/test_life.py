"""Every object of the catalogue: what was created is read, listed, changed and deleted as far as
the API has it. Objects that only Stripe creates are put into the sandbox's store."""

from typing import Any

import pytest
from connector_sdk import JSON
from stripe_connector.catalogue import ApiCall
from stripe_connector.sandbox.dispatch import UNDONE

from tests.stripe_connector.battery import shape
from tests.stripe_connector.battery.maker import CATALOGUE, OFF_SITE, Maker, objects

GENERIC = ("create", "retrieve", "list", "update", "delete")

READABLE_WHEN_DELETED = {"customers"}
MOVES = {"updated"}
"""Fields that tell when an object was changed."""


def has(name: str, action: str) -> bool:
    api_call = f"{name}.{action}"
    return api_call in CATALOGUE.api_calls and api_call not in {*UNDONE, *OFF_SITE}


def born(maker: Maker, name: str) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """An object and the parameters of its own path; no body where nothing can read it."""
    if has(name, "create") and CATALOGUE.api_call(name, "create").returns_any == ():
        create = CATALOGUE.api_call(name, "create")
        body, above = maker.make(create)
        own = next(
            (
                CATALOGUE.api_call(name, action)
                for action in ("retrieve", "update", "delete")
                if has(name, action)
            ),
            create,
        )
        values = [*above.values(), str(body.get("id", ""))]
        return body, dict(zip(own.path_parameters, values, strict=False))
    for action in ("retrieve", "update", "delete", "list"):
        if has(name, action):
            api_call = CATALOGUE.api_call(name, action)
            path = maker.parents(api_call)
            if action != "retrieve":
                return None, path
            status, body = maker.call(api_call, path, maker.request(api_call))
            assert status == 200, body
            return body, path
    return None, {}


def fitting(maker: Maker, api_call: ApiCall, body: dict[str, Any] | None) -> dict[str, JSON]:
    """The parameters that a list requires, so that it holds the object."""
    params = maker.request(api_call)
    for given in params:
        value = (body or {}).get(given)
        if isinstance(value, (str, int)) and value:
            params[given] = value
    return params


def on(api_call: ApiCall, path: dict[str, str]) -> dict[str, str]:
    """The same ids by the names that this operation has for them."""
    return dict(zip(api_call.path_parameters, path.values(), strict=False))


@pytest.mark.parametrize("name", objects("retrieve"))
def test_what_was_created_is_read(name: str) -> None:
    maker = Maker()
    body, path = born(maker, name)
    api_call = CATALOGUE.api_call(name, "retrieve")
    status, read = maker.call(api_call, path, maker.request(api_call))
    assert status == 200, read
    assert shape.faults(api_call, read) == []
    assert body is None or read == body


@pytest.mark.parametrize("name", objects("retrieve"))
def test_what_is_not_there_is_not_read(name: str) -> None:
    api_call = CATALOGUE.api_call(name, "retrieve")
    if not api_call.path.endswith("}"):
        pytest.skip("there is always one")
    maker = Maker()
    path = maker.parents(api_call)
    path[api_call.path_parameters[-1]] = "nobody"
    status, body = maker.call(api_call, path)
    error = body["error"]
    assert (status, error["code"]) == (404, "resource_missing")
    assert error["message"].startswith("No such ")


@pytest.mark.parametrize("name", [each for each in objects("list") if has(each, "list")])
def test_what_was_created_is_listed(name: str) -> None:
    maker = Maker()
    body, path = born(maker, name)
    api_call = CATALOGUE.api_call(name, "list")
    params = fitting(maker, api_call, body)
    status, found = maker.call(api_call, on(api_call, path), params)
    assert status == 200, found
    assert shape.faults(api_call, found) == []
    if body is not None and not params:
        assert body in found["data"]


@pytest.mark.parametrize("name", objects("search"))
def test_what_was_created_is_found(name: str) -> None:
    maker = Maker()
    create = CATALOGUE.api_call(name, "create")
    found, _ = maker.make(create, None, {"metadata": {"k": "v"}})
    maker.make(create, None, {"metadata": {"k": "other"}})
    api_call = CATALOGUE.api_call(name, "search")
    params: dict[str, JSON] = {"query": 'metadata["k"]:"v"', "expand": ["total_count"]}
    status, body = maker.call(api_call, {}, params)
    assert status == 200, body
    assert shape.faults(api_call, body) == []
    assert [row["id"] for row in body["data"]] == [found["id"]]
    assert (body["object"], body["total_count"]) == ("search_result", 1)
    status, body = maker.call(api_call, {}, {"query": 'metadata["k"]:'})
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize("name", objects("update"))
def test_a_change_leaves_the_rest(name: str) -> None:
    api_call = CATALOGUE.api_call(name, "update")
    maker = Maker()
    body, path = born(maker, name)
    params = _change(maker, api_call, body)
    status, changed = maker.call(api_call, path, params)
    assert status == 200, changed
    assert shape.faults(api_call, changed) == []
    if body is not None:
        for field, value in body.items():
            if field == "metadata" and "metadata" in params:
                assert changed["metadata"] == {**(value or {}), "k": "v"}
            elif field not in params and field not in MOVES:
                assert changed[field] == value, field
    if has(name, "retrieve"):
        assert maker.call(CATALOGUE.api_call(name, "retrieve"), path) == (200, changed)


def _change(maker: Maker, api_call: ApiCall, body: dict[str, Any] | None) -> dict[str, JSON]:
    request = CATALOGUE.request(api_call)
    params = maker.request(api_call)
    if request.child("metadata"):
        return {**params, "metadata": {"k": "v"}}
    for field in request.fields:
        known = (body or {}).get(field.name)
        if not field.in_path and not field.choices and isinstance(known, str):
            return {**params, field.name: maker.value(field, api_call)}
    return params


@pytest.mark.parametrize("name", objects("delete"))
def test_what_was_deleted_is_gone(name: str) -> None:
    maker = Maker()
    api_call = CATALOGUE.api_call(name, "delete")
    path = maker.parents(api_call)
    own = path[api_call.path_parameters[-1]] if path else ""
    status, gone = maker.call(api_call, path, maker.request(api_call))
    assert status == 200, gone
    assert gone["id"] == own
    if api_call.v2:
        assert gone.keys() == {"id", "object"}
    else:
        assert gone == {"id": own, "object": gone["object"], "deleted": True}
    if has(name, "retrieve"):
        status, read = maker.call(CATALOGUE.api_call(name, "retrieve"), path)
        if name in READABLE_WHEN_DELETED:
            assert (status, read) == (200, gone)
        else:
            assert (status, read["error"]["code"]) == (404, "resource_missing")
    if has(name, "list"):
        listing = CATALOGUE.api_call(name, "list")
        params = maker.request(listing)
        status, found = maker.call(listing, on(listing, path), params)
        assert status == 200, found
        assert own not in [row.get("id") for row in found["data"]]
    status, again = maker.call(api_call, path, maker.request(api_call))
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
