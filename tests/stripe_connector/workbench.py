"""A connection to a sandbox of its own, and short ways to read and to write through it."""

import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from connector_sdk import (
    JSON,
    Activity,
    Body,
    Call,
    MemoryHost,
    Outcome,
    Page,
    Problem,
    Record,
    Request,
    Source,
    Target,
)
from stripe_connector.connection import StripeConnection
from stripe_connector.sandbox import Sandbox
from stripe_connector.settings import read_settings


@dataclass
class Workbench:
    connection: StripeConnection
    sandbox: Sandbox
    host: MemoryHost
    keys: int = 0

    async def target(self, type: str, on: str, action: str = "", **settings: Any) -> Target:
        return await self.connection.target(Activity("a", type, on, action, settings))

    async def source(self, type: str, on: str, action: str = "", **settings: Any) -> Source:
        return await self.connection.source(Activity("a", type, on, action, settings))

    async def read(self, type: str, on: str, action: str = "", **settings: Any) -> list[Any]:
        """Every record, parsed."""
        source = await self.source(type, on, action, **settings)
        return [json.loads(record.raw) for record in records(await all_pages(source))]

    def calls(self, target: Target, *requests: dict[str, Any]) -> list[Call]:
        """A call for each request, never sent before."""
        calls = []
        for seq, request in enumerate(requests, 1):
            self.keys += 1
            body = prepared(target, request)
            calls.append(Call(seq, 1, f"test-key-{self.keys}", 1, None, body))
        return calls

    async def write(
        self, type: str, on: str, *requests: dict[str, Any], **settings: Any
    ) -> list[Outcome]:
        """The outcomes of these requests, in their order."""
        target = await self.target(type, on, **settings)
        outcomes = await send(target, self.calls(target, *requests))
        return sorted(outcomes, key=lambda outcome: outcome.seq)

    async def make(self, on: str, **params: Any) -> str:
        """The id of a new object."""
        (outcome,) = await self.write("create", on, params)
        assert outcome.kind == "written", outcome
        return outcome.id


@asynccontextmanager
async def opened(sandbox: Sandbox) -> AsyncIterator[Workbench]:
    """A connection to that sandbox."""
    host = MemoryHost()
    settings: dict[str, JSON] = {"api_key": "sk_test_own", "address": sandbox.address}
    connection = StripeConnection(read_settings(settings), host)
    try:
        yield Workbench(connection, sandbox, host)
    finally:
        await connection.close()


def prepared(target: Target, request: dict[str, Any], existing: str = "") -> Body:
    body = target.prepare(Request(json.dumps(request).encode()), existing)
    assert isinstance(body, Body), body
    return body


def refusal(target: Target, request: dict[str, Any], existing: str = "") -> Problem:
    problem = target.prepare(Request(json.dumps(request).encode()), existing)
    assert not isinstance(problem, Body), problem
    return problem if isinstance(problem, Problem) else problem[0]


def sent(call: Call, first_sent: float | None = None) -> Call:
    """The same call, as a resume hands it over again."""
    moment = time.time() if first_sent is None else first_sent
    return call._replace(first_sent=moment, synced=True)


async def handed(calls: Sequence[Call]) -> AsyncIterator[Call]:
    for call in calls:
        yield call


async def send(target: Target, calls: Sequence[Call]) -> list[Outcome]:
    return [outcome async for outcome in target.write(handed(calls))]


async def all_pages(source: Source, after: bytes | None = None) -> list[Page]:
    return [page async for page in source.read(after)]


def records(pages: Sequence[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


def response(outcome: Outcome) -> Any:
    """What Stripe answered to a call, parsed."""
    assert outcome.response is not None
    return json.loads(outcome.response)
