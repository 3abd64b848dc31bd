"""From a source record to the request that will be sent: mapped, checked, encoded."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import orjson
from connector_sdk import JSON, Problem, Record

from connector_agent.mapping.identity import identity_of
from connector_agent.mapping.path import format_path, parse_path
from connector_agent.runs.cards import CardGuard, masked
from connector_agent.runs.long_numbers import long_number, loses_digits

Transform = Callable[[dict[str, JSON], str], "dict[str, JSON] | Sequence[Problem]"]
"""A mapping: a record and its place give a request, or the problems of the record."""

Prepare = Callable[[Sequence[Record]], Awaitable[Transform]]
"""Makes the mapping of a batch of records, with all that it needs from elsewhere."""


class Staged(NamedTuple):
    """A record on its way. Exactly one of `request` and `problem` is given."""

    seq: int
    at: str
    record: bytes
    identity: str
    request: bytes | None
    problem: Problem | None


class Stage:
    """Turns records into requests. Without a transform a record is its own request.

    `identity` holds paths, and `note` is called with each record. With `blocking` the transform
    may wait for something (a worker process) and is kept off the event loop. `prepare` gives a
    transform for each batch in place of it. Raises PathError for a bad path.
    """

    def __init__(
        self,
        identity: Sequence[str],
        transform: Transform | None,
        *,
        cards: CardGuard,
        blocking: bool = False,
        prepare: Prepare | None = None,
        note: Callable[[JSON], None] | None = None,
    ) -> None:
        self.identity = tuple(parse_path(path) for path in identity)
        self._transform = transform
        self._cards = cards
        self._blocking = blocking
        self._prepare = prepare
        self._note = note

    async def all(self, records: Sequence[tuple[int, Record]]) -> list[Staged]:
        """Records with their numbers, staged in order."""
        transform = self._transform
        if self._prepare is not None:
            transform = await self._prepare([record for _, record in records])
        if self._blocking:
            return await asyncio.to_thread(self._all, records, transform)
        return self._all(records, transform)

    def _all(
        self, records: Sequence[tuple[int, Record]], transform: Transform | None
    ) -> list[Staged]:
        return [self._one(seq, record, transform) for seq, record in records]

    def _one(self, seq: int, record: Record, transform: Transform | None) -> Staged:
        """The staged record under its number in this run. A card number ends here."""
        staged = self._staged(seq, record, transform)
        problem = self._cards.check(record.raw, staged.request)
        if problem is None:
            return staged
        harmless = record._replace(raw=masked(record.raw))
        return self._refused(seq, harmless, self.identity_in(harmless), problem)

    def _staged(self, seq: int, record: Record, transform: Transform | None) -> Staged:
        if record.problem is not None:
            return self._refused(seq, record, self.identity_in(record), record.problem)
        if not self.identity and transform is None:
            return Staged(seq, record.at, record.raw, "", record.raw, None)
        try:
            value = orjson.loads(record.raw)
        except orjson.JSONDecodeError as error:
            problem = Problem(
                "not_json",
                f"The record is not JSON: {error}.",
                "Correct the record in its source.",
            )
            return self._refused(seq, record, "", problem)
        long = long_number(record.raw)
        if long:
            return self._refused(seq, record, "", loses_digits(long))
        if self._note is not None:
            self._note(value)
        identity = identity_of(value, self.identity)
        if self.identity and not identity:
            names = " and ".join(map(format_path, self.identity))
            problem = Problem(
                "no_identity",
                f"The record has no {names}, which is its identity.",
                "Fill it in; without it a repeat could not be recognised.",
                path=format_path(self.identity[0]),
            )
            return self._refused(seq, record, "", problem)
        if transform is None:
            return Staged(seq, record.at, record.raw, identity, record.raw, None)
        mapped = transform(value, record.at)
        if not isinstance(mapped, dict):
            return self._refused(seq, record, identity, one_of_all(mapped))
        try:
            request = orjson.dumps(mapped)
        except orjson.JSONEncodeError as error:
            return self._refused(seq, record, identity, _not_written(error))
        return Staged(seq, record.at, record.raw, identity, request, None)

    def identity_in(self, record: Record) -> str:
        """The identity of a record, "" where it has none."""
        try:
            value = orjson.loads(record.raw)
        except orjson.JSONDecodeError:
            return ""
        return identity_of(value, self.identity)

    def _refused(self, seq: int, record: Record, identity: str, problem: Problem) -> Staged:
        located = problem if problem.at else problem._replace(at=record.at)
        return Staged(seq, record.at, record.raw, identity, None, located)


def _not_written(error: Exception) -> Problem:
    return Problem(
        "not_json",
        f"What the mapping makes is no JSON: {error}.",
        "Correct the step or the expression that gives it; a whole number has 64 bits at most.",
    )


def one_of_all(problems: Sequence[Problem]) -> Problem:
    """One problem that tells of all: a record is mended in one go."""
    first = problems[0]
    if len(problems) == 1:
        return first
    more = "; ".join(problem.message.rstrip(".") for problem in problems[1:])
    return first._replace(message=f"{first.message} Also: {more}.")
