"""Writes from Python whose answer is lost: looked up, and never said to be what they are not."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, BinaryIO

import pytest
from connector_sdk import (
    CredentialError,
    FailedError,
    MemoryHost,
    Outcome,
    Problem,
    RefusedError,
    SettingError,
    UncertainError,
    UnreachableError,
)
from stripe_connector import Stripe
from stripe_connector.client import Settings
from stripe_connector.client.answer import Fault, Reply
from stripe_connector.client.transport import Transport, over_http
from stripe_connector.connection import StripeConnection
from stripe_connector.sandbox import Sandbox
from stripe_connector.settings import read_settings

LOST = Fault(Problem("no_answer", "No answer came.", "Try again."), sent=True)
REFUSED = Reply(400, {}, b'{"error":{"type":"invalid_request_error","message":"Not so."}}')
DENIED = Reply(401, {}, b'{"error":{"type":"invalid_request_error","message":"Invalid key."}}')

Plan = Callable[[int, bytes], "tuple[bool, Reply | Fault | None]"]
"""For the number of a write and its body: whether it reaches Stripe, and what comes back in the
place of Stripe's answer."""


class Line:
    """A way to the sandbox on which writes are lost as planned."""

    def __init__(self, inner: Transport, wire: "Wire") -> None:
        self._inner = inner
        self._wire = wire

    async def exchange(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        into: BinaryIO | None = None,
    ) -> Reply | Fault:
        if method == "GET":
            if self._wire.blind and "/v1/account" not in url:
                return Fault(Problem("no_answer", "Nobody answers.", "Look."), sent=False)
            return await self._inner.exchange(method, url, headers, body, into)
        self._wire.keys.append(headers.get("Idempotency-Key", ""))
        reaches, instead = self._wire.plan(len(self._wire.keys), body or b"")
        if not reaches:
            assert instead is not None
            return instead
        answer = await self._inner.exchange(method, url, headers, body, into)
        return instead or answer

    async def close(self) -> None:
        await self._inner.close()


class Wire:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.keys: list[str] = []
        self.blind = False

    def __call__(self, settings: Settings) -> Transport:
        return Line(over_http(settings), self)


@asynccontextmanager
async def through(wire: Wire, address: str) -> AsyncIterator[Stripe]:
    stripe = Stripe()
    settings = read_settings({"api_key": "sk_test_1", "address": address, "retries": 0})
    stripe._connection = StripeConnection(settings, MemoryHost(), wire)
    try:
        yield stripe
    finally:
        await stripe.__aexit__(None, None, None)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=3) as sandbox:
        yield sandbox


def done_unseen(number: int, body: bytes) -> tuple[bool, Fault]:
    return True, LOST


def not_done(number: int, body: bytes) -> tuple[bool, Fault]:
    return False, LOST


async def names(stripe: Stripe) -> list[str]:
    return [each["name"] async for each in stripe.list("customers")]


@pytest.mark.parametrize("key", [None, "crm-17"])
async def test_an_object_that_was_made_is_found(sandbox: Sandbox, key: str | None) -> None:
    wire = Wire(done_unseen)
    async with through(wire, sandbox.address) as stripe:
        made = await stripe.create("customers", {"name": "Ada"}, key=key)
        assert made["object"] == "customer"
        assert made["metadata"] == {"connector_key": wire.keys[0]}
        assert key in (None, wire.keys[0])
        assert await names(stripe) == ["Ada"]


async def test_changes_and_deletes_are_looked_up(sandbox: Sandbox) -> None:
    async with Stripe("sk_test_1", address=sandbox.address) as stripe:
        ada = (await stripe.create("customers", {"name": "Ada"}))["id"]
    async with through(Wire(done_unseen), sandbox.address) as stripe:
        changed = await stripe.update("customers", ada, {"name": "Grace"})
        assert (changed["id"], changed["name"]) == (ada, "Grace")
        gone = await stripe.delete("customers", ada)
        assert gone["deleted"] is True


async def test_what_was_not_done_says_so_and_with_which_key_to_repeat_it(sandbox: Sandbox) -> None:
    wire = Wire(not_done)
    async with through(wire, sandbox.address) as stripe:
        with pytest.raises(FailedError) as caught:
            await stripe.create("customers", {"name": "Ada"})
        problem = caught.value.problem
        assert problem.message.endswith("A look at the target found that it was not done.")
        told = re.fullmatch(r"Send it again with key='(.+)'\.", problem.remedy)
        assert told is not None
        assert told[1] == wire.keys[0]
        wire.plan = lambda number, body: (True, None)
        await stripe.create("customers", {"name": "Ada"}, key=told[1])
        assert await names(stripe) == ["Ada"]


