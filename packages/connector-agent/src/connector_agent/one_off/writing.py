"""Writes records through a target without a ledger: the same checks, keys and looks as a run,
but nothing is remembered when the command ends."""

import asyncio
import hashlib
import secrets
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import NamedTuple

import orjson
from connector_sdk import (
    Body,
    Call,
    ConnectorError,
    Outcome,
    Problem,
    Record,
    Target,
    UnreachableError,
)

from connector_agent.runs.cards import CardGuard
from connector_agent.runs.fate import found_out, is_open
from connector_agent.runs.outage import Outage

WINDOW = 1000
"""Outcomes that may wait for whoever shows them."""


class Told(NamedTuple):
    """A record and what became of it; `key` is "" where nothing was to be sent."""

    record: Record
    outcome: Outcome
    key: str


def new_prefix() -> str:
    """A prefix of keys that nobody had before."""
    return secrets.token_hex(8)


class Keys:
    """Makes the keys of one command. The same request under the same prefix has the same key,
    so that the same command given again does nothing twice; of equal requests in one command
    each has its own."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._seen: Counter[bytes] = Counter()

    def key(self, body: Body) -> str:
        """The key for the next call with this body."""
        digest = hashlib.sha256(orjson.dumps([body.action, body.json.decode()])).digest()
        self._seen[digest] += 1
        parts = f"{self.prefix}/{digest.hex()}/{self._seen[digest]}".encode()
        return f"sc-{hashlib.sha256(parts).hexdigest()[:48]}"


class Writing:
    """One command's writes. `stopped` is the error that ended them early."""

    def __init__(self, target: Target, records: AsyncIterator[Record], prefix: str) -> None:
        self._target = target
        self._records = records
        self._keys = Keys(prefix)
        self._cards = CardGuard(sealed=True)
        self._flying: dict[int, tuple[Record, Call]] = {}
        self._told: asyncio.Queue[Told | None] = asyncio.Queue(WINDOW)
        self._failure: Exception | None = None
        self._failures = Outage()
        self._outage: Problem | None = None
        self.stopped: ConnectorError | None = None

    async def outcomes(self) -> AsyncGenerator[Told, None]:
        """One for each record that was read, as they come. After an error that makes going on
        useless, `stopped` is set and what was taken but surely not done has failed."""
        writing = asyncio.create_task(self._write())
        try:
            while (each := await self._told.get()) is not None:
                yield each
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        if self._failure is not None:
            raise self._failure

    async def _write(self) -> None:
        try:
            await self._send()
        except Exception as error:
            self._failure = error
        await self._told.put(None)

    async def _send(self) -> None:
        try:
            async with aclosing(self._target.write(self._calls())) as outcomes:
                async for outcome in outcomes:
                    await self._tell(outcome)
                    if self._outage is not None:
                        raise UnreachableError(self._outage)
        except ConnectorError as error:
            self.stopped = error
            for record, call in list(self._flying.values()):
                await self._tell(
                    Outcome(record.seq, call.step, "failed", problem=_not_sent(error.problem))
                )
        await self._target.finish(self.stopped is None)

    async def _calls(self) -> AsyncIterator[Call]:
        async for record in self._records:
            prepared = self._prepared(record)
            if isinstance(prepared, Problem):
                problem = prepared._replace(at=record.at)
                refused = Outcome(record.seq, 1, "refused", problem=problem)
                await self._told.put(Told(record, refused, ""))
                continue
            call = Call(record.seq, 1, self._keys.key(prepared), 1, None, prepared)
            moment = self._target.clock()
            sent = call._replace(
                first_sent=time.time() if moment is None else moment, synced=moment is not None
            )
            self._flying[record.seq] = (record, sent)
            yield call

    def _prepared(self, record: Record) -> Body | Problem:
        if record.problem is not None:
            return record.problem
        card = self._cards.check(b"{}", record.raw)
        if card is not None:
            return card._replace(
                remedy="Take it out. If it is none, write the record by an operation that names "
                "its field below `options: not_card_numbers:`."
            )
        return self._target.prepare(record.raw)

    async def _tell(self, outcome: Outcome) -> None:
        record, call = self._flying[outcome.seq]
        lost = is_open(outcome)
        if lost:
            outcome = await self._looked_up(outcome, call)
        if outcome.problem is not None:
            outcome = outcome._replace(problem=outcome.problem._replace(at=record.at))
        del self._flying[outcome.seq]
        if not lost or outcome.kind != "written":  # that was some time before its answer was lost
            self._failures.pass_on([outcome])
        outage = self._failures.problem()
        if outage is not None:
            self._outage = outage._replace(
                remedy="Wait until the target works again, then give the command once more for "
                "what was not written."
            )
        await self._told.put(Told(record, outcome, call.key))

    async def _looked_up(self, outcome: Outcome, call: Call) -> Outcome:
        """What a look at the target tells of a call whose answer was lost."""
        try:
            (found,) = await self._target.settle([call])
        except ConnectorError:
            return outcome._replace(kind="unknown")
        return found_out(outcome, found)


def _not_sent(problem: Problem) -> Problem:
    return problem._replace(message=f"It was not done: {problem.message}")
