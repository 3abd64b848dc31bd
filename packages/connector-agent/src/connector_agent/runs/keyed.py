"""Executes a run whose calls can be told apart one by one: each has an intent and an outcome.

Three tasks work at once, without barriers: the reader stores intents, the writer sends them,
the flusher stores outcomes. Nothing is sent before its intent is on disk.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence

from connector_sdk import (
    Call,
    ConnectorError,
    Outcome,
    SourceChangedError,
    Target,
    UnreachableError,
)
from connector_sdk.outage import Outage

from connector_agent.runs.counts import Counts
from connector_agent.runs.execution import Halt, Parts, ProblemWatch, Pulse, Turns
from connector_agent.runs.frontier import Frontier
from connector_agent.runs.intake import take_in
from connector_agent.runs.key import name_of
from connector_agent.runs.ledger import Intent, Ledger, LostRunError
from connector_agent.runs.reading import Batch, Reading
from connector_agent.runs.settlement import Place, Settlement
from connector_agent.runs.tally import Tally
from connector_agent.runs.verdict import Verdict
from connector_agent.store import Database

WINDOW = 1000
"""Records without an outcome beyond which the reader waits."""
GATHER = 0.02
"""Seconds for which the flusher lets outcomes gather before it writes them in one go."""
SETTLE_AT_ONCE = 100
AHEAD = 300.0
"""Seconds by which a time of send may lie ahead of the target's clock and still be believed."""
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
        """What the run has done so far, as the stored outcomes give it."""
        del target
        return await database.call(ledger.recount)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watch = ProblemWatch(parts.options, parts.counts)
        self._pulse = Pulse(parts.ledger.run.settled)
        self._turns = Turns()
        self._stamps_early = self.in_doubt >= WINDOW
        self._lot = 1 if self._stamps_early else self.in_doubt
        self._frontier = Frontier(parts.ledger.run.settled)
        self._tally = Tally()
        self._queue: asyncio.Queue[Intent | None] = asyncio.Queue()
        self._room = asyncio.Event()
        self._open: dict[Place, Intent] = {}
        self._unsent: set[Place] = set()
        self._settlement = Settlement(parts.target)
        self._finished: list[Outcome] = []
        self._wake = asyncio.Event()
        self._storing = asyncio.Lock()
        self._flushing = asyncio.Lock()
        self._closing = False
        self._source_ended = False
        self._exhausted = parts.ledger.run.exhausted
        self._outage = Outage()
        self._failure: Exception | None = None

    async def run(self) -> bool:
        """Whether every record of the source has its outcome. Raises Halt, ConnectorError or
        LostRunError; what had no outcome stays pending."""
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
        """Takes nothing new; what is in flight comes to its end."""
        self._parts.host.stop()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)
        self._room.set()

    def _fail(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
        self.stop()

    # reading

    async def _recover(self) -> None:
        parts = self._parts
        pending, partly = await parts.database.call(
            lambda connection: (parts.ledger.pending(connection), parts.ledger.partly(connection))
        )
        self._tally.expect(intent.call.seq for intent in pending)
        for seq, kind in partly:
            self._tally.note(seq, kind)
        # The frontier counts on over records that the last checkpoint did not know of.
        settled = set(range(self._frontier.at + 1, parts.counts.read + 1))
        settled -= {intent.call.seq for intent in pending}
        self._frontier.settle(settled)
        if not pending:
            return
        await parts.log.add("info", "pending", f"{len(pending)} records of before are still open.")
        unsent = [intent for intent in pending if intent.call.first_sent is None]
        started = [intent for intent in pending if intent.call.first_sent is not None]
        await self._line_up(unsent)
        for ready in await self._ready(started):
            self._queue.put_nowait(ready)

    async def _line_up(self, batch: Sequence[Intent]) -> None:
        """Puts calls that surely were not sent into the queue."""
        for intent in await self._stamped(batch) if self._stamps_early else batch:
            again = intent._replace(fresh=True)
            self._plan(again)
            self._queue.put_nowait(again)

    async def _stamped(self, batch: Sequence[Intent]) -> list[Intent]:
        """Notes now as the time of their first send."""
        moment, synced = self._parts.now()
        calls = [intent.call._replace(first_sent=moment, synced=synced) for intent in batch]
        ledger = self._parts.ledger
        await self._parts.database.call(lambda connection: ledger.rewrite(connection, calls))
        return [intent._replace(call=call) for intent, call in zip(batch, calls, strict=True)]

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
        planned, decided = await take_in(parts, batch.staged)
        if not self._stamps_early:
            planned = [_unstamped(intent) if intent.fresh else intent for intent in planned]
        read = parts.counts.read + len(batch.staged)
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
        self._tally.expect(intent.call.seq for intent in planned)
        self._tally.expect(verdict.outcome.seq for verdict in decided)
        self._count(verdict.outcome for verdict in decided)
        for intent in await self._ready(planned):
            self._queue.put_nowait(intent)
        self._watch.check()
        await self._checkpoint_if_due()

    async def _ready(self, batch: Sequence[Intent]) -> list[Intent]:
        """The calls that may be sent now. Those whose key may be forgotten by the target are
        settled first; what is found out about them is their outcome."""
        target = self._parts.target
        ready: list[Intent] = []
        stale: list[Intent] = []
        for intent in batch:
            self._plan(intent)
            (ready if intent.fresh or self.may_repeat(intent.call) else stale).append(intent)
        for at in range(0, len(stale), SETTLE_AT_ONCE):
            some = stale[at : at + SETTLE_AT_ONCE]
            found = await target.settle([intent.call for intent in some])
            missing = []
            for intent, outcome in zip(some, found, strict=True):
                if outcome is None:
                    missing.append(intent)
                else:
                    self._settlement.note(outcome)
                    self._collect(outcome)
            if missing:
                await self._line_up(missing)
        return ready

    async def _handed_over(self, lot: list[Intent]) -> list[Intent]:
        """Calls that the target is about to take."""
        if self._stamps_early or not lot:
            return lot
        try:
            await self._flush()
        except (ConnectorError, Halt) as error:
            self._fail(error)
            return []
        stamped = await self._stamped(lot)
        for intent in stamped:
            self._open[(intent.call.seq, intent.call.step)] = intent
        return stamped

    def may_repeat(self, call: Call) -> bool:
        """Whether the target surely knows the key of a call that may have been sent before. A
        time of send that lies ahead, or is by another clock, says nothing about that."""
        horizon = self._parts.target.horizon
        now = self._parts.target.clock()
        if not horizon:
            return True
        if now is None or call.first_sent is None or not call.synced:
            return False
        return now - horizon <= call.first_sent <= now + AHEAD

    def _plan(self, intent: Intent) -> None:
        place = (intent.call.seq, intent.call.step)
        self._open[place] = intent
        if intent.fresh:
            self._unsent.add(place)

    # writing

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
            for intent in await self._handed_over(await self._next_lot()):
                await self._turns.give()
                if self._parts.host.stopping():
                    return
                place = (intent.call.seq, intent.call.step)
                if place in self._unsent:
                    # The ledger has to think of it as sent from now on; the target knows better.
                    self._unsent.discard(place)
                    yield intent.call._replace(first_sent=None)
                else:
                    yield intent.call

    async def _next_lot(self) -> list[Intent]:
        """What is next in the queue; nothing once the source has ended."""
        lot: list[Intent] = []
        while not lot or (len(lot) < self._lot and not self._queue.empty()):
            intent = await self._queue.get()
            if intent is None:
                self._source_ended = True
                break
            lot.append(intent)
        return lot

    def _collect(self, outcome: Outcome) -> None:
        self._finished.append(outcome)
        self._wake.set()

    # outcomes

    async def _keep_flushing(self) -> None:
        try:
            while not self._closing:
                await self._wake.wait()
                if not self._closing:
                    await asyncio.sleep(GATHER)
                await self._flush()
        except Exception as error:
            self._fail(error)

    async def _flush(self) -> None:
        async with self._flushing:
            self._wake.clear()
            batch, self._finished = self._finished, []
            if not batch:
                return
            found = await self._settlement.resolve(batch, self._open)
            for intent in found.again:
                await self._send_anew(intent)
            # What was only looked up says nothing about how the target works now.
            looked_up = [each for each in found.clear if self._settlement.had(each)]
            sent = [each for each in found.clear if not self._settlement.had(each)]
            await self._store_outcomes([*looked_up, *self._outage.pass_on(sent)])
            if found.failure is not None:
                raise found.failure
        outage = self._outage.problem()
        if outage is not None:
            raise Halt(outage._replace(remedy=GO_ON))
        self._watch.check()

    async def _store_outcomes(self, batch: Sequence[Outcome]) -> None:
        parts = self._parts
        verdicts = [self._verdict(outcome) for outcome in batch]
        await parts.database.call(lambda connection: parts.ledger.settle(connection, verdicts))
        for outcome in batch:
            place = (outcome.seq, outcome.step)
            del self._open[place]
            self._unsent.discard(place)
        self._count(batch)
        self._room.set()
        await self._checkpoint_if_due()

    def _count(self, batch: Iterable[Outcome]) -> None:
        """A record counts once, when the last of its writes has its outcome."""
        counts = self._parts.counts
        for outcome in batch:
            counts.replayed += outcome.replayed
            kind = self._tally.add(outcome.seq, outcome.kind)
            if kind is not None:
                counts.add(kind)
                self._frontier.settle((outcome.seq,))

    def _verdict(self, outcome: Outcome) -> Verdict:
        identity, at = self._open[(outcome.seq, outcome.step)][1:3]
        call = self._open[(outcome.seq, outcome.step)].call
        if outcome.problem is not None:
            outcome = outcome._replace(problem=outcome.problem._replace(at=at))
        return Verdict(outcome, identity, at, None, call.attempt, call.first_sent, call.synced)

    async def _send_anew(self, intent: Intent) -> None:
        """The key is used up and nothing came of it: the next attempt has a key of its own."""
        name = name_of(intent.identity, intent.call.seq)
        call = self._parts.ledger.keys.next(intent.call, name)
        await self._line_up([intent._replace(call=call)])

    async def _checkpoint_if_due(self) -> None:
        if self._pulse.due(self._frontier.at):
            await self._checkpoint()

    async def _checkpoint(self) -> None:
        parts = self._parts
        settled, counts, seconds = self._frontier.at, parts.counts.copy(), parts.seconds()
        await parts.database.call(
            lambda connection: parts.ledger.checkpoint(connection, settled, counts, seconds)
        )
        self._pulse.taken(settled)
        await parts.results.catch_up(settled)

    async def _release(self) -> None:
        """Ends cleanly: the last checkpoint, and calls that surely were not sent say so."""
        parts = self._parts
        calls = [self._open[place].call._replace(first_sent=None) for place in self._unsent]
        if calls:
            await parts.database.call(lambda connection: parts.ledger.rewrite(connection, calls))
        await self._checkpoint()


def _unstamped(intent: Intent) -> Intent:
    return intent._replace(call=intent.call._replace(first_sent=None))
