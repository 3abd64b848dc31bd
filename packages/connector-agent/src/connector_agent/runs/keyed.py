"""Executes a run whose calls can be told apart: each has an intent and an outcome.

Three tasks run concurrently: the reader stores intents, the writer sends them, the flusher
stores outcomes. Nothing is sent before its intent is on disk.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from connector_sdk import (
    Call,
    ConnectorError,
    Outcome,
    SourceChangedError,
    Target,
    UnreachableError,
)
from connector_sdk.open_outcomes import Outage

from connector_agent.runs.checkpoints import Checkpoints
from connector_agent.runs.execution import Batch, Halt, Parts, ProblemWatch, Reading, Turns
from connector_agent.runs.intake import take_in
from connector_agent.runs.item import Item, name_of, outcomes_of
from connector_agent.runs.ledger import Ledger, LostRunError
from connector_agent.runs.run import Counts
from connector_agent.runs.settlement import Place, Settlement, is_known
from connector_agent.store import Database

WINDOW = 1000
"""Records without an outcome beyond which the reader waits."""
GATHER = 0.1
"""Seconds for which outcomes may gather before they are stored in one transaction. A problem, and
the last outcome that is expected, don't wait."""
SETTLE_AT_ONCE = 100
GO_ON = "Wait until the target works again, then run 'connector resume'."


