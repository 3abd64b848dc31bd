"""Many meter events in one call, each with an outcome of its own."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest
from connector_sdk import (
    JSON,
    Body,
    Call,
    CredentialError,
    MemoryHost,
    Outcome,
    UnreachableError,
)
from stripe_connector import Stripe
from stripe_connector.activities.choices.parameters import STREAM
from stripe_connector.activities.writing.meter_events import MeterStream
from stripe_connector.activities.writing.stream_target import Gathering
from stripe_connector.catalogue import load
from stripe_connector.client import HORIZON, Client, Settings
from stripe_connector.sandbox import Fault, Sandbox, SandboxRequest

from tests.stripe_connector.workbench import Workbench, prepared, refusal, send, sent

ON = "v2.billing.meter_event_stream"
CALL = "POST /v2/billing/meter_event_stream"
SESSION = "POST /v2/billing/meter_event_session"


def event(number: int, **more: Any) -> dict[str, Any]:
    return {
        "event_name": "api",
        "payload": {"stripe_customer_id": f"cus_{number}", "value": str(number)},
        **more,
    }


async def sent_events(request: SandboxRequest) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(request.body)["events"]
    return events


async def test_a_hundred_events_a_call(bench: Workbench) -> None:
    seen: list[dict[str, Any]] = []

    async def note(request: SandboxRequest) -> None:
        if request.api_call.id == STREAM:
            seen.extend(await sent_events(request))

    bench.sandbox.on_request = note
    outcomes = await bench.write("create", ON, *(event(number) for number in range(250)))
    assert {outcome.kind for outcome in outcomes} == {"written"}
    assert bench.sandbox.requests[CALL] == 3
    assert bench.sandbox.requests[SESSION] == 1
    assert [outcome.id for outcome in outcomes] == [f"test-key-{n}" for n in range(1, 251)]
    assert sorted(each["identifier"] for each in seen) == sorted(each.id for each in outcomes)
    assert {each["payload"]["value"] for each in seen} == {str(number) for number in range(250)}


async def test_a_record_is_one_event(bench: Workbench) -> None:
    target = await bench.target("create", "Meter event stream")
    stored = json.loads(prepared(target, event(1)).json)
    assert stored["params"] == event(1)
    assert refusal(target, {"events": [event(1)]}).path == "events"
    assert refusal(target, {"event_name": "api"}).path == "payload"
    assert refusal(target, event(1, timestamp="2020-01-01T00:00:00Z")).path == "timestamp"
    assert refusal(target, event(1), existing="x").code == "not_updatable"
    assert target.horizon == HORIZON


async def test_what_is_repeated_counts_once(bench: Workbench) -> None:
    target = await bench.target("create", ON)
    calls = bench.calls(target, *(event(number) for number in range(5)))
    await send(target, calls)
    again = await send(target, [sent(call) for call in calls[:3]])
    assert {outcome.kind for outcome in again} == {"written"}
    assert len({outcome.id for outcome in again}) == 3
    found, missing = await target.settle([sent(calls[0]), calls[1]])
    assert found is not None
    assert (found.kind, missing) == ("unknown", None)
    await target.finish(True)


async def test_an_identifier_that_stripe_knows_is_no_loss(bench: Workbench) -> None:
    """The stream isn't known to refuse one; should it, what was sent before counts as written."""

    async def decline(request: SandboxRequest) -> Fault | None:
        known = {"test-key-1", "mine"}
        if request.api_call.id != STREAM:
            return None
        if not any(each["identifier"] in known for each in await sent_events(request)):
            return None
        return Fault(400, "invalid_request_error", "Known.", code="duplicate_meter_event")

    bench.sandbox.on_request = decline
    target = await bench.target("create", ON)
    first, second, own = bench.calls(target, event(1), event(2), event(3, identifier="mine"))
    outcomes = await send(target, [sent(first), second, own])
    assert [outcome.kind for outcome in outcomes] == ["written", "written", "refused"]
    assert [outcome.kind for outcome in await send(target, [sent(own)])] == ["written"]


async def test_one_bad_event_does_not_spoil_the_others(bench: Workbench) -> None:
    async def decline(request: SandboxRequest) -> Fault | None:
        if request.api_call.id != STREAM:
            return None
        bad = [each for each in await sent_events(request) if each["event_name"] == "no meter"]
        return Fault(400, "invalid_request_error", "No such meter.") if bad else None

    bench.sandbox.on_request = decline
    events = [event(number) for number in range(40)]
    events[17]["event_name"] = "no meter"
    outcomes = await bench.write("create", ON, *events)
    assert [outcome.seq for outcome in outcomes if outcome.kind == "refused"] == [18]
    assert outcomes[17].problem is not None
    assert outcomes[17].problem.message == "No such meter."
    assert [outcome.kind for outcome in outcomes].count("written") == 39


