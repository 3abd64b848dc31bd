"""One execution for each guarantee that a target can give.

Where a target keeps its own position no intents are needed: source and target advance together,
from checkpoint to checkpoint; what was written after the last one is discarded on resume, then
read and written again.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import cast

from connector_sdk import (
    Call,
    Guarantee,
    LineTarget,
    Outcome,
    Problem,
    SettingError,
    Target,
    TransactionalTarget,
    decode,
    encode,
)

from connector_agent.operations.compatibility import unknown_guarantee
from connector_agent.runs.checkpoints import Tally
from connector_agent.runs.execution import Batch, Halt, Parts, ProblemWatch, Pulse, Reading, Turns
from connector_agent.runs.intake import STEP, Intake, take_in
from connector_agent.runs.item import Item
from connector_agent.runs.keyed import KeyedExecution
from connector_agent.runs.ledger import Ledger, Mark
from connector_agent.runs.run import Counts
from connector_agent.runs.stage import prepared
from connector_agent.store import Database

GRACE = 0.5
"""Seconds in which a batch may come to its end after a stop. A longer one is given up, and
written again from the last checkpoint."""


class PositionedExecution:
    """For a target whose position only this run advances. `run` returns when all is done or
    after `stop`."""

    starts_over = True
    """Whether a changed source is read from its start: nobody has seen the unfinished target."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watch = ProblemWatch(parts.options, parts.counts)
        self._pulse = Pulse(parts.ledger.run.settled)
        self._turns = Turns()
        self._stopped: float | None = None
        self._decided: list[Item] = []

    @classmethod
    async def counts(cls, database: Database, ledger: Ledger, target: Target) -> Counts:
        """The counts at the last checkpoint."""
        del database, target
        return ledger.run.counts.copy()

    async def run(self) -> bool:
        """Whether every record of the source has its outcome. Raises Halt, ConnectorError or
        LostRunError; a later execution continues from the last checkpoint."""
        parts = self._parts
        await parts.database.call(parts.ledger.rewind)
        exhausted = parts.ledger.run.exhausted
        async with aclosing(Reading(parts, anew=not self.starts_over).batches()) as batches:
            async for batch in batches:
                if not await self._write(batch):
                    # It ended within the batch, which is written again from its start.
                    return False
                exhausted = batch.exhausted
                stopping = parts.host.stopping()
                try:
                    self._watch.check()
                except Halt:
                    await self._checkpoint(batch)
                    raise
                # A page of nothing says that its cursor is worth keeping: a report was ordered.
                told = not batch.size and not batch.filtered
                if exhausted or stopping or told or self._pulse.due(parts.counts.read):
                    await self._checkpoint(batch)
                if stopping:
                    break
        return exhausted

    def stop(self) -> None:
        """Ends after the current batch, or within it if that takes long."""
        self._stopped = time.monotonic()
        self._parts.host.stop()

    async def _write(self, batch: Batch) -> bool:
        """Whether every record of the batch has its outcome."""
        parts, tally = self._parts, Tally()
        settled = parts.counts.settled + batch.size
        parts.counts.read += batch.size
        parts.counts.filtered += batch.filtered
        if batch.lines:
            await cast(LineTarget, parts.target).append(batch.lines, batch.size)
            parts.counts.add("written", batch.size)
            return True
        planned, decided = await self._take_in(batch.items)
        tally.expect([item.seq for item in planned])
        tally.expect([item.seq for item in decided])
        for item in decided:
            self._decide(item, tally)
        of_place = {(item.seq, item.step): item for item in planned}
        async with aclosing(parts.target.write(self._calls(planned))) as outcomes:
            async for outcome in outcomes:
                item = of_place[(outcome.seq, outcome.step)]
                item.outcome = outcome
                self._decide(item, tally)
                await self._turns.give()
        return parts.counts.settled == settled

    async def _take_in(self, batch: Sequence[Item]) -> Intake:
        """The calls of records, and the outcomes of those that can't be written whole."""
        parts, intake = self._parts, Intake([], [])
        refused: set[int] = set()
        for item in batch:
            if item.seq in refused:
                continue
            body = item.problem or prepared(item, parts.target, parts.stage.cards)
            if isinstance(body, Problem):
                item.outcome = Outcome(item.seq, STEP, "refused", problem=body)
                intake.decided.append(item)
                refused.add(item.seq)
            else:
                item.call = Call(item.seq, item.step, "", 0, None, body)
                intake.planned.append(item)
        if refused:
            kept = [item for item in intake.planned if item.seq not in refused]
            return Intake(kept, intake.decided)
        return intake

    async def _calls(self, planned: Sequence[Item]) -> AsyncIterator[Call]:
        for item in planned:
            await self._turns.give()
            if self._stopped is not None and time.monotonic() - self._stopped > GRACE:
                return
            yield item.sent()

    def _decide(self, item: Item, tally: Tally) -> None:
        outcome = item.ended()
        kind = tally.add(outcome.seq, outcome.kind)
        if kind is not None:
            self._parts.counts.add(kind)
        if outcome.kind not in ("written", "skipped"):
            problem = outcome.problem or Problem(
                outcome.kind, "The target did not take the record."
            )
            item.outcome = outcome = outcome._replace(problem=problem._replace(at=item.at))
        if self._is_kept(outcome, item.identity):
            self._decided.append(item)

    def _is_kept(self, outcome: Outcome, identity: str) -> bool:
        """Whether the ledger stores it: a file's records are in the file."""
        del identity
        return outcome.kind != "written"

    async def _checkpoint(self, batch: Batch) -> None:
        parts = self._parts
        decided, self._decided = self._decided, []
        await self._keep(batch, decided)
        self._pulse.taken(parts.counts.read)
        await parts.results.catch_up(parts.counts.read)

    async def _keep(self, batch: Batch, decided: Sequence[Item]) -> None:
        parts = self._parts
        position, mark = await parts.target.position(), self._mark(batch)
        await parts.database.call(
            lambda connection: parts.ledger.advance(
                connection, mark, parts.seconds(), position=position, decided=decided
            )
        )

    def _mark(self, batch: Batch) -> Mark:
        counts = self._parts.counts
        return Mark(counts.read, batch.cursor, batch.exhausted, counts.as_dict())


