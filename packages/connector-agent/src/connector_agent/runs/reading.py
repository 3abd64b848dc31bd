"""Reads a run's source from its cursor on, record by record numbered and staged."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

from connector_sdk import Cursor, Page, Problem, Record, SourceChangedError

from connector_agent.runs.execution import Parts, Turns
from connector_agent.runs.item import Item
from connector_agent.runs.ledger import fingerprint


class Batch(NamedTuple):
    """The writes of one page's records. `cursor` continues after them; None while a changed
    source is read again from its start. `exhausted`: nothing follows."""

    items: list[Item]
    size: int
    cursor: Cursor | None
    filtered: int
    exhausted: bool


class Reading:
    """The source as batches. Ends when the source does, at the run's limit, or on a stop.

    When the source is no longer what the cursor was taken from, it is read from its start and
    records that are already in the run are passed over: by identity, each as often as it was
    taken. Without an identity nothing tells them apart, and the run stops. With `anew` False
    the SourceChangedError is the caller's.
    """

    def __init__(self, parts: Parts, *, anew: bool) -> None:
        self._parts = parts
        self._anew = anew
        run = parts.ledger.run
        self._cursor = run.cursor
        self._last = run.counts.read
        self._left = None if run.limit is None else run.limit - run.counts.read
        self._passed_over: Counter[str] = Counter()
        self._turns = Turns()

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """Raises SourceChangedError, CredentialError, UnreachableError as the source does."""
        run = self._parts.ledger.run
        if run.exhausted:
            return
        if self._left is not None and self._left <= 0:
            yield Batch([], 0, self._cursor, 0, True)
            return
        if self._cursor is None and self._last and self._anew:
            await self._begin_anew()
        try:
            async for batch in self._pages():
                yield batch
        except SourceChangedError as changed:
            if not self._anew:
                raise
            await self._parts.log.add("warning", "source_changed", changed.problem.text())
            await self._begin_anew()
            async for batch in self._pages():
                yield batch

    async def _begin_anew(self) -> None:
        parts = self._parts
        if not parts.stage.identity:
            raise SourceChangedError(
                Problem(
                    "source_changed",
                    "The source changed since the run was interrupted, and its records have no "
                    "identity by which those already taken could be recognised.",
                    "Put the source back as it was, then run 'connector resume'; or leave "
                    "the run with 'connector abandon'.",
                )
            )
        self._cursor = None
        self._passed_over = await parts.database.call(parts.ledger.accounted)

    async def _pages(self) -> AsyncGenerator[Batch, None]:
        after = self._cursor
        async with aclosing(self._parts.source.read(self._cursor)) as pages:
            async for page in pages:
                if self._parts.host.stopping():
                    return
                batch = await self._batch(page)
                await self._turns.give()
                yield batch
                if batch.exhausted:
                    return
                after = page.after
        if not self._parts.host.stopping():
            yield Batch([], 0, after, 0, True)

    async def _batch(self, page: Page) -> Batch:
        taken: list[tuple[int, Record]] = []
        for record in page.records:
            if self._passed_over and self._is_in_run(record):
                continue
            if self._left is not None:
                if self._left == 0:
                    break
                self._left -= 1
            self._last += 1
            taken.append((self._last, record))
        items = await self._parts.stage.all(taken)
        cursor = None if self._passed_over else page.after
        return Batch(items, len(taken), cursor, page.filtered, exhausted=self._left == 0)

    def _is_in_run(self, record: Record) -> bool:
        mark = fingerprint(self._parts.stage.identity_in(record), record.raw)
        if self._passed_over[mark] <= 0:
            return False
        self._passed_over[mark] -= 1
        if not self._passed_over[mark]:
            del self._passed_over[mark]
        return True
