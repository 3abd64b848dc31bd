"""A refusal after a lost answer is no refusal, and a success must be the object asked for."""

from email.utils import formatdate
from typing import Any

import pytest
from connector_sdk import FailedError, RefusedError, UncertainError, UnreachableError
from stripe_connector.catalogue import load
from stripe_connector.client import HORIZON, Client, Earlier

from tests.stripe_connector.client.calling import MISSING, scripted
from tests.stripe_connector.client.loopback import DROP_LATE, Reply

INVALID = b'{"error":{"type":"invalid_request_error","message":"Not so."}}'
LOCKED = b'{"error":{"type":"invalid_request_error","code":"lock_timeout","message":"Locked."}}'
DECLINED = b'{"error":{"type":"card_error","code":"card_declined","message":"Declined."}}'
REPLAYED = {"Idempotent-Replayed": "true"}

REFUSALS = [
    Reply(400, INVALID),
    Reply(402, DECLINED),
    Reply(404, MISSING),
    Reply(409, INVALID),
    Reply(413, INVALID),
    Reply(413, b"<html>too large</html>", {"Content-Type": "text/html"}),
    Reply(422, INVALID),
]
BUSY = [Reply(409, LOCKED), Reply(425, INVALID)]
WRITES = [
    ("customers.create", {"email": "a@b.c"}),
    ("refunds.create", {"charge": "ch_1"}),
    ("charges.create", {"amount": 100, "currency": "eur"}),
    ("payment_intents.confirm", {"intent": "pi_1"}),
    ("customers.update", {"customer": "cus_1", "name": "Ada"}),
]


async def write(
    client: Client, api_call: str, params: dict[str, Any], earlier: Earlier | None = None
) -> None:
    await client.send(load().api_calls[api_call], params, key="sc-k", earlier=earlier)


@pytest.mark.parametrize(("api_call", "params"), WRITES)
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda reply: str(reply.status))
async def test_a_refusal_after_a_lost_answer_is_open(
    api_call: str, params: dict[str, Any], refusal: Reply
) -> None:
    async with scripted(DROP_LATE, *[refusal] * 5) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await write(client, api_call, params)
    assert caught.value.refused
    assert caught.value.problem.remedy.startswith("Look in Stripe whether it was done.")


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda reply: str(reply.status))
async def test_a_refusal_after_the_send_of_another_process_is_open(refusal: Reply) -> None:
    async with scripted(*[refusal] * 5) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await write(client, "customers.create", {}, Earlier(None))
    assert caught.value.refused


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda reply: str(reply.status))
async def test_a_first_refusal_and_a_replayed_one_are_final(refusal: Reply) -> None:
    async with scripted(*[refusal] * 5) as (client, _):
        with pytest.raises(RefusedError):
            await write(client, "customers.create", {})
    if b"html" in refusal.body:
        return
    replayed = Reply(refusal.status, refusal.body, REPLAYED)
    async with scripted(DROP_LATE, *[replayed] * 5) as (client, _):
        with pytest.raises(RefusedError):
            await write(client, "customers.create", {})


@pytest.mark.parametrize("busy", BUSY, ids=lambda reply: str(reply.status))
async def test_a_lock_is_no_refusal_of_the_record(busy: Reply) -> None:
    async with scripted(*[busy] * 9) as (client, served):
        with pytest.raises(FailedError):
            await write(client, "customers.create", {})
        assert len(served.seen) == 4
    async with scripted(DROP_LATE, *[busy] * 9) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await write(client, "customers.create", {})
    assert not caught.value.refused


async def test_a_time_out_of_the_server_may_have_been_a_write() -> None:
    async with scripted(*[Reply(408, INVALID)] * 9) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await write(client, "customers.create", {})
    assert not caught.value.refused


async def test_an_unknown_address_is_no_object_that_is_gone() -> None:
    async with scripted(DROP_LATE, *[Reply(404, INVALID)] * 9) as (client, _):
        with pytest.raises(UncertainError):
            await write(client, "customers.delete", {"customer": "cus_1"})


async def test_a_success_that_is_not_accepted_is_no_answer() -> None:
    lie, truth = Reply(200, b"{}"), Reply(200, b'{"id":"cus_1"}')
    api_calls = load().api_calls

    def accept(body: bytes) -> bool:
        return body == truth.body

    async with scripted(lie, truth) as (client, served):
        answer = await client.send(api_calls["customers.create"], {}, key="k", accept=accept)
        assert answer.body == truth.body
        assert len({seen.headers["idempotency-key"] for seen in served.seen}) == 1
    async with scripted(*[lie] * 9) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await client.send(api_calls["customers.create"], {}, key="k", accept=accept)
        assert caught.value.problem.code == "wrong_answer"
    async with scripted(*[lie] * 9) as (client, _):
        with pytest.raises(UnreachableError):
            await client.send(api_calls["customers.retrieve"], {"customer": "cus_1"}, accept=accept)


async def test_a_key_that_is_too_old_is_not_sent() -> None:
    now = 2_000_000_000.0
    async with scripted(Reply(200, b'{"id":"cus_1"}')) as (client, served):
        client.clock.observe(formatdate(now, usegmt=True))
        with pytest.raises(UncertainError) as caught:
            await write(client, "customers.create", {}, Earlier(now - HORIZON - 60))
        assert caught.value.problem.code == "key_too_old"
        assert not served.seen
        await write(client, "customers.create", {}, Earlier(now - HORIZON + 600))


async def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripe_connector.client.session.LARGEST", 1000)
    async with scripted(*[Reply(200, b'{"id":"' + b"x" * 2000 + b'"}')] * 9) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await write(client, "customers.create", {})
    assert caught.value.problem.code == "answer_too_large"
