"""When the sandbox itself fails: it says so, and nothing half done is left."""

import asyncio
import logging
from collections.abc import Iterable

import pytest
from stripe_connector.sandbox import SandboxRequest
from stripe_connector.sandbox.api import Api
from stripe_connector.sandbox.journal import Journal
from stripe_connector.sandbox.keys import Keys
from stripe_connector.sandbox.registry import standard
from stripe_connector.sandbox.store import Account, Ids, Store, Stored
from stripe_connector.sandbox.verbs import VERBS

from tests.stripe_connector.sandbox.caller import Caller


async def test_a_fault_of_its_own_is_a_500_with_stripes_body(
    stripe: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(turn: object) -> dict[str, object]:
        raise ZeroDivisionError

    monkeypatch.setitem(VERBS, "create", broken)
    with caplog.at_level(logging.ERROR):
        reply = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
    assert (reply.status, reply.error["type"]) == (500, "api_error")
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.undo()
    again = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
    assert (again.status, "Idempotent-Replayed" in again.headers) == (200, False)


async def test_clients_that_go_away_leave_no_trace(
    stripe: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    arrived = asyncio.Event()

    async def hold(request: SandboxRequest) -> None:
        arrived.set()
        await asyncio.Event().wait()

    stripe.sandbox.on_answer = hold
    request = asyncio.create_task(stripe.post("/v1/customers", {"name": "A"}))
    await arrived.wait()
    request.cancel()
    port = int(stripe.sandbox.address.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /v1/customers HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nname=a")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    stripe.sandbox.on_answer = None
    assert len((await stripe.get("/v1/customers")).ids) == 1
    await stripe.sandbox.stop()
    assert caplog.records == []


class FullDisk(Journal):
    def __init__(self) -> None:
        self.full = True

    def write(self, account: Account, touched: Iterable[Stored], key: str = "") -> None:
        if self.full:
            raise OSError("no space left")


def test_what_can_not_be_kept_is_not_done() -> None:
    store, disk = Store("acct_1"), FullDisk()
    api = Api(standard(), store, disk, Keys(60.0), Ids(1))
    headers = {"Authorization": "Bearer sk_test_x", "Idempotency-Key": "k"}

    def create() -> int:
        request = api.open(1, "req_1", "POST", "/v1/customers", "", headers, b"name=A")
        assert api.begin(request, 0.0) is None
        try:
            return api.run(request, 0.0).status
        finally:
            api.end(request)

    with pytest.raises(OSError, match="no space"):
        create()
    assert list(store.account("acct_1").live("customer")) == []
    assert store.account("acct_1").keys == {}
    disk.full = False
    assert create() == 200
    assert len(list(store.account("acct_1").live("customer"))) == 1
