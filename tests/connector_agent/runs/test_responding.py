"""A target whose driver blocks the event loop: outcomes are stored while it writes, and a stop is
noticed at once."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
from connector_agent.runs import executions
from connector_agent.runs.execution import Turns
from connector_agent.runs.executions import PositionedExecution, TransactionalExecution
from connector_agent.runs.keyed import KeyedExecution
from connector_agent.store.tables import outcomes
from connector_sdk import Call, Outcome
from sqlalchemy import func, select

from tests.connector_agent.runs.memory import KeyedTarget, LineTarget, ListSource, Workshop

BLOCKED = Turns.SECONDS * 1.5


class BlockingKeyed(KeyedTarget):
    """As a target with a plain sqlite3 driver: it never lets go of the loop."""

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        async for outcome in super().write(calls):
            time.sleep(BLOCKED)
            yield outcome


class BlockingLines(LineTarget):
    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        async for outcome in super().write(calls):
            time.sleep(BLOCKED)
            yield outcome


class BlockingTable(BlockingLines):
    guarantee = "transactional"

    async def commit(self, run: str, mark: bytes) -> None:
        raise AssertionError("it is not reached")

    async def committed(self, run: str) -> bytes | None:
        return None


def rows(count: int) -> list[dict[str, object]]:
    return [{"id": f"C{n}"} for n in range(count)]


async def test_outcomes_are_stored_while_it_writes(workshop: Workshop) -> None:
    run, target = await workshop.new(), BlockingKeyed()
    parts = await workshop.parts(run, ListSource(rows(120), page=500), target)
    running = asyncio.ensure_future(KeyedExecution(parts).run())
    stored = 0
    while not running.done() and not stored:
        stored = await workshop.database.call(
            lambda connection: connection.scalar(select(func.count()).select_from(outcomes)) or 0
        )
    at_first = len(target.sent)
    assert await running
    assert stored > 0
    assert at_first < 60, "outcomes were not stored before half of the records were sent"


async def test_a_stop_is_noticed(workshop: Workshop) -> None:
    run, target = await workshop.new(), BlockingKeyed()
    parts = await workshop.parts(run, ListSource(rows(500), page=500), target)
    execution = KeyedExecution(parts)
    running = asyncio.ensure_future(execution.run())
    while len(target.sent) < 20:
        await asyncio.sleep(0)
    at_stop = len(target.sent)
    execution.stop()
    assert not await running
    assert len(target.sent) <= at_stop + 1
    assert parts.counts.written == len(target.sent)


@pytest.mark.parametrize(
    ("kind", "target"),
    [(PositionedExecution, BlockingLines([])), (TransactionalExecution, BlockingTable([]))],
)
async def test_a_long_batch_is_given_up(
    workshop: Workshop,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[PositionedExecution],
    target: BlockingLines,
) -> None:
    monkeypatch.setattr(executions, "GRACE", 0.0)
    run = await workshop.new()
    parts = await workshop.parts(run, ListSource(rows(500), page=500), target)
    execution = kind(parts)
    running = asyncio.ensure_future(execution.run())
    while len(target.lines) < 20:
        await asyncio.sleep(0)
    at_stop = len(target.lines)
    execution.stop()
    assert not await running
    assert len(target.lines) <= at_stop + 1
    stored = await workshop.run(run.id)
    assert stored.settled == stored.counts.read == 0, "a resume begins at the last checkpoint"
