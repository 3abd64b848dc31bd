"""API v2 through the same five activities and a real sandbox: JSON, null, page tokens, include."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from connector_sdk import JSON, Activity, SettingError
from stripe_connector import Stripe
from stripe_connector.client import HORIZON_V2
from stripe_connector.sandbox import SandboxRequest

from tests.stripe_connector.workbench import Workbench, prepared, refusal, response, send, sent

ACCOUNT: dict[str, Any] = {"contact_email": "ada@example.com", "display_name": "Ada"}
DESTINATION: dict[str, Any] = {
    "name": "usage",
    "type": "webhook_endpoint",
    "enabled_events": ["v1.billing.meter.no_meter_found"],
    "event_payload": "thin",
    "webhook_endpoint": {"url": "https://example.com/hook"},
}
BANK = {"account_number": "000123456789", "currency": "usd", "routing_number": "110000000"}


@pytest.mark.parametrize(
    ("on", "request_", "change"),
    [
        ("v2.core.accounts", ACCOUNT, {"display_name": "Ada L."}),
        ("v2.core.event_destinations", DESTINATION, {"name": "events"}),
        ("v2.core.vault.us_bank_accounts", BANK, {}),
    ],
)
async def test_every_verb(
    bench: Workbench, on: str, request_: dict[str, Any], change: dict[str, Any]
) -> None:
    (made,) = await bench.write("create", on, request_)
    assert (made.kind, made.id) == ("written", response(made)["id"])
    if change:
        (changed,) = await bench.write("update", on, {"id": made.id, **change})
        assert change.items() <= response(changed).items()
    (read,) = await bench.read("read", on, ids=made.id)
    assert read["id"] == made.id
    assert [row["id"] for row in await bench.read("search", on)] == [made.id]
    (gone,) = await bench.write("delete", on, {"id": made.id})
    assert (gone.kind, gone.id) == ("written", made.id)


async def test_objects_below_others(bench: Workbench) -> None:
    account = await bench.make("v2.core.accounts", **ACCOUNT)
    person = {"account_id": account, "given_name": "Ada"}
    share = {"relationship": {"percent_ownership": 12.5}}
    (made,) = await bench.write("create", "v2.core.accounts.persons", {**person, **share})
    assert response(made)["relationship"]["percent_ownership"] == "12.5"
    below: Any = {"parents": {"account_id": account}}
    change = {"id": made.id, "given_name": None, "surname": "Lovelace"}
    (changed,) = await bench.write("update", "v2.core.accounts.persons", change, **below)
    assert (response(changed)["given_name"], response(changed)["surname"]) == (None, "Lovelace")
    (row,) = await bench.read("search", "v2.core.accounts.persons", **below)
    assert row["id"] == made.id
    request = {"id": made.id}
    (gone,) = await bench.write("delete", "v2.core.accounts.persons", request, **below)
    assert gone.kind == "written"
    (again,) = await bench.write("delete", "v2.core.accounts.persons", request, **below)
    assert again.kind == "refused"
    (again,) = await bench.write(
        "delete", "v2.core.accounts.persons", request, **below, missing="ok"
    )
    assert again.kind == "skipped"


async def test_null_clears_and_stays_in_the_stored_request(bench: Workbench) -> None:
    account = await bench.make("v2.core.accounts", **ACCOUNT, metadata={"a": "1", "b": "2"})
    target = await bench.target("update", "v2.core.accounts")
    request = {"id": account, "display_name": None, "metadata": {"a": None, "c": "3"}}
    (call,) = bench.calls(target, request)
    assert json.loads(call.body.json)["params"]["display_name"] is None
    (outcome,) = await send(target, [call])
    changed = response(outcome)
    assert (changed["display_name"], changed["contact_email"]) == (None, "ada@example.com")
    assert changed["metadata"].keys() == {"b", "c", "connector_key"}
    assert refusal(target, {"id": None}).path == "id"
    found, missing = await target.settle(
        [sent(call), sent(bench.calls(target, {"id": account, "display_name": "Bo"})[0])]
    )
    assert found is not None
    assert (found.kind, missing) == ("written", None)


async def test_expand_is_what_v2_calls_include(bench: Workbench) -> None:
    hook = "https://example.com/hook"
    (plain,) = await bench.write("create", "v2.core.event_destinations", DESTINATION)
    assert (response(plain)["webhook_endpoint"] or {}).get("url") is None
    expand = ["webhook_endpoint.url"]
    (made,) = await bench.write("create", "v2.core.event_destinations", DESTINATION, expand=expand)
    assert response(made)["webhook_endpoint"]["url"] == hook
    (read,) = await bench.read("read", "v2.core.event_destinations", ids=made.id, expand=expand)
    assert read["webhook_endpoint"]["url"] == hook
    rows = await bench.read("search", "v2.core.event_destinations", expand=expand)
    assert {row["webhook_endpoint"]["url"] for row in rows} == {hook}
    target = await bench.target("create", "v2.core.event_destinations")
    assert refusal(target, {**DESTINATION, "include": expand}).path == "include"


async def test_more_than_a_page(bench: Workbench) -> None:
    requests = [{**ACCOUNT, "display_name": f"n{number}"} for number in range(230)]
    outcomes = await bench.write("create", "v2.core.accounts", *requests)
    assert {outcome.kind for outcome in outcomes} == {"written"}
    rows = await bench.read("search", "v2.core.accounts")
    assert sorted(row["id"] for row in rows) == sorted(outcome.id for outcome in outcomes)
    target = await bench.target("create", "v2.core.accounts")
    done, never = bench.calls(target, ACCOUNT, ACCOUNT)
    await send(target, [done])
    found, missing = await target.settle([sent(done), sent(never)])
    assert found is not None
    assert (found.kind, missing) == ("written", None)


async def test_a_delete_has_a_key_in_v2(bench: Workbench) -> None:
    account = await bench.make("v2.core.accounts", **ACCOUNT)
    person = {"account_id": account, "given_name": "Ada"}
    name = await bench.make("v2.core.accounts.persons", **person)
    target = await bench.target("delete", "v2.core.accounts.persons")
    assert target.horizon == HORIZON_V2 == 29 * 86_400
    (call,) = bench.calls(target, {"account_id": account, "id": name})
    keys: list[str] = []

    async def note(request: SandboxRequest) -> None:
        keys.append(request.key)

    bench.sandbox.on_request = note
    (first,) = await send(target, [call])
    (again,) = await send(target, [sent(call)])
    assert keys == [call.key, call.key]
    assert (first.kind, again.kind, again.replayed) == ("written", "written", True)


async def test_moments_fit_either_api(bench: Workbench) -> None:
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    target = await bench.target("update", "subscriptions")
    request = {"id": "sub_1", "cancel_at": noon.isoformat()}
    stored = json.loads(prepared(target, request).json)
    assert stored["params"]["cancel_at"] == int(noon.timestamp())
    created: JSON = {"created_gte": int(noon.timestamp())}
    source = Activity(
        "a", "search", "v2.commerce.product_catalog.imports", "", {"parameters": created}
    )
    assert await bench.connection.check(source) == ()
    (problem,) = await bench.connection.check(
        Activity(
            "a",
            "search",
            "v2.commerce.product_catalog.imports",
            "",
            {"parameters": {"created_gte": "yesterday"}},
        )
    )
    assert "2026-01-31T12:00:00Z" in problem.message


async def test_meter_events_of_v2(bench: Workbench) -> None:
    moment = datetime.fromtimestamp(int(time.time()), UTC).isoformat()
    event = {"event_name": "api", "payload": {"stripe_customer_id": "cus_1", "value": 7}}
    target = await bench.target("create", "v2.billing.meter_events")
    (call,) = bench.calls(target, {**event, "timestamp": moment})
    (outcome,) = await send(target, [call])
    assert (outcome.kind, outcome.id) == ("written", call.key)
    assert response(outcome)["payload"]["value"] == "7"


async def test_from_python() -> None:
    async with Stripe(address="sandbox") as stripe:
        made = await stripe.create("v2.core.event_destinations", DESTINATION)
        off = await stripe.delete("v2.core.event_destinations", made["id"], action="disable")
        on = await stripe.update("v2.core.event_destinations", made["id"], action="enable")
        assert (off["status"], on["status"]) == ("disabled", "enabled")
        kept = await stripe.update("v2.core.event_destinations", made["id"], {"description": None})
        assert not kept["description"]
        with pytest.raises(SettingError, match="null"):
            await stripe.create("v2.core.event_destinations", {**DESTINATION, "name": None})
