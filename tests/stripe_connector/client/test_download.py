"""The body of an answer as a file: whole, also after a broken attempt, or not at all."""

import io
from typing import cast

import pytest
from connector_sdk import RefusedError, TargetFullError, UnreachableError
from stripe_connector.catalogue import load
from stripe_connector.client import Answer, Client

from tests.stripe_connector.client.calling import API_ERROR, MISSING, scripted
from tests.stripe_connector.client.loopback import CUT, Reply

PDF = Reply(200, b"%PDF-1.7 " + bytes(range(256)) * 1000, {"Content-Type": "Application/PDF; x=1"})


async def fetch(client: Client, into: io.BytesIO) -> Answer:
    params = {"quote": "qt_1"}
    return await client.send(load().api_calls["quotes.pdf"], params, into=into)


async def test_a_body_goes_into_the_file() -> None:
    async with scripted(PDF) as (client, served):
        into = io.BytesIO(b"what was there before " * 99_999)
        answer = await fetch(client, into)
        assert into.getvalue() == PDF.body
        assert (answer.status, answer.body, answer.content_type) == (200, b"", "application/pdf")
        assert served.seen[0].target == "/v1/quotes/qt_1/pdf"


async def test_a_broken_attempt_leaves_nothing() -> None:
    longer = Reply(500, API_ERROR)
    async with scripted(CUT, longer, PDF) as (client, served):
        into = io.BytesIO()
        await fetch(client, into)
        assert into.getvalue() == PDF.body
        assert len(served.seen) == 3


async def test_an_error_does_not_become_a_file() -> None:
    async with scripted(Reply(404, MISSING)) as (client, _):
        into = io.BytesIO(b"before")
        with pytest.raises(RefusedError):
            await fetch(client, into)
        assert into.getvalue() == b"before"


async def test_the_page_of_a_proxy_is_no_file() -> None:
    page = Reply(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
    async with scripted(page) as (client, _):
        with pytest.raises(UnreachableError) as caught:
            await fetch(client, io.BytesIO())
    assert caught.value.problem.code == "not_stripe"


class Full(io.BytesIO):
    def write(self, data: object) -> int:
        raise OSError(28, "No space left on device")


async def test_a_full_disk_is_no_fault_of_the_network() -> None:
    async with scripted(PDF) as (client, served):
        with pytest.raises(TargetFullError, match="No space left on device"):
            await fetch(client, cast(io.BytesIO, Full()))
        assert len(served.seen) == 1
