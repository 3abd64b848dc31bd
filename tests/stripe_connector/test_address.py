"""The embedded sandbox: found where one serves, started where none does."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from connector_sdk import JSON, Activity, Call, MemoryHost, UnreachableError
from stripe_connector.address import answers, is_loopback, sandbox_address
from stripe_connector.connection import StripeConnection
from stripe_connector.sandbox import Sandbox
from stripe_connector.settings import read_settings

from tests.stripe_connector.workbench import prepared, send


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder; the sandbox that serves it in the end is stopped."""
    folder = tmp_path / "state"
    yield folder
    announce = folder / "sandbox.json"
    if announce.exists():
        stop(json.loads(announce.read_text())["pid"])


def stop(pid: int) -> None:
    """Ends a sandbox that a test started, and waits for it."""
    if pid == os.getpid():
        return
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)


def announced(state: Path) -> dict[str, JSON]:
    found: dict[str, JSON] = json.loads((state / "sandbox.json").read_text())
    return found


def open_at(state: Path) -> StripeConnection:
    return StripeConnection(read_settings({"address": "sandbox"}), MemoryHost(state=state))


async def test_started_once_and_found_again(state: Path) -> None:
    address = await sandbox_address(state)
    assert await sandbox_address(state) == address
    assert announced(state)["pid"] != os.getpid()
    assert await answers(address)


async def test_its_files_are_the_owners_alone_whatever_the_umask(state: Path) -> None:
    state.mkdir(mode=0o755)
    before = os.umask(0)
    try:
        await sandbox_address(state)
    finally:
        os.umask(before)
    wide = [path.name for path in (state, *state.iterdir()) if path.stat().st_mode & 0o077]
    assert wide == []


async def test_what_was_written_is_still_there_after_it_ended(state: Path) -> None:
    first = open_at(state)
    target = await first.target(Activity("a", "create", "customers"))
    (outcome,) = await send(target, [Call(1, 1, "k", 1, None, prepared(target, {"name": "Ada"}))])
    account = await first.scope()
    await first.close()
    pid = announced(state)["pid"]
    assert isinstance(pid, int)
    stop(pid)

    second = open_at(state)
    assert await second.scope() == account
    source = await second.source(Activity("a", "search", "customers"))
    (page,) = [page async for page in source.read(None)]
    assert json.loads(page.records[0].raw)["id"] == outcome.id
    assert announced(state)["pid"] != pid
    await second.close()


async def test_two_starters_end_at_one_sandbox(state: Path) -> None:
    one, two = await asyncio.gather(sandbox_address(state), sandbox_address(state))
    assert one == two


async def test_an_announcement_of_a_dead_process_is_not_believed(state: Path) -> None:
    state.mkdir()
    async with Sandbox(seed=1) as other:
        stale = {"address": other.address, "pid": 2**22 - 1}
        (state / "sandbox.json").write_text(json.dumps(stale))
        assert await sandbox_address(state) != other.address


async def test_an_announcement_that_nobody_answers_is_not_believed(state: Path) -> None:
    state.mkdir()
    async with Sandbox(seed=1) as other:
        gone = other.address
    (state / "sandbox.json").write_text(json.dumps({"address": gone, "pid": os.getpid()}))
    assert await sandbox_address(state) != gone


async def test_a_living_one_is_used(state: Path) -> None:
    state.mkdir()
    async with Sandbox(seed=1) as other:
        living = {"address": other.address, "pid": os.getpid()}
        (state / "sandbox.json").write_text(json.dumps(living))
        assert await sandbox_address(state) == other.address


async def test_one_that_does_not_start_says_why(state: Path) -> None:
    state.mkdir()
    (state / "sandbox.db").write_text("this is no database, though it is long enough for one" * 9)
    connection = open_at(state)
    tested = await connection.test()
    assert not tested.ok
    assert tested.problem is not None
    assert tested.problem.code == "sandbox_not_started"
    assert "can't be used as the state of a sandbox" in tested.problem.message
    with pytest.raises(UnreachableError):
        await connection.scope()
    await connection.close()


async def test_without_a_folder_it_runs_in_this_process() -> None:
    connection = StripeConnection(read_settings({"address": "sandbox"}), MemoryHost())
    assert (await connection.test()).ok
    client = await connection.client()
    assert is_loopback(client.settings.address)
    await connection.close()
    assert not await answers(client.settings.address)


def test_addresses_of_this_machine() -> None:
    assert is_loopback("http://127.0.0.1:1")
    assert is_loopback("http://[::1]:1")
    assert not is_loopback("https://127.0.0.1.example")
    assert not is_loopback("")
