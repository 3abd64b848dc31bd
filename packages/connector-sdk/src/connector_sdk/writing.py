"""Writes records through a target where there is no ledger on disk: for Python and for commands."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import NamedTuple

from connector_sdk.activity import Guarantee
from connector_sdk.connection import Target
from connector_sdk.errors import ConnectorError, UnreachableError
from connector_sdk.keys import Keys
from connector_sdk.open_outcomes import Outage, found_out, is_open, is_other_body
from connector_sdk.record import (
    Body,
    Call,
    Outcome,
    Prepared,
    Problem,
    Record,
    Request,
    one_problem,
)

WINDOW = 1000
"""Outcomes that may wait for the caller before no more calls are taken."""
SETTLE_AT_ONCE = 100
MARGIN = 1.25
"""A key may be known for longer than its horizon: so much further back an earlier call with it
is looked for."""
STEP = 0
"""The one write of a record."""
HELD_BACK: frozenset[Guarantee] = frozenset(("transactional", "positioned"))
"""Targets in which nothing is there for good before the writing has ended."""


class Written(NamedTuple):
    """A record and its outcome; `key` is "" where nothing was to be sent."""

    record: Record
    outcome: Outcome
    key: str


class Writing:
    """One batch. What may have been sent is kept in memory until its outcome is known; a lost
    answer is looked up at the target. After `outcomes`, `stopped` is the error that ended the
    batch early.

    `prepare` makes the call of a record, by default the target alone.
    """

    def __init__(
        self,
        target: Target,
        records: AsyncIterator[Record],
        keys: Keys,
        prepare: Callable[[Record], Prepared] | None = None,
    ) -> None:
        self._target = target
        self._records = records
        self._keys = keys
        self._prepare = prepare or (lambda record: target.prepare(Request(record.raw)))
        self._open: dict[int, tuple[Record, Call]] = {}
        self._uncommitted: list[Written] = []
        self._arrived: asyncio.Queue[Outcome | None] = asyncio.Queue(WINDOW)
        self._written: asyncio.Queue[Written | None] = asyncio.Queue(WINDOW)
        self._failures = Outage()
        self._out = asyncio.Event()
        self._failure: Exception | None = None
        self.stopped: ConnectorError | None = None

    async def outcomes(self) -> AsyncGenerator[Written, None]:
        """One for each record that was taken, as they come. Records without one were not sent,
        unless the caller leaves early: then calls in flight end without an outcome. Raises only
        what is no ConnectorError."""
        writing = asyncio.create_task(self._write())
        try:
            while (each := await self._written.get()) is not None:
                yield each
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        if self._failure is not None:
            raise self._failure

    async def _write(self) -> None:
        concluding = asyncio.create_task(self._conclude())
        try:
            await self._send()
            await self._arrived.put(None)
            await concluding
            if self.stopped is not None:
                await self._stop(self.stopped)
            if self._failure is None:
                await self._end()
        except Exception as error:
            self._failure = error
        finally:
            concluding.cancel()
            await asyncio.gather(concluding, return_exceptions=True)
        await self._written.put(None)

    async def _stop(self, error: ConnectorError) -> None:
        """Outcomes for what has none: not sent, unless an attempt before may have been."""
        lost = [Outcome(seq, STEP, "unknown", problem=error.problem) for seq in sorted(self._open)]
        for outcome in await self._resolve(lost) if error.maybe_done else map(_not_done, lost):
            await self._finish(outcome, found=error.maybe_done)

    async def _end(self) -> None:
        """Ends the writing. What counts only from then on has its outcome now: rows that were
        written before an error are kept, half a file is not."""
        transactional = self._target.guarantee == "transactional"
        complete = self.stopped is None or transactional
        uncommitted, self._uncommitted = self._uncommitted, []
        try:
            await self._target.finish(complete)
        except ConnectorError as error:
            if not uncommitted:
                raise
            self.stopped = self.stopped or error
            uncommitted = [_doubtful(each, error.problem) for each in uncommitted]
        else:
            if self.stopped is not None and not complete:
                why = self.stopped.problem
                uncommitted = [
                    each._replace(outcome=_not_done(each.outcome._replace(problem=why)))
                    for each in uncommitted
                ]
        for each in uncommitted:
            await self._written.put(each)

    # sending

    async def _send(self) -> None:
        try:
            async with aclosing(self._target.write(self._calls())) as outcomes:
                async for outcome in outcomes:
                    await self._arrived.put(outcome)
        except ConnectorError as error:
            self.stopped = self.stopped or error
        except Exception as error:
            self._failure = error

    async def _calls(self) -> AsyncIterator[Call]:
        out = asyncio.create_task(self._out.wait())
        try:
            while (record := await self._next(out)) is not None:
                call = self._call(record)
                if isinstance(call, Problem):
                    refused = Outcome(record.seq, STEP, "refused", problem=_at(call, record))
                    await self._written.put(Written(record, refused, ""))
                    continue
                self._open[record.seq] = (record, self._sent(call))
                yield call
        finally:
            out.cancel()
            await asyncio.gather(out, return_exceptions=True)

    def _call(self, record: Record) -> Call | Problem:
        body = record.problem or self._prepare(record)
        if not isinstance(body, Body):
            return one_problem(body)
        key = self._keys.key(record, body)
        return key if isinstance(key, Problem) else Call(record.seq, STEP, key, 1, None, body)

    async def _next(self, out: "asyncio.Task[bool]") -> Record | None:
        """The next record; None at the end, and at once when the target is out: what is in flight
        then still lands."""
        taking = asyncio.ensure_future(anext(self._records, None))
        try:
            await asyncio.wait([taking, out], return_when=asyncio.FIRST_COMPLETED)
            return None if out.done() else taking.result()
        finally:
            if not taking.done():
                taking.cancel()
                await asyncio.gather(taking, return_exceptions=True)

    def _sent(self, call: Call) -> Call:
        """The call as a look needs it, with the earliest time at which it may have been sent."""
        clock = self._target.clock()
        moment = time.time() if clock is None else clock
        if self._keys.given:
            moment -= self._target.horizon * MARGIN
        return call._replace(first_sent=moment, synced=clock is not None)

    # outcomes

    async def _conclude(self) -> None:
        """Turns what the target says into outcomes that hold, in the order of arrival."""
        try:
            ended = False
            while not ended:
                batch: list[Outcome] = []
                arrived = await self._arrived.get()
                while arrived is not None:
                    batch.append(arrived)
                    if self._arrived.empty() or len(batch) == SETTLE_AT_ONCE:
                        break
                    arrived = self._arrived.get_nowait()
                ended = arrived is None
                lost = {outcome.seq for outcome in batch if self._is_lost(outcome)}
                for outcome in await self._resolve(batch):
                    await self._finish(outcome, found=outcome.seq in lost)
        except Exception as error:
            self._failure = error
            self._out.set()
            while await self._arrived.get() is not None:
                pass

    async def _resolve(self, batch: Sequence[Outcome]) -> list[Outcome]:
        """The same outcomes, those with a lost answer as a look at the target shows them."""
        lost = [outcome for outcome in batch if self._is_lost(outcome)]
        if not lost:
            return list(batch)
        try:
            seen = await self._target.settle([self._open[outcome.seq][1] for outcome in lost])
        except ConnectorError as error:
            held = {outcome.seq: _unseen(outcome, error.problem) for outcome in lost}
        else:
            pairs = zip(lost, seen, strict=True)
            held = {outcome.seq: _looked_up(outcome, found) for outcome, found in pairs}
        return [held.get(outcome.seq, outcome) for outcome in batch]

    def _is_lost(self, outcome: Outcome) -> bool:
        mistake = is_other_body(outcome) and not outcome.open and not self._keys.edited
        return is_open(outcome) and not mistake

    async def _finish(self, outcome: Outcome, *, found: bool) -> None:
        record, call = self._open[outcome.seq]
        if outcome.problem is not None:
            outcome = outcome._replace(problem=_at(outcome.problem, record))
        if not (found and outcome.kind == "written"):
            # What was only found says nothing of how the target takes writes now.
            self._failures.pass_on([outcome])
        outage = self._failures.problem()
        if outage is not None and self.stopped is None:
            self.stopped = UnreachableError(outage)
            self._out.set()
        del self._open[outcome.seq]
        written = Written(record, outcome, call.key)
        if outcome.kind == "written" and self._target.guarantee in HELD_BACK:
            self._uncommitted.append(written)
        else:
            await self._written.put(written)


def _doubtful(written: Written, problem: Problem) -> Written:
    """Written, and perhaps taken back: the commit failed."""
    said = f"It isn't known whether it was committed: {problem.message}"
    problem = _at(problem._replace(message=said), written.record)
    return written._replace(outcome=written.outcome._replace(kind="unknown", problem=problem))


def _at(problem: Problem, record: Record) -> Problem:
    return problem._replace(at=record.at)


def _not_done(outcome: Outcome) -> Outcome:
    assert outcome.problem is not None
    said = f"It was not done: {outcome.problem.message}"
    return outcome._replace(kind="failed", problem=outcome.problem._replace(message=said))


def _unseen(outcome: Outcome, problem: Problem) -> Outcome:
    """The outcome of a call that couldn't be looked up."""
    if outcome.problem is None:
        return outcome._replace(kind="unknown")
    said = f"{outcome.problem.message} It couldn't be looked up: {problem.message}"
    return outcome._replace(kind="unknown", problem=outcome.problem._replace(message=said))


def _looked_up(outcome: Outcome, found: Outcome | None) -> Outcome:
    """The outcome after a look, with both what happened and what was found."""
    held, problem = found_out(outcome, found), outcome.problem
    if problem is None or held.problem is None or outcome.open:
        return held
    if found is None and held.kind == "failed":
        said = f"{problem.message} A look at the target found that it was not done."
        return held._replace(problem=problem._replace(message=said))
    if found is not None:
        said = f"{problem.message} {held.problem.message}"
        return held._replace(problem=held.problem._replace(message=said))
    return held