@pytest.mark.parametrize("plan", [done_unseen, not_done])
async def test_what_cant_be_found_out_is_uncertain(sandbox: Sandbox, plan: Plan) -> None:
    wire = Wire(plan)
    async with through(wire, sandbox.address) as stripe:
        with pytest.raises(UncertainError) as caught:
            await stripe.create("customers", {"name": "Ada"}, marker=False)
        message = caught.value.problem.message
        assert message.startswith("No answer came.")
        assert message.endswith("can't be found out: it carries no marker.")
        wire.blind = True
        with pytest.raises(UncertainError) as caught:
            await stripe.create("customers", {"name": "Ada"})
        assert "It couldn't be looked up: Nobody answers." in caught.value.problem.message
        assert f"key={wire.keys[1]!r}" in caught.value.problem.remedy


async def test_a_refusal_after_a_lost_answer(sandbox: Sandbox) -> None:
    def plan(number: int, body: bytes) -> tuple[bool, Reply | Fault]:
        return (True, LOST) if number == 1 else (False, REFUSED)

    async with through(Wire(plan), sandbox.address) as stripe:
        assert stripe._connection is not None
        client = await stripe._connection.client()
        client._retry = type(client._retry)(1, first=0.0)
        made = await stripe.create("customers", {"name": "Ada"})
        assert made["name"] == "Ada"
        with pytest.raises(RefusedError, match="Not so"):
            await stripe.create("customers", {"name": "Grace"})


async def test_another_request_under_a_key_is_refused(sandbox: Sandbox) -> None:
    async with Stripe("sk_test_1", address=sandbox.address) as stripe:
        await stripe.create("customers", {"name": "Ada"}, key="k")
        with pytest.raises(RefusedError, match="parameters"):
            await stripe.create("customers", {"name": "Grace"}, key="k")


async def test_a_faulty_request_calls_nobody(sandbox: Sandbox) -> None:
    async with Stripe("sk_test_1", address=sandbox.address) as stripe:
        with pytest.raises(SettingError) as caught:
            await stripe.create("customers", {"emial": "a@b.c", "name": [1], "phon": "1"})
    assert [each.path for each in caught.value.problems] == ["emial", "name", "phon"]
    assert sandbox.requests.total() == 0


async def test_expansions_are_asked_for(sandbox: Sandbox) -> None:
    async with Stripe("sk_test_1", address=sandbox.address) as stripe:
        ada = (await stripe.create("customers", {"name": "Ada"}))["id"]
        params = {"customer": ada, "amount": 500, "currency": "eur", "expand": ["customer"]}
        assert (await stripe.create("invoice_items", params))["customer"]["name"] == "Ada"


# many at once


async def outcomes(stripe: Stripe, *given: Any, **settings: Any) -> list[Outcome]:
    found = [each async for each in stripe.write(*given, **settings)]
    return sorted(found, key=lambda outcome: outcome.seq)


async def test_lost_answers_of_a_batch(sandbox: Sandbox) -> None:
    def plan(number: int, body: bytes) -> tuple[bool, Reply | Fault | None]:
        if b"lost" in body:
            return True, LOST
        return (False, LOST) if b"never" in body else (True, None)

    rows = [{"name": name} for name in ("Ada", "lost", "never", "Grace")]
    wire = Wire(plan)
    async with through(wire, sandbox.address) as stripe:
        first = await outcomes(stripe, "customers", "create", rows, key="b")
        assert [each.kind for each in first] == ["written", "written", "failed", "written"]
        wire.plan = lambda number, body: (True, None)
        again = await outcomes(stripe, "customers", "create", rows, key="b")
        assert [each.kind for each in again] == ["written"] * 4
        assert [each.replayed for each in again] == [True, True, False, True]
        assert [each.id for each in again if each.replayed] == [
            each.id for each in first if each.id
        ]
        assert sorted(await names(stripe)) == ["Ada", "Grace", "lost", "never"]


async def test_the_same_batch_in_another_order_with_one_more_row(sandbox: Sandbox) -> None:
    async with Stripe("sk_test_1", address=sandbox.address) as stripe:
        rows = [{"name": name} for name in ("Ada", "Ada", "Grace")]
        first = await outcomes(stripe, "customers", "create", rows, key="b")
        more = [{"name": "Edith"}, *reversed(rows)]
        again = await outcomes(stripe, "customers", "create", more, key="b")
        assert [each.replayed for each in again] == [False, True, True, True]
        assert {each.id for each in first} == {each.id for each in again[1:]}


