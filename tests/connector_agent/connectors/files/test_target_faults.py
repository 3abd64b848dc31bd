"""A file as a target when the disk is full and when its process is killed."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from connector_agent.connectors.files.connection import FilesConnection
from connector_sdk import (
    TargetFullError,
)

from tests.connector_agent.connectors.files.conftest import Write
from tests.connector_agent.connectors.files.written import held, opened, requests


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Lets no file of this process grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("path", ["a.jsonl", "a.csv", "a.jsonl.gz"])
async def test_a_full_disk_and_on_from_there(
    tmp_path: Path, connection: FilesConnection, write: Write, path: str
) -> None:
    noise = [b'{"id":"%s"}' % os.urandom(300).hex().encode() for _ in range(2_000)]
    target = await opened(connection, path)
    await write(target, noise[:500])
    kept = await target.position()
    with room_for(msgspec.json.decode(kept)["bytes"] + 100_000):
        with pytest.raises(TargetFullError, match="no room left to write"):
            await write(target, noise[500:])
            await target.position()
        with pytest.raises(TargetFullError):
            await target.position()
        with pytest.raises(TargetFullError):
            await target.finish(True)
        await target.finish(False)
    assert not (tmp_path / path).exists()
    target = await opened(connection, path, kept)
    await write(target, noise[500:])
    await target.finish(True)
    lines = held(tmp_path / path).splitlines()
    assert lines[-2_000:] == [line if "jsonl" in path else line.split(b'"')[3] for line in noise]


KILLED = """
import asyncio, sys
from connector_agent.connectors.files.connector import FilesConnector
from connector_sdk import Activity, Body, Call, MemoryHost

async def calls():
    for seq in range(1, 10_000_000):
        yield Call(seq, 1, "", 1, None, Body(b'{"id":"%d"}' % seq))

async def main():
    connection = await FilesConnector().connect({"folder": sys.argv[1]}, MemoryHost())
    target = await connection.target(Activity("a", "write", settings={"path": sys.argv[2]}))
    async for outcome in target.write(calls()):
        if outcome.seq % 20_000 == 0:
            print(outcome.seq, (await target.position()).decode(), flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("path", ["a.jsonl", "a.csv.gz"])
async def test_killed_and_resumed(
    tmp_path: Path, connection: FilesConnection, write: Write, path: str
) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path), path]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(3):
            seq, _, position = process.stdout.readline().partition(b" ")
        process.kill()
    assert not (tmp_path / path).exists()
    target = await opened(connection, path, position.strip())
    await write(target, requests(int(seq) + 1, 70_001))
    await target.finish(True)
    ids = [line.strip(b'{}":id') for line in held(tmp_path / path).splitlines()]
    assert ids[-70_000:] == [b"%d" % number for number in range(1, 70_001)]
    assert len(ids) == 70_000 + ("csv" in path)
