"""Meter events: their identifier, their time, and what a repeat comes to."""

import time
from typing import Any

import pytest
from connector_sdk import JSON, Activity, MemoryHost
from stripe_connector.activities.writing.meter_events import EVENTS, timestamp_fault
from stripe_connector.catalogue import load
from stripe_connector.connection import StripeConnection
from stripe_connector.sandbox import Fault, SandboxRequest
from stripe_connector.settings import read_settings

from tests.stripe_connector.workbench import Workbench, prepared, refusal, response, send, sent

EVENT: dict[str, Any] = {
    "event_name": "api",
    "payload": {"stripe_customer_id": "cus_1", "value": 25},
}
KNOWN = Fault(400, "invalid_request_error", "An event already exists with identifier x.")


async def known(request: SandboxRequest) -> Fault | None:
    return KNOWN


async def test_an_event_has_the_key_as_its_identifier(bench: Workbench) -> None:
    target = await bench.target("create", "billing.meter_events")
    (call,) = bench.calls(target, EVENT)
    (outcome,) = await send(target, [call])
    assert (outcome.kind, outcome.id) == ("written", call.key)
    made = response(outcome)
    assert made["identifier"] == call.key
    assert made["payload"] == {"stripe_customer_id": "cus_1", "value": "25"}
    own = {**EVENT, "identifier": "usage-17"}
    (outcome,) = await bench.write("create", "Billing › Meter events", own)
    assert (outcome.id, response(outcome)["identifier"]) == ("usage-17", "usage-17")


async def test_events_of_one_customer_and_meter_go_one_by_one(bench: Workbench) -> None:
    target = await bench.target("create", "billing.meter_events")
    assert prepared(target, EVENT).lock == "api cus_1"
    assert prepared(target, {**EVENT, "payload": {"value": 1}}).lock == ""


async def test_an_identifier_that_stripe_knows(bench: Workbench) -> None:
    target = await bench.target("create", "billing.meter_events")
    first, own = bench.calls(target, EVENT, {**EVENT, "identifier": "usage-17"})
    bench.sandbox.on_request = known
    outcomes = [(await send(target, [call]))[0] for call in (first, sent(first), own, sent(own))]
    assert [outcome.kind for outcome in outcomes] == ["skipped", "written", "refused", "written"]
    assert [outcome.id for outcome in outcomes[:2]] == [first.key] * 2


async def test_an_event_without_an_answer_stays_unknown(bench: Workbench) -> None:
    target = await bench.target("create", "billing.meter_events")
    (call,) = bench.calls(target, EVENT)
    (outcome,) = await target.settle([sent(call)])
    assert outcome is not None
    assert outcome.kind == "unknown"


@pytest.mark.parametrize(
    ("days", "code"),
    [(-36, "timestamp_out_of_range"), (-34, ""), (0, ""), (1, "timestamp_out_of_range")],
)
async def test_the_time_of_an_event(bench: Workbench, days: int, code: str) -> None:
    moment = int(time.time()) + days * 86_400
    target = await bench.target("create", "billing.meter_events")
    if code:
        assert refusal(target, {**EVENT, "timestamp": moment}).code == code
    else:
        prepared(target, {**EVENT, "timestamp": moment})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-11-01T12:00:00Z", ""),
        ("2026-11-25T12:06:00+00:00", "timestamp_out_of_range"),
        ("2026-11-25T14:06:00+02:00", "timestamp_out_of_range"),
        ("2026-11-25T12:04:00Z", ""),
        ("2026-11-25", "wrong_timestamp"),
        ("2026-11-25T12:00:00", "wrong_timestamp"),
        ("yesterday", "wrong_timestamp"),
        (10**40, "timestamp_out_of_range"),
    ],
)
def test_the_time_in_both_apis(text: str | int, code: str) -> None:
    now = 1_795_608_000.0  # 2026-11-25T12:00:00Z
    problem = timestamp_fault({"timestamp": text}, lambda: now)
    assert (problem.code if problem else "") == code
    assert {"billing.meter_events.create", "v2.billing.meter_events.create"} < EVENTS


async def test_values_of_the_payload_are_text(bench: Workbench) -> None:
    target = await bench.target("create", "billing.meter_events")
    assert refusal(target, {**EVENT, "payload": {"value": [1]}}).path == "payload.value"
    assert refusal(target, {"event_name": "api"}).path == "payload"


def test_the_schema_offers_the_identifier() -> None:
    request = load().request(load().api_call("billing.meter_events", "create"))
    identifier = request.child("identifier")
    assert identifier is not None
    assert not identifier.required


async def test_usage_records_lead_here(bench: Workbench) -> None:
    (problem,) = await bench.connection.check(Activity("a", "create", "usage_records"))
    assert "2025-03-31.basil" in problem.message
    assert "billing.meter_events" in problem.remedy
    assert "billing.meter_event_adjustments" in problem.remedy


async def test_usage_records_where_the_version_has_them(bench: Workbench) -> None:
    settings: dict[str, JSON] = {"api_version": "2025-02-24.acacia", "address": "sandbox"}
    old = StripeConnection(read_settings(settings), MemoryHost())
    activity = Activity("a", "create", "Billing › Subscription item › Usage records")
    schemas = await old.schemas(activity)
    assert schemas.call == "POST /v1/subscription_items/{subscription_item}/usage_records"
    assert {"subscription_item", "quantity", "timestamp", "action"} <= {
        field.name for field in schemas.request.fields
    }
    assert "subscription_items.usage_records" in {
        row.id for row in await old.choices("create", ["billing"])
    }
    (problem,) = await bench.connection.check(activity)
    assert problem.code == "removed_object"
    await old.close()