async def test_an_edited_row_with_an_identity(sandbox: Sandbox) -> None:
    async def rows(name: str) -> AsyncIterator[dict[str, Any]]:
        yield {"name": name, "metadata": {"crm": 7}}
        yield {"name": "Twice", "metadata": {"crm": "7"}}
        yield {"name": "Without"}

    async with Stripe("sk_test_1", address=sandbox.address) as stripe:
        batch = {"key": "b", "identity": "metadata.crm"}
        first = await outcomes(stripe, "customers", "create", rows("Ada"), **batch)
        assert [each.kind for each in first] == ["written", "refused", "refused"]
        codes = [each.problem.code for each in first if each.problem is not None]
        assert codes == ["same_identity", "missing_identity"]
        edited = await outcomes(stripe, "customers", "create", rows("Grace"), **batch)
        assert [each.kind for each in edited] == ["skipped", "refused", "refused"]
        assert edited[0].id == first[0].id
        assert await names(stripe) == ["Ada"]


async def test_updates_and_deletes_of_a_batch(sandbox: Sandbox) -> None:
    async with Stripe("sk_test_1", address=sandbox.address) as stripe:
        ids = [(await stripe.create("customers", {"name": "Ada"}))["id"] for _ in range(3)]
        rows = [{"id": each, "name": "Grace"} for each in ids]
        changed = await outcomes(stripe, "customers", "update", rows, concurrency=2)
        assert [each.id for each in changed] == ids
        gone = [{"id": each} for each in (*ids, "cus_nobody")]
        deleted = await outcomes(stripe, "customers", "delete", gone, missing="ok")
        assert [each.kind for each in deleted] == ["written"] * 3 + ["skipped"]


async def test_an_outage_stops_a_batch(sandbox: Sandbox) -> None:
    wire = Wire(not_done)
    rows = [{"name": f"n{number}"} for number in range(300)]
    async with through(wire, sandbox.address) as stripe:
        kinds: list[str] = []
        with pytest.raises(UnreachableError) as caught:
            async for each in stripe.write("customers", "create", rows, key="b"):
                kinds.append(each.kind)
        assert caught.value.problem.code == "target_failing"
        assert "Give the same rows again with key='b'" in caught.value.problem.remedy
        assert set(kinds) == {"failed"}
        assert len(kinds) == len(wire.keys) < 100
        wire.plan = lambda number, body: (True, None)
        done = await outcomes(stripe, "customers", "create", rows, key="b")
        assert {each.kind for each in done} == {"written"}
        assert len(await names(stripe)) == 300


async def test_a_key_that_is_not_accepted_ends_a_batch(sandbox: Sandbox) -> None:
    wire = Wire(lambda number, body: (False, DENIED))
    async with through(wire, sandbox.address) as stripe:
        with pytest.raises(CredentialError):
            await outcomes(stripe, "customers", "create", [{"name": "Ada"}], key="b")


@pytest.mark.parametrize("reaches", [True, False])
async def test_a_key_that_is_revoked_after_a_lost_answer(sandbox: Sandbox, reaches: bool) -> None:
    def plan(number: int, body: bytes) -> tuple[bool, Reply | Fault]:
        return (reaches, LOST) if number == 1 else (False, DENIED)

    wire = Wire(plan)
    async with through(wire, sandbox.address) as stripe:
        assert stripe._connection is not None
        client = await stripe._connection.client()
        client._retry = type(client._retry)(1, first=0.0)
        if reaches:
            made = await stripe.create("customers", {"name": "Ada"})
            assert await names(stripe) == [made["name"]] == ["Ada"]
        else:
            with pytest.raises(CredentialError):
                await stripe.create("customers", {"name": "Ada"})
        wire.keys.clear()
        wire.blind = True
        with pytest.raises(UncertainError, match="Invalid key"):
            await stripe.create("customers", {"name": "Grace"})


async def test_rows_that_are_no_json_are_refused(sandbox: Sandbox) -> None:
    async with Stripe("sk_test_1", address=sandbox.address) as stripe:
        rows = [{"name": object()}, {"balance": float("nan")}, {"name": "Ada"}]
        found = await outcomes(stripe, "customers", "create", rows)
    assert [each.kind for each in found] == ["refused", "refused", "written"]
    assert found[0].problem is not None
    assert (found[0].problem.code, found[0].problem.at) == ("not_json", "row 1")
