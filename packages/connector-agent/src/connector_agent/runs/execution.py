"""What every execution of a run works with: its parts, its source in batches, and when to stop."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import NamedTuple

from connector_sdk import (
    Cursor,
    LineTarget,
    MemoryHost,
    Page,
    Problem,
    RawRecords,
    Record,
    Source,
    SourceChangedError,
    Target,
)

from connector_agent.project.operation import Options
from connector_agent.runs.guards import is_plain
from connector_agent.runs.item import Item
from connector_agent.runs.ledger import Ledger, fingerprint
from connector_agent.runs.results import Results
from connector_agent.runs.run import Counts, RunLog
from connector_agent.runs.stage import Stage
from connector_agent.store import Database


class Halt(Exception):  # noqa: N818 - it ends a run on purpose and is no fault of the program
    """The run must stop; `problem` says why, its records stay pending."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(slots=True)
class Parts:
    """What an execution works with. `counts` is shared with the progress display; `started` is a
    reading of time.monotonic(). `resend`: a person wants calls of unknown outcome to be sent
    again."""

    database: Database
    ledger: Ledger
    log: RunLog
    host: MemoryHost
    source: Source
    target: Target
    stage: Stage
    options: Options
    counts: Counts
    results: Results
    started: float
    resend: bool = False

    def now(self) -> tuple[float, bool]:
        """Unix seconds, and whether they are by the target's clock; otherwise by this machine's,
        which may be wrong."""
        moment = self.target.clock()
        return (time.time(), False) if moment is None else (moment, True)

    def seconds(self) -> float:
        """Seconds spent on this run, earlier executions included."""
        return self.ledger.run.seconds + time.monotonic() - self.started


class Turns:
    """Yields to the event loop while a source or target never waits, so that outcomes are stored
    and a stop is noticed."""

    SECONDS = 0.01

    def __init__(self) -> None:
        self._last = time.monotonic()

    async def give(self) -> None:
        """Yields once, if it hasn't for a while."""
        if time.monotonic() - self._last >= self.SECONDS:
            await asyncio.sleep(0)
            self._last = time.monotonic()


class Pulse:
    """When the next checkpoint is due: after 1,000 records, but at most four times a second; and
    after 2 seconds."""

    RECORDS = 1000
    LEAST = 0.25
    SECONDS = 2.0

    def __init__(self, settled: int) -> None:
        self._settled = settled
        self._moment = time.monotonic()

    def due(self, settled: int) -> bool:
        """Whether it is due, with all records up to `settled` settled."""
        if settled == self._settled:
            return False
        seconds = time.monotonic() - self._moment
        many = settled - self._settled >= self.RECORDS
        return seconds >= (self.LEAST if many else self.SECONDS)

    def taken(self, settled: int) -> None:
        self._settled = settled
        self._moment = time.monotonic()


class ProblemWatch:
    """Stops a run with more problems than its operation allows, counted in this execution only:
    whoever resumes has seen the earlier ones."""

    def __init__(self, options: Options, counts: Counts) -> None:
        self._options = options
        self._counts = counts
        self._before = counts.problems

    def check(self) -> None:
        """Raises Halt."""
        problems = self._counts.problems - self._before
        if problems and self._options.on_problem == "stop":
            raise Halt(
                Problem(
                    "stopped_on_problem",
                    "The run stopped at a problem, as the operation says (on_problem: stop).",
                    "Look at it with 'connector outcomes', then run 'connector resume'.",
                )
            )
        ceiling = self._options.stop_after_problems
        if ceiling and problems >= ceiling:
            raise Halt(
                Problem(
                    "too_many_problems",
                    f"The run stopped after {problems} problems (stop_after_problems: {ceiling}).",
                    "Look at them with 'connector outcomes', then run 'connector resume'.",
                )
            )


class Batch(NamedTuple):
    """The writes of one page's records, or the records as `lines` for a `LineTarget`. `cursor`
    continues after them; None while a changed source is read again from its start. `exhausted`:
    nothing follows."""

    items: list[Item]
    size: int
    cursor: Cursor | None
    filtered: int
    exhausted: bool
    lines: bytes = b""


class Reading:
    """The source as batches, up to its end, the run's limit, or a stop.

    Where the source changed so that the cursor isn't valid, it is read from its start and
    records that the run has are skipped, by identity. Without an identity the run stops. With
    `anew` False the caller handles SourceChangedError.
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
        target = parts.target
        self._as_lines = (
            isinstance(target, LineTarget) and target.takes_lines and not parts.stage.maps
        )

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
        if self._as_lines and isinstance(page.records, RawRecords) and not self._passed_over:
            records = page.records if self._left is None else page.records[: self._left]
            lines = records.lines()
            if lines and is_plain(lines):
                return self._whole(page, lines, len(records))
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

    def _whole(self, page: Page, lines: bytes, size: int) -> Batch:
        self._last += size
        if self._left is not None:
            self._left -= size
        return Batch([], size, page.after, page.filtered, self._left == 0, lines)

    def _is_in_run(self, record: Record) -> bool:
        mark = fingerprint(self._parts.stage.identity_in(record), record.raw)
        if self._passed_over[mark] <= 0:
            return False
        self._passed_over[mark] -= 1
        if not self._passed_over[mark]:
            del self._passed_over[mark]
        return True
