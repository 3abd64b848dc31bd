"""Executes a run whose target is a position in something that only this run writes.

Source cursor and target position are stored together; what was written behind them is cut off
when the run goes on, and read and written again. So no intents are needed.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing

from connector_sdk import Body, Call, Outcome, Problem

from connector_agent.runs.execution import Halt, Parts, ProblemWatch, Pulse
from connector_agent.runs.intake import STEP
from connector_agent.runs.reading import Batch, Reading
from connector_agent.runs.stage import Staged
from connector_agent.runs.verdict import Verdict


class PositionedExecution:
    """One execution. `run` comes back when all is done or after `stop`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watch = ProblemWatch(parts.options, parts.counts)
        self._pulse = Pulse(parts.ledger.run.settled)
        self._decided: list[Verdict] = []

    async def run(self) -> bool:
        """Whether every record of the source has its outcome. Raises Halt, ConnectorError or
        LostRunError; a later execution goes on at the last checkpoint."""
        parts = self._parts
        await parts.database.call(parts.ledger.rewind)
        exhausted = parts.ledger.run.exhausted
        async with aclosing(Reading(parts, anew=False).batches()) as batches:
            async for batch in batches:
                if not await self._write(batch):
                    # The target stopped within the batch: it is written again from its start.
                    return False
                exhausted = batch.exhausted
                stopping = parts.host.stopping()
                try:
                    self._watch.check()
                except Halt:
                    await self._checkpoint(batch)
                    raise
                # A page of nothing says that its cursor is worth keeping: a report was ordered.
                told = not batch.staged and not batch.filtered
                if exhausted or stopping or told or self._pulse.due(parts.counts.read):
                    await self._checkpoint(batch)
                if stopping:
                    break
        return exhausted

    def stop(self) -> None:
        """Ends after the batch that is being written."""
        self._parts.host.stop()

    async def _write(self, batch: Batch) -> bool:
        """Whether every record of the batch has its outcome."""
        parts = self._parts
        settled = parts.counts.settled + len(batch.staged)
        parts.counts.read += len(batch.staged)
        parts.counts.filtered += batch.filtered
        by_seq = {staged.seq: staged for staged in batch.staged}
        async with aclosing(parts.target.write(self._calls(batch.staged))) as outcomes:
            async for outcome in outcomes:
                self._decide(by_seq[outcome.seq], outcome)
        return parts.counts.settled == settled

    async def _calls(self, batch: list[Staged]) -> AsyncIterator[Call]:
        for staged in batch:
            if staged.request is None:
                refused = Outcome(staged.seq, STEP, "refused", problem=staged.problem)
                self._decide(staged, refused)
                continue
            body = self._parts.target.prepare(staged.request)
            if isinstance(body, Body):
                yield Call(staged.seq, STEP, "", 0, None, body)
            else:
                self._decide(staged, Outcome(staged.seq, STEP, "refused", problem=body))

    def _decide(self, staged: Staged, outcome: Outcome) -> None:
        self._parts.counts.add(outcome.kind)
        if outcome.kind == "written":
            return  # its line in the target is what says so
        problem = outcome.problem or Problem(outcome.kind, "The target did not take the record.")
        outcome = outcome._replace(problem=problem._replace(at=staged.at))
        self._decided.append(Verdict(outcome, staged.identity, staged.at, staged.record))

    async def _checkpoint(self, batch: Batch) -> None:
        parts = self._parts
        position = await parts.target.position()
        decided, self._decided = self._decided, []
        settled, counts, seconds = parts.counts.read, parts.counts.copy(), parts.seconds()
        await parts.database.call(
            lambda connection: parts.ledger.advance(
                connection,
                decided,
                settled,
                counts,
                seconds,
                cursor=batch.cursor,
                position=position,
                exhausted=batch.exhausted,
            )
        )
        self._pulse.taken(settled)
        await parts.results.catch_up(settled)
