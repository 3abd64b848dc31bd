"""From a source record to the request that will be sent: mapped, checked, encoded."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import orjson
from connector_sdk import JSON, Problem, Record
from connector_sdk.path import format_path, parse_path

from connector_agent.mapping.identity import identity_of
from connector_agent.runs.cards import CardGuard, masked
from connector_agent.runs.long_numbers import long_number, loses_digits

Transform = Callable[[dict[str, JSON], str], "dict[str, JSON] | Sequence[Problem]"]
"""A mapping: a record and its place give a request, or the problems of the record."""


class Transforms(NamedTuple):
    """The mapping that makes a record's request, None where a record is its own; and that of
    the update of what an earlier run wrote, None where it is the same request."""

    create: Transform | None = None
    update: Transform | None = None


Prepare = Callable[[Sequence[Record]], Awaitable[Transforms]]
"""Makes the mappings of a batch of records, with all that they need from elsewhere."""


class Made(NamedTuple):
    """What one write of a record comes to: a request, or why there is none. `update` is that of
    the update of what an earlier run wrote, None where it is the same."""

    create: bytes | Problem
    update: bytes | Problem | None = None


class Staged(NamedTuple):
    """A record on its way, with each write that it takes (step 0, 1, …); or the `problem` for
    which it is refused before it is mapped."""

    seq: int
    at: str
    record: bytes
    identity: str
    writes: tuple[Made, ...]
    problem: Problem | None

    def made(self, step: int = 0, *, updates: bool) -> bytes | Problem:
        """The request of a write, of an update or of a create, or why there is none."""
        if self.problem is not None:
            return self.problem
        made = self.writes[step]
        return made.update if updates and made.update is not None else made.create


class Stage:
    """Turns records into requests. Without a transform a record is its own request.

    `identity` holds paths, and `note` is called with each record. With `blocking` the transform
    may wait for something (a worker process) and is kept off the event loop. `update` is the
    transform for updates, where that is another one. `prepare` gives the transforms for each
    batch in place of these. Raises PathError for a bad path.
    """

    def __init__(
        self,
        identity: Sequence[str],
        transform: Transform | None,
        *,
        cards: CardGuard,
        blocking: bool = False,
        update: Transform | None = None,
        prepare: Prepare | None = None,
        note: Callable[[JSON], None] | None = None,
    ) -> None:
        self.identity = tuple(parse_path(path) for path in identity)
        self._transforms = Transforms(transform, update)
        self._cards = cards
        self._blocking = blocking
        self._prepare = prepare
        self._note = note

    async def all(self, records: Sequence[tuple[int, Record]]) -> list[Staged]:
        """Records with their numbers, staged in order."""
        transforms = self._transforms
        if self._prepare is not None:
            transforms = await self._prepare([record for _, record in records])
        if self._blocking:
            return await asyncio.to_thread(self._all, records, transforms)
        return self._all(records, transforms)

    def _all(self, records: Sequence[tuple[int, Record]], transforms: Transforms) -> list[Staged]:
        return [self._one(seq, record, transforms) for seq, record in records]

    def _one(self, seq: int, record: Record, transforms: Transforms) -> Staged:
        """The staged record under its number in this run. A card number ends here."""
        staged = self._staged(seq, record, transforms)
        made = [
            request for write in staged.writes for request in write if isinstance(request, bytes)
        ]
        for request in made or (None,):
            problem = self._cards.check(record.raw, request)
            if problem is not None:
                break
        else:
            return staged
        harmless = record._replace(raw=masked(record.raw))
        return self._refused(seq, harmless, self.identity_in(harmless), problem)

    def _staged(self, seq: int, record: Record, transforms: Transforms) -> Staged:
        transform = transforms.create
        if record.problem is not None:
            return self._refused(seq, record, self.identity_in(record), record.problem)
        if not self.identity and transform is None:
            return Staged(seq, record.at, record.raw, "", (Made(record.raw),), None)
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
            return Staged(seq, record.at, record.raw, identity, (Made(record.raw),), None)
        made = self._made(transform, value, record)
        update = None
        if transforms.update is not None:
            update = self._made(transforms.update, value, record)
        return Staged(seq, record.at, record.raw, identity, (Made(made, update),), None)

    def _made(
        self, transform: Transform, value: dict[str, JSON], record: Record
    ) -> bytes | Problem:
        mapped = transform(value, record.at)
        if not isinstance(mapped, dict):
            return _located(one_of_all(mapped), record)
        try:
            return orjson.dumps(mapped)
        except orjson.JSONEncodeError as error:
            return _located(_not_written(error), record)

    def identity_in(self, record: Record) -> str:
        """The identity of a record, "" where it has none."""
        try:
            value = orjson.loads(record.raw)
        except orjson.JSONDecodeError:
            return ""
        return identity_of(value, self.identity)

    def _refused(self, seq: int, record: Record, identity: str, problem: Problem) -> Staged:
        return Staged(seq, record.at, record.raw, identity, (), _located(problem, record))


def _located(problem: Problem, record: Record) -> Problem:
    return problem if problem.at else problem._replace(at=record.at)


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
