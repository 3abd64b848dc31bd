"""The host for use without a runner: limits, ceilings in flight, and the wish to stop."""

import asyncio
import time
from pathlib import Path

import pytest
from connector_sdk import Limit, MemoryHost


async def test_sends_keep_their_distance() -> None:
    host, limit = MemoryHost(), Limit("calls", per_second=200, burst=1)
    begin = time.monotonic()
    for _ in range(11):
        async with host.pace("acct_1/test", [limit]):
            pass
    assert time.monotonic() - begin >= 10 / 200


async def test_a_burst_goes_at_once_and_scopes_are_apart() -> None:
    host, limit = MemoryHost(), Limit("calls", per_second=0.1, burst=3)
    for scope in ("one", "two"):
        for _ in range(3):
            async with asyncio.timeout(5), host.pace(scope, [limit]):
                pass
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), host.pace("one", [limit]):
            pass


async def test_at_most_so_many_in_flight() -> None:
    host, limit = MemoryHost(), Limit("calls", per_second=0, in_flight=2)
    now = most = 0

    async def call() -> None:
        nonlocal now, most
        async with host.pace("one", [limit]):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    await asyncio.gather(*(call() for _ in range(9)))
    assert most == 2


async def test_places_come_back_after_a_fault_and_a_cancellation() -> None:
    host, limit = MemoryHost(), Limit("calls", per_second=0, in_flight=1)
    with pytest.raises(ValueError, match="broken"):
        async with host.pace("one", [limit]):
            raise ValueError("broken")
    slow = Limit("slow", per_second=0.01)
    async with host.pace("one", [slow]):
        pass
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02), host.pace("one", [limit, slow]):
            pass
    async with asyncio.timeout(30), host.pace("one", [limit]):
        pass


async def test_slowed_keeps_everybody_back() -> None:
    host, limit = MemoryHost(), Limit("calls", per_second=1e6)
    async with host.pace("one", [limit]):
        pass
    begin = time.monotonic()
    host.slowed("one", "calls", 0.05)
    host.slowed("one", "no such limit", 60)
    async with host.pace("one", [limit]):
        pass
    assert time.monotonic() - begin >= 0.045


def test_stopping_and_folders(tmp_path: Path) -> None:
    host = MemoryHost(tmp_path, tmp_path / "state")
    assert (host.folder, host.state) == (tmp_path, tmp_path / "state")
    assert not host.stopping()
    host.stop()
    assert host.stopping()