async def test_an_answer_that_is_lost_leaves_each_unknown(bench: Workbench) -> None:
    async def fail(request: SandboxRequest) -> Fault | None:
        lost = request.api_call.id == STREAM
        return Fault(500, "api_error", "Sorry.") if lost else None

    bench.sandbox.on_request = fail
    outcomes = await bench.write("create", ON, *(event(number) for number in range(3)))
    assert [outcome.kind for outcome in outcomes] == ["unknown"] * 3


async def test_nobody_there_ends_the_writing(bench: Workbench) -> None:
    target = await bench.target("create", ON)
    calls = bench.calls(target, event(1))
    await bench.sandbox.stop()
    with pytest.raises(UnreachableError):
        await send(target, calls)
    await target.finish(False)


async def test_a_session_that_ended_is_replaced() -> None:
    moments = [time.time()]
    async with (
        Sandbox(seed=1, clock=lambda: moments[0]) as sandbox,
        Client(
            Settings("sk_test_1", load().api_version, address=sandbox.address), MemoryHost()
        ) as client,
    ):
        stream = MeterStream(client, load())
        first: dict[str, JSON] = event(1, identifier="a")
        await stream.send([first], "k1")
        await stream.send([event(2, identifier="b")], "k2")
        assert sandbox.requests[SESSION] == 1
        moments[0] += 901  # the sandbox's clock, not ours: only its answer tells
        await stream.send([event(3, identifier="c")], "k3")
        assert (sandbox.requests[SESSION], sandbox.requests[CALL]) == (2, 3)

        async def ended(request: SandboxRequest) -> Fault | None:
            expired = request.api_call.id == STREAM
            return Fault(401, "temporary_session_expired", "Expired.") if expired else None

        sandbox.on_request = ended
        with pytest.raises(CredentialError):
            await stream.send([event(4, identifier="d")], "k4")
        await stream.close()


async def test_the_token_shows_nowhere(bench: Workbench) -> None:
    client = await bench.connection.client()
    session = client.of_session("mes_test_secret", {})
    assert "mes_test_secret" not in repr(session.settings)
    assert session.settings.pace_scope() == client.settings.pace_scope()
    await session.close()


async def test_from_python() -> None:
    async with Stripe(address="sandbox") as stripe:
        assert await stripe.create(ON, event(1)) == {}


def call(seq: int) -> Call:
    return Call(seq, 1, f"k{seq}", 1, None, Body(b"{}"))


async def test_groups_leave_when_full_or_late() -> None:
    groups: list[list[int]] = []

    async def carry(calls: Sequence[Call]) -> list[Outcome]:
        groups.append([each.seq for each in calls])
        return [Outcome(each.seq, 1, "written") for each in calls]

    gathering = Gathering(carry, most=3, seconds=0.01, at_once=2)
    outcomes = await asyncio.gather(*(gathering.add(call(seq)) for seq in range(1, 8)))
    assert [outcome.seq for outcome in outcomes] == [1, 2, 3, 4, 5, 6, 7]
    assert groups == [[1, 2, 3], [4, 5, 6], [7]]
    await gathering.close()


async def test_a_fault_reaches_every_call_of_its_group() -> None:
    async def carry(calls: Sequence[Call]) -> list[Outcome]:
        if calls[0].seq == 1:
            raise ValueError("no")
        return [Outcome(each.seq, 1, "written") for each in calls]

    gathering = Gathering(carry, most=2, seconds=0.01, at_once=2)
    found = await asyncio.gather(
        *(gathering.add(call(seq)) for seq in range(1, 5)), return_exceptions=True
    )
    assert [type(each) for each in found] == [ValueError, ValueError, Outcome, Outcome]


async def test_a_group_that_nobody_waits_for_any_more_does_not_travel() -> None:
    groups: list[list[int]] = []
    go = asyncio.Event()

    async def carry(calls: Sequence[Call]) -> list[Outcome]:
        groups.append([each.seq for each in calls])
        await go.wait()
        return [Outcome(each.seq, 1, "written") for each in calls]

    gathering = Gathering(carry, most=1, seconds=0.01, at_once=1)
    first, second = [asyncio.create_task(gathering.add(call(seq))) for seq in (1, 2)]
    while not groups:
        await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait([second])
    go.set()
    assert (await first).kind == "written"
    for _ in range(5):
        await asyncio.sleep(0)
    assert groups == [[1]]
    await gathering.close()


async def test_closing_ends_what_is_under_way() -> None:
    begun = asyncio.Event()

    async def carry(calls: Sequence[Call]) -> list[Outcome]:
        begun.set()
        await asyncio.Event().wait()
        return []

    gathering = Gathering(carry, most=1, seconds=0.01, at_once=1)
    waiting = asyncio.create_task(gathering.add(call(1)))
    await begun.wait()
    waiting.cancel()
    await gathering.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