class TransactionalExecution(PositionedExecution):
    """For a target that commits its checkpoint together with its rows. Outcomes are stored
    first, then the target commits, then the ledger advances. After a crash in between the target
    is ahead, and the ledger adopts its mark. With an identity, later runs know what was written."""

    starts_over = False

    @classmethod
    async def counts(cls, database: Database, ledger: Ledger, target: Target) -> Counts:
        """Adopts the target's checkpoint if it is ahead. Raises SettingError where it is behind
        the ledger's."""
        data = await transactional(target).committed(ledger.run.id)
        mark: Mark | None = decode(Mark, data) if data is not None else None
        run = ledger.run
        here = Mark(run.settled, run.cursor, run.exhausted, run.counts.as_dict())
        if mark is None:
            if here.settled or here.cursor is not None:
                raise SettingError(_behind(0, here.settled))
        elif mark.settled < here.settled:
            raise SettingError(_behind(mark.settled, here.settled))
        elif mark != here:
            ledger.run = await database.call(lambda connection: ledger.adopt(connection, mark))
        return ledger.run.counts.copy()

    async def _take_in(self, batch: Sequence[Item]) -> Intake:
        unstored = {item.identity: item.at for item in self._decided if item.identity}
        return await take_in(self._parts, batch, unstored)

    def _is_kept(self, outcome: Outcome, identity: str) -> bool:
        return outcome.kind != "written" or bool(identity)

    async def _keep(self, batch: Batch, decided: Sequence[Item]) -> None:
        parts, ledger, mark = self._parts, self._parts.ledger, self._mark(batch)
        await parts.database.call(lambda connection: ledger.note(connection, decided))
        await transactional(parts.target).commit(ledger.run.id, encode(mark))
        await parts.database.call(
            lambda connection: ledger.advance(connection, mark, parts.seconds(), done=decided)
        )


def transactional(target: Target) -> TransactionalTarget:
    """The target, if it can commit. Raises SettingError otherwise."""
    if not isinstance(target, TransactionalTarget):
        raise SettingError(
            Problem(
                "not_transactional",
                "The target calls itself transactional and has no commit of its own.",
                "Install a version of its connector that fits this agent.",
            )
        )
    return target


def _behind(theirs: int, ours: int) -> Problem:
    return Problem(
        "target_behind",
        f"The target has this run's records up to number {theirs:,}, and the ledger knows that "
        f"{ours:,} were there: it was restored from a backup, or is another one.",
        "Put the target back as it was, then resume the run.",
    )


class RepeatableExecution(KeyedExecution):
    """For targets where repeating a write changes nothing: no key, no horizon."""

    def may_repeat(self, call: Call) -> bool:
        return True


class UnrepeatableExecution(KeyedExecution):
    """For targets where a repeat may double: calls that may have been sent are looked up only."""

    in_doubt = 10

    def may_repeat(self, call: Call) -> bool:
        return False


Execution = type[KeyedExecution] | type[PositionedExecution]

EXECUTIONS: Mapping[Guarantee, Execution] = {
    "keyed": KeyedExecution,
    "positioned": PositionedExecution,
    "transactional": TransactionalExecution,
    "repeatable": RepeatableExecution,
    "none": UnrepeatableExecution,
}


def execution_of(target: Target) -> Execution:
    """The execution for this target. Raises SettingError for an unknown guarantee, or a target
    that lacks what its guarantee needs."""
    execution = EXECUTIONS.get(target.guarantee)
    if execution is None:
        raise SettingError(unknown_guarantee(target.guarantee))
    if execution is TransactionalExecution:
        transactional(target)
    return execution
