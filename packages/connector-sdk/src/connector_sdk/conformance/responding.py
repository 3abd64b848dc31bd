"""Targets and sources that leave the event loop to others: a stop is noticed within a second, and
outcomes are stored while the writing goes on."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from itertools import cycle, islice

import pytest

from connector_sdk.conformance.description import opened
from connector_sdk.conformance.subject import Subject
from connector_sdk.conformance.writing import calls_for
from connector_sdk.connection import Target
from connector_sdk.record import Body, Call, Outcome, Request

LONGEST = 1.0
"""Seconds for which the loop may be kept from others."""
TRIES = 3
"""A machine may be busy with something else for a second; three times in a row it isn't."""
PATIENCE = 20.0
MANY = 50


class RespondingTests:
    """Drives a target and a source as a runner does, and watches the event loop."""

    async def test_writing_leaves_the_loop_to_others(self, subject: Subject) -> None:
        """A driver that blocks belongs into a thread: see DriverThread."""
        waits = []
        for attempt in range(TRIES):
            async with opened(subject) as connection:
                target = await connection.target(subject.target)
                requests = islice(cycle(subject.good), MANY)
                calls = [
                    Call(seq, 0, f"conformance-{attempt}-{seq}", 0, None, _prepared(target, each))
                    for seq, each in enumerate(requests, start=1)
                ]
                async with Watch() as watch:
                    async with aclosing(target.write(_offered(calls))) as outcomes:
                        async for _ in outcomes:
                            await asyncio.sleep(0)
                    await target.finish(True)
            waits.append(watch.longest)
            if watch.longest < LONGEST:
                return
        pytest.fail(f"the loop was kept from others for {min(waits):.1f} seconds")

    async def test_reading_leaves_the_loop_to_others(self, subject: Subject) -> None:
        """A driver that blocks belongs into a thread: see DriverThread."""
        waits = []
        for _ in range(TRIES):
            async with opened(subject) as connection:
                source = await connection.source(subject.source)
                async with Watch() as watch, aclosing(source.read(None)) as pages:
                    async for _ in pages:
                        await asyncio.sleep(0)
            waits.append(watch.longest)
            if watch.longest < LONGEST:
                return
        pytest.fail(f"the loop was kept from others for {min(waits):.1f} seconds")

    async def test_outcomes_come_while_calls_do(self, subject: Subject) -> None:
        """A runner may have no other call for a long time, and stores what it was told."""
        answered = asyncio.Event()
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            if target.guarantee in ("positioned", "transactional"):
                await target.finish(False)
                pytest.skip(f"a {target.guarantee} target is given one batch after the other")
            first, *rest = calls_for(subject, target)

            async def offered() -> AsyncIterator[Call]:
                yield first
                with suppress(TimeoutError):
                    await asyncio.wait_for(answered.wait(), PATIENCE)
                for call in rest if answered.is_set() else ():
                    yield call

            outcomes: list[Outcome] = []
            async with aclosing(target.write(offered())) as answers:
                async for outcome in answers:
                    outcomes.append(outcome)
                    answered.set()
            await target.finish(True)
        assert len(outcomes) == 1 + len(rest), "outcomes come only when there are no more calls"

    async def test_it_ends_when_calls_do(self, subject: Subject) -> None:
        """That is how a runner stops: what was taken has its outcome, and nothing else."""
        async with opened(subject) as connection:
            target = await connection.target(subject.target)
            calls = calls_for(subject, target)[:2]
            try:
                async with asyncio.timeout(PATIENCE):
                    outcomes = [each async for each in _written(target, calls)]
            except TimeoutError:
                pytest.fail(f"it had not ended {PATIENCE:.0f} seconds after the last call")
            await target.finish(False)
        assert sorted(outcome.seq for outcome in outcomes) == [1, 2]


class Watch:
    """Measures how long the event loop was kept from others."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def __aenter__(self) -> "Watch":
        self._ticking = asyncio.ensure_future(self._tick())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.sleep(0)  # the last turn counts as well
        self._ticking.cancel()
        await asyncio.gather(self._ticking, return_exceptions=True)

    async def _tick(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            self.longest = max(self.longest, now - last)
            last = now


async def _offered(calls: list[Call]) -> AsyncIterator[Call]:
    for call in calls:
        await asyncio.sleep(0)
        yield call


async def _written(target: Target, calls: list[Call]) -> AsyncGenerator[Outcome, None]:
    async with aclosing(target.write(_offered(calls))) as outcomes:
        async for outcome in outcomes:
            yield outcome


def _prepared(target: Target, request: bytes) -> Body:
    body = target.prepare(Request(request))
    assert isinstance(body, Body), body
    return body
