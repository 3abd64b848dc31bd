"""A connection on an empty folder, and short ways to read and write with it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.connector import FilesConnector
from connector_agent.connectors.files.target import FileTarget
from connector_sdk import JSON, Activity, Body, Call, MemoryHost, Outcome, Record, Request

pytest.register_assert_rewrite("connector_sdk.conformance")

Read = Callable[..., Awaitable[list[Record]]]
Write = Callable[[FileTarget, Sequence[bytes]], Awaitable[list[Outcome]]]


@pytest.fixture
def host(tmp_path: Path) -> MemoryHost:
    return MemoryHost(folder=tmp_path)


@pytest.fixture
async def connection(host: MemoryHost) -> AsyncIterator[FilesConnection]:
    connection = await FilesConnector().connect({}, host)
    yield connection
    await connection.close()


@pytest.fixture
def read(connection: FilesConnection) -> Read:
    """All records of a file: `await read("a.csv", delimiter=";")`."""

    async def run(path: str, **settings: JSON) -> list[Record]:
        activity = Activity("a", "read", settings={"path": path, **settings})
        source = await connection.source(activity)
        return [record async for page in source.read(None) for record in page.records]

    return run


@pytest.fixture
def write() -> Write:
    """Writes requests one by one and gives their outcomes; seq counts from 1."""

    async def run(target: FileTarget, requests: Sequence[bytes]) -> list[Outcome]:
        async def calls() -> AsyncIterator[Call]:
            for seq, request in enumerate(requests, start=1):
                body = target.prepare(Request(request))
                assert isinstance(body, Body), body
                yield Call(seq, 1, f"key-{seq}", 1, None, body)

        return [outcome async for outcome in target.write(calls())]

    return run
