"""Targets whose process is killed: a resume loses nothing and doubles nothing."""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from connector_sdk.activity import Guarantee
from connector_sdk.conformance.description import opened
from connector_sdk.conformance.driver import Driver
from connector_sdk.conformance.journal import Journal
from connector_sdk.conformance.subject import Subject
from connector_sdk.conformance.victim import REACHED, Order
from connector_sdk.record import encode

SECONDS = 60.0

PLACES: Mapping[Guarantee, Sequence[str]] = {
    "keyed": ("offered", "sent"),
    "repeatable": ("offered", "sent"),
    "none": ("offered", "sent"),
    "positioned": ("written", "kept"),
    "transactional": ("written", "kept"),
}
"""Where a process is killed:

offered  the call may have been sent, and was not
sent     the call was answered, and nobody has noted that
written  records were written after the last checkpoint
kept     a checkpoint was just taken
"""


class CrashingTests:
    """Each writes in a process of its own, which is killed by SIGKILL in the middle."""

    @pytest.mark.parametrize("when", ["before", "after"])
    async def test_killed_and_resumed(self, subject: Subject, tmp_path: Path, when: str) -> None:
        """Killed right before and right after the moment that counts."""
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            guarantee = target.guarantee
            await target.finish(False)
        place = PLACES[guarantee][when == "after"]
        before = await subject.held()
        path = tmp_path / "journal.jsonl"
        await _killed_at(subject, path, place, 3)
        journal = Journal(path)
        async with opened(subject) as connection:
            driver = Driver(connection, subject.target, subject.good, journal, _go_on)
            await driver.run()
        held, total = await subject.held() - before, len(subject.good)
        kinds = list(journal.outcomes().values())
        if guarantee == "none":
            written, unknown = kinds.count("written"), kinds.count("unknown")
            assert written + unknown == total, kinds
            assert held >= written, f"{written - held} were lost"
            assert held <= written + unknown, f"{held - written - unknown} were doubled"
        else:
            assert set(kinds) <= {"written"}, kinds
            assert held == total, f"{held} of {total} are there"


async def _go_on(place: str, number: int) -> None:
    del place, number


async def _killed_at(subject: Subject, journal: Path, place: str, number: int) -> None:
    kind = type(subject.connector)
    order = Order(
        connector=subject.elsewhere or f"{kind.__module__}:{kind.__qualname__}",
        settings=dict(subject.settings),
        target=subject.target,
        requests=list(subject.good),
        folder=str(subject.host.folder or ""),
        state=str(subject.host.state or ""),
        journal=str(journal),
        place=place,
        number=number,
        path=sys.path,
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "connector_sdk.conformance.victim",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin and process.stdout and process.stderr
    try:
        process.stdin.write(encode(order))
        process.stdin.write_eof()
        line = await asyncio.wait_for(process.stdout.readline(), SECONDS)
        if line.decode().strip() != REACHED:
            said = (await process.stderr.read()).decode()
            pytest.fail(f"the process ended before the place {place!r}: {said}")
        process.send_signal(signal.SIGKILL)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