class KeyedExecution:
    """One execution; `run` returns when all is done or after `stop`. A call that may have been
    sent is sent again while the target knows its key, and looked up first after that."""

    starts_over = False
    in_doubt = WINDOW
    """Calls that may be in doubt after a crash. Where that is as many as are read ahead, a call
    counts as perhaps sent once it is stored; otherwise from the moment the target is handed it,
    in lots of so many, and outcomes are stored before the next lot."""

    @classmethod
    async def counts(cls, database: Database, ledger: Ledger, target: Target) -> Counts:
        """The counts by the stored outcomes."""
        del target
        return await database.call(ledger.recount)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watch = ProblemWatch(parts.options, parts.counts)
        self._checkpoints = Checkpoints(parts)
        self._turns = Turns()
        self._stamps_early = self.in_doubt >= WINDOW
        self._lot = 1 if self._stamps_early else self.in_doubt
        self._queue: asyncio.Queue[Item | None] = asyncio.Queue()
        self._room = asyncio.Event()
        self._open: dict[Place, Item] = {}
        self._settlement = Settlement(parts.target)
        self._finished: list[Outcome] = []
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._storing = asyncio.Lock()
        self._flushing = asyncio.Lock()
        self._closing = False
        self._source_ended = False
        self._exhausted = parts.ledger.run.exhausted
        self._outage = Outage()
        self._failure: Exception | None = None

    async def run(self) -> bool:
        """Whether every record of the source has its outcome. Raises Halt, ConnectorError or
        LostRunError; what has no outcome stays pending."""
        await self._recover()
        reader = asyncio.create_task(self._read())
        flusher = asyncio.create_task(self._keep_flushing())
        try:
            await self._write()
        except (ConnectorError, Halt) as error:
            self._fail(error)
        finally:
            # Both may be inside a transaction, whose effect must not be forgotten here.
            async with self._storing:
                reader.cancel()
            self._closing = True
            self._wake.set()
            self._hurry.set()
            await asyncio.gather(reader, flusher, return_exceptions=True)
        if not isinstance(self._failure, LostRunError):
            with contextlib.suppress(Halt):
                await self._flush()
            if not isinstance(self._failure, (ConnectorError, Halt)):
                await self._store_outcomes(self._outage.given_up())
            await self._release()
        if self._failure is not None:
            raise self._failure
        return self._exhausted and not self._open

    def stop(self) -> None:
        """Takes nothing new; calls in flight complete."""
        self._parts.host.stop()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)
        self._room.set()

    def _fail(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
        self.stop()

    async def _recover(self) -> None:
        parts = self._parts
        pending, partly = await parts.database.call(
            lambda connection: (parts.ledger.pending(connection), parts.ledger.partly(connection))
        )
        self._checkpoints.recover(pending, partly)
        if not pending:
            return
        await parts.log.add("info", "pending", f"{len(pending)} records of before are still open.")
        unsent = [item for item in pending if item.sent().first_sent is None]
        started = [item for item in pending if item.sent().first_sent is not None]
        await self._line_up(unsent)
        for ready in await self._ready(started):
            self._queue.put_nowait(ready)

    async def _line_up(self, batch: Sequence[Item]) -> None:
        """Queues calls that surely were not sent."""
        if self._stamps_early:
            await self._stamp(batch)
        for item in batch:
            item.fresh = item.unsent = True
            self._open[(item.seq, item.step)] = item
            self._queue.put_nowait(item)

    async def _stamp(self, batch: Sequence[Item]) -> None:
        """Stores now as the time of their first send."""
        moment, synced = self._parts.now()
        calls = [item.sent()._replace(first_sent=moment, synced=synced) for item in batch]
        ledger = self._parts.ledger
        await self._parts.database.call(lambda connection: ledger.rewrite(connection, calls))
        for item, call in zip(batch, calls, strict=True):
            item.call = call

    async def _read(self) -> None:
        parts = self._parts
        try:
            async with contextlib.aclosing(Reading(parts, anew=True).batches()) as batches:
                async for batch in batches:
                    await self._wait_for_room()
                    if parts.host.stopping():
                        return
                    async with self._storing:
                        await self._store(batch)
        except (UnreachableError, SourceChangedError) as error:
            # What was intended before can still be sent.
            self._failure = self._failure or error
        except Exception as error:
            self._fail(error)
        finally:
            self._queue.put_nowait(None)

    async def _wait_for_room(self) -> None:
        while len(self._open) >= WINDOW and not self._parts.host.stopping():
            self._room.clear()
            await self._room.wait()

    async def _store(self, batch: Batch) -> None:
        parts = self._parts
        planned, decided = await take_in(parts, batch.items)
        if not self._stamps_early:
            for item in planned:
                if item.fresh:
                    item.call = item.sent()._replace(first_sent=None)
        read = parts.counts.read + batch.size
        filtered = parts.counts.filtered + batch.filtered
        await parts.database.call(
            lambda connection: parts.ledger.intend(
                connection,
                planned,
                decided,
                batch.cursor,
                exhausted=batch.exhausted,
                read=read,
                filtered=filtered,
            )
        )
        self._exhausted = batch.exhausted
        parts.counts.read = read
        parts.counts.filtered = filtered
        self._checkpoints.expect(planned)
        self._checkpoints.expect(decided)
        self._checkpoints.count(outcomes_of(decided))
        for item in await self._ready(planned):
            self._queue.put_nowait(item)
        self._watch.check()
        await self._checkpoints.take_if_due()

    async def _ready(self, batch: Sequence[Item]) -> list[Item]:
        """The calls that may be sent now. Those whose key the target may have forgotten are
        looked up first; what is found is their outcome."""
        target = self._parts.target
        ready: list[Item] = []
        stale: list[Item] = []
        for item in batch:
            self._open[(item.seq, item.step)] = item
            item.unsent = item.fresh
            (ready if item.fresh or self.may_repeat(item.sent()) else stale).append(item)
        for at in range(0, len(stale), SETTLE_AT_ONCE):
            some = stale[at : at + SETTLE_AT_ONCE]
            found = await target.settle([item.sent() for item in some])
            missing = []
            for item, outcome in zip(some, found, strict=True):
                if outcome is None:
                    missing.append(item)
                else:
                    self._settlement.note(outcome)
                    self._collect(outcome)
            if missing:
                await self._line_up(missing)
        return ready

    async def _handed_over(self, lot: list[Item]) -> list[Item]:
        if not lot:
            return lot
        try:
            await self._flush()
        except (ConnectorError, Halt) as error:
            self._fail(error)
            return []
        await self._stamp(lot)
        return lot

    def may_repeat(self, call: Call) -> bool:
        """Whether a call that may have been sent before may be sent again."""
        return is_known(self._parts.target, call)

    async def _write(self) -> None:
        while True:
            async with contextlib.aclosing(self._parts.target.write(self._calls())) as outcomes:
                async for outcome in outcomes:
                    self._collect(outcome)
                    await self._turns.give()
            await self._flush()
            if self._parts.host.stopping() or self._queue.empty():
                return

    async def _calls(self) -> AsyncIterator[Call]:
        while not self._parts.host.stopping():
            if self._source_ended and self._queue.empty():
                return
            lot = await self._next_lot()
            for item in lot if self._stamps_early else await self._handed_over(lot):
                await self._turns.give()
                if self._parts.host.stopping():
                    return
                call = item.call
                assert call is not None
                # The ledger has to count it as sent from now on; the target knows better.
                unsent, item.unsent = item.unsent, False
                yield call._replace(first_sent=None) if unsent else call

    async def _next_lot(self) -> list[Item]:
        """What is next in the queue; nothing once the source has ended."""
        lot: list[Item] = []
        while not lot or (len(lot) < self._lot and not self._queue.empty()):
            item = await self._queue.get()
            if item is None:
                self._source_ended = True
                break
            lot.append(item)
        return lot

    def _collect(self, outcome: Outcome) -> None:
        self._finished.append(outcome)
        self._wake.set()
        if outcome.problem is not None or len(self._finished) >= len(self._open):
            self._hurry.set()

    async def _keep_flushing(self) -> None:
        try:
            while not self._closing:
                await self._wake.wait()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), GATHER)
                await self._flush()
        except Exception as error:
            self._fail(error)

    async def _flush(self) -> None:
        async with self._flushing:
            self._wake.clear()
            self._hurry.clear()
            batch, self._finished = self._finished, []
            if not batch:
                return
            found = await self._settlement.resolve(batch, self._open)
            for item in found.again:
                await self._send_again(item)
            # What was only looked up says nothing about how the target works now.
            places = self._settlement.found
            looked_up = [each for each in found.clear if (each.seq, each.step) in places]
            sent = [each for each in found.clear if (each.seq, each.step) not in places]
            await self._store_outcomes([*looked_up, *self._outage.pass_on(sent)])
            if found.failure is not None:
                raise found.failure
        outage = self._outage.problem()
        if outage is not None:
            raise Halt(outage._replace(remedy=GO_ON))
        self._watch.check()

    async def _store_outcomes(self, batch: Sequence[Outcome]) -> None:
        parts = self._parts
        items = []
        for outcome in batch:
            item = self._open[(outcome.seq, outcome.step)]
            if outcome.problem is not None:
                outcome = outcome._replace(problem=outcome.problem._replace(at=item.at))  # noqa: PLW2901
            item.outcome = outcome
            items.append(item)
        await parts.database.call(lambda connection: parts.ledger.settle(connection, items))
        for outcome in batch:
            del self._open[(outcome.seq, outcome.step)]
        self._checkpoints.count(batch)
        self._room.set()
        await self._checkpoints.take_if_due()

    async def _send_again(self, item: Item) -> None:
        """The key is used up and nothing was done: the next attempt has a key of its own."""
        name = name_of(item.identity, item.seq)
        item.call = self._parts.ledger.keys.next(item.sent(), name)
        await self._line_up([item])

    async def _release(self) -> None:
        """Ends cleanly: the last checkpoint, and calls that surely were not sent say so."""
        parts = self._parts
        open_ = self._open.values()
        calls = [item.sent()._replace(first_sent=None) for item in open_ if item.unsent]
        if calls:
            await parts.database.call(lambda connection: parts.ledger.rewrite(connection, calls))
        await self._checkpoints.take()
