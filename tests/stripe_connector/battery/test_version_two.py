"""What API v2 does otherwise: JSON bodies, null, pages, keys, fields that are shown on demand."""

import json
from typing import Any

import pytest
from connector_sdk import JSON

from tests.stripe_connector.battery import answers
from tests.stripe_connector.battery.maker import CATALOGUE, Maker
from tests.stripe_connector.sandbox.direct import Direct

ACCOUNTS = "/v2/core/accounts"


def post(sandbox: Direct, path: str, params: JSON, **headers: str) -> tuple[int, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return sandbox.send("POST", path, json.dumps(params).encode(), named)


def test_null_clears() -> None:
    sandbox = Direct()
    _, account = post(sandbox, ACCOUNTS, {"display_name": "Ada", "metadata": {"a": "1", "b": "2"}})
    assert (account["display_name"], account["metadata"]) == ("Ada", {"a": "1", "b": "2"})
    path = f"{ACCOUNTS}/{account['id']}"
    status, cleared = post(sandbox, path, {"display_name": None, "metadata": {"a": None}})
    assert (status, cleared["display_name"], cleared["metadata"]) == (200, None, {"b": "2"})
    assert sandbox.send("GET", path)[1] == cleared
    status, empty = post(sandbox, path, {"display_name": ""})
    assert (status, empty["display_name"]) == (200, "")


def test_times_are_text() -> None:
    _, account = post(Direct(), ACCOUNTS, {})
    assert account["created"] == "1970-01-01T00:16:41.000Z"
    assert account["object"] == "v2.core.account"


@pytest.mark.parametrize(
    ("params", "message", "param"),
    [
        ({"display_name": 5}, "Invalid string: 5", "display_name"),
        ({"metadata": []}, "Invalid object: []", "metadata"),
        ({"metadata": {"a": 1}}, "Metadata values can't be lists or objects", "metadata[a]"),
        ({"include": "identity"}, "Invalid array: identity", "include"),
        ({"include": ["nope"]}, "Invalid include[0]: must be one of ", "include[0]"),
        ({"identity": {"country": 1}}, "Invalid string: 1", "identity[country]"),
    ],
)
def test_types_are_those_of_json(params: JSON, message: str, param: str) -> None:
    status, body = post(Direct(), ACCOUNTS, params)
    error = body["error"]
    assert (status, error["param"], error["type"]) == (400, param, "invalid_request_error")
    assert error["message"].startswith(message)


def test_numbers_are_not_text() -> None:
    maker = Maker()
    api_call = CATALOGUE.api_call("v2.core.accounts.persons", "create")
    path = maker.parents(api_call)
    born: dict[str, JSON] = {"day": "1", "month": 2, "year": 1990}
    status, body = maker.call(api_call, path, {"date_of_birth": born})
    expected = answers.not_integer("1", "date_of_birth[day]")
    assert (status, answers.told(body)) == (400, expected)
    status, body = maker.call(api_call, path, {"date_of_birth": {**born, "day": 1}})
    assert (status, body["date_of_birth"]) == (200, {**born, "day": 1})


@pytest.mark.parametrize("body", [b"{", b"[]", b"1", b"name=Ada", b"\xff"])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    status, answer = Direct().send("POST", ACCOUNTS, body)
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")


def test_the_version_has_to_be_said() -> None:
    sandbox = Direct()
    status, body = sandbox.send("GET", ACCOUNTS, b"", {"Stripe-Version": ""})
    assert (status, "Stripe-Version" in body["error"]["message"]) == (400, True)
    assert sandbox.send("GET", "/v1/customers", b"", {"Stripe-Version": ""})[0] == 200


def test_fields_are_shown_on_demand() -> None:
    sandbox = Direct()
    identity: JSON = {"country": "us", "entity_type": "individual"}
    _, account = post(sandbox, ACCOUNTS, {"identity": identity})
    assert account["identity"] is None
    path = f"{ACCOUNTS}/{account['id']}"
    _, shown = sandbox.send("GET", path, b"include[0]=identity")
    assert shown["identity"]["country"] == "us"
    assert {**shown, "identity": None} == account
    assert sandbox.send("GET", path)[1]["identity"] is None


def test_pages_go_both_ways() -> None:
    sandbox = Direct()
    made = [post(sandbox, ACCOUNTS, {"display_name": str(n)})[1]["id"] for n in range(5)][::-1]
    _, first = sandbox.send("GET", ACCOUNTS, b"limit=2&closed=false")
    assert [row["id"] for row in first["data"]] == made[:2]
    assert first["previous_page_url"] is None
    _, second = _follow(sandbox, first["next_page_url"])
    assert [row["id"] for row in second["data"]] == made[2:4]
    assert "closed=false" in second["next_page_url"]
    post(sandbox, ACCOUNTS, {})  # what is made meanwhile moves nothing
    _, third = _follow(sandbox, second["next_page_url"])
    assert ([row["id"] for row in third["data"]], third["next_page_url"]) == (made[4:], None)
    _, back = _follow(sandbox, third["previous_page_url"])
    assert [row["id"] for row in back["data"]] == made[2:4]
    for page in (b"page=x", b"page=!!"):
        status, body = sandbox.send("GET", ACCOUNTS, page)
        assert (status, body["error"]["param"]) == (400, "page")


def _follow(sandbox: Direct, url: str) -> tuple[int, Any]:
    path, _, query = url.partition("?")
    return sandbox.send("GET", path, query.encode())


def test_keys_are_remembered_for_thirty_days() -> None:
    sandbox = Direct()
    _, first = post(sandbox, ACCOUNTS, {"display_name": "A", "metadata": {}}, Idempotency_Key="k")
    swapped: JSON = {"metadata": {}, "display_name": "A"}
    sandbox.later(29 * 86_400)
    assert post(sandbox, ACCOUNTS, swapped, Idempotency_Key="k") == (200, first)
    status, body = post(sandbox, ACCOUNTS, {"display_name": "B"}, Idempotency_Key="k")
    assert (status, body["error"]["type"]) == (409, "idempotency_error")
    sandbox.later(2 * 86_400)
    status, second = post(sandbox, ACCOUNTS, {"display_name": "B"}, Idempotency_Key="k")
    assert (status, second["display_name"]) == (200, "B")


def test_what_failed_is_done_again() -> None:
    maker = Maker()
    enable = CATALOGUE.api_call("v2.core.event_destinations", "enable")
    disable = CATALOGUE.api_call("v2.core.event_destinations", "disable")
    path = maker.parents(enable)
    status, _ = maker.call(enable, path, {}, Idempotency_Key="k")
    assert status == 400
    assert maker.call(disable, path)[0] == 200
    status, body = maker.call(enable, path, {}, Idempotency_Key="k")
    assert (status, body["status"]) == (200, "enabled")


def test_deletes_take_keys() -> None:
    maker = Maker()
    api_call = CATALOGUE.api_call("v2.core.event_destinations", "delete")
    path = maker.parents(api_call)
    first = maker.call(api_call, path, {}, Idempotency_Key="k")
    assert first == (200, {"id": path["id"], "object": "v2.core.event_destination"})
    assert maker.call(api_call, path, {}, Idempotency_Key="k") == first
    assert maker.call(api_call, path, {}, Idempotency_Key="l")[0] == 404


def test_closed_accounts_are_listed_on_demand() -> None:
    maker = Maker()
    close = CATALOGUE.api_call("v2.core.accounts", "close")
    path = maker.parents(close)
    assert maker.call(close, path)[1]["closed"] is True
    listing = CATALOGUE.api_call("v2.core.accounts", "list")
    assert maker.call(listing, {})[1]["data"] == []
    [row] = maker.call(listing, {}, {"closed": True})[1]["data"]
    assert row["id"] == path["id"]
