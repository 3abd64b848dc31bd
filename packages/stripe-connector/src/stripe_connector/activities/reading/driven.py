"""Search and Read asked once for each record of another source."""

import hashlib
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from itertools import islice
from typing import NamedTuple, Protocol, cast

import msgspec
from connector_sdk import JSON, Host, Page, Problem, Record, Source, SourceChangedError

from stripe_connector.activities.reading.cursor import Seen, cursor, parse_cursor
from stripe_connector.wire.paging import head

REMEMBERED = 10_000
"""Results among which one that several records ask for is given once."""


class Asker(NamedTuple):
    """One record of the driving source, and what it asks for."""

    record: Record
    asks: object


class Asks(Protocol):
    """What an activity does with the records that drive it."""

    distinct: bool
    """Whether an object is given once, however many records ask for it."""

    def bind(self, record: Record) -> object | Problem:
        """What the record asks for, or why it can't ask."""
        ...

    def batch(self, askers: Sequence[Asker]) -> int:
        """How many of them, from the first on, are best asked together."""
        ...

    def source(self, askers: Sequence[Asker]) -> Source:
        """The answers to all of them."""
        ...

    def finder(self, askers: Sequence[Asker]) -> "Callable[[Record], Iterator[Record]]":
        """Gives the driving records that a result belongs to, in their order."""
        ...


class DrivenSource:
    """The answers to what each record of `requests` asks for, in the order of those records.

    Records are asked together where that takes fewer calls. A result says which record asked
    for it; a record that can't ask (its field is empty) comes as a record with the problem, so
    that none is lost. The cursor leads to a place in both sources, and notes what was read of
    the driving one, so that a change there is noticed.
    """

    def __init__(
        self, requests: Source, asks: Asks, host: Host, limit: int, record_as: str = ""
    ) -> None:
        self._requests = requests
        self._asks = asks
        self._host = host
        self._limit = limit
        self._record_as = record_as
        self._distinct = asks.distinct and not record_as

    async def read(self, after: bytes | None) -> AsyncGenerator[Page, None]:
        """Pages as the answers come. Raises SourceChangedError when the driving source is not
        what it was, and what both sources raise."""
        at = _Place.of(after, self._distinct)
        if at.done:
            return
        base = at.base.encode() if at.base else None
        async with aclosing(self._requests.read(base)) as driving:
            async for page in driving:
                async for found in self._answers(page.records, at):
                    yield found
                if self._ends(at):
                    return
                at.turn(page.after)
        if at.skip and not self._host.stopping():
            raise _changed()

    def _ends(self, at: "_Place") -> bool:
        return at.done or self._host.stopping()

    async def total(self) -> int | None:
        """As many as there are driving records where each gives one; else unknown."""
        return None if self._asks.distinct else await self._requests.total()

    async def finish(self, after: bytes) -> Sequence[Problem]:
        """What the driving source says to where it was read."""
        at = _Place.of(after, self._distinct)
        return await self._requests.finish(at.base.encode()) if at.base else ()

    async def _answers(self, records: Sequence[Record], at: "_Place") -> AsyncGenerator[Page, None]:
        if _digest(records[: at.skip]) != at.digest or at.skip + at.count > len(records):
            raise _changed()
        while at.skip < len(records):
            askers, faulty = self._bound(records[at.skip :], at.count)
            at.count = len(askers) + len(faulty)
            if at.inner is None and faulty:
                yield self._page(faulty, 0, at, None)
                if at.done:
                    return
            if askers:
                source = self._asks.source(askers)
                find = self._asks.finder(askers)
                inner = at.inner.encode() if at.inner else None
                async with aclosing(source.read(inner)) as pages:
                    async for page in pages:
                        found = [told for each in page.records for told in self._told(each, find)]
                        yield self._page(found, page.filtered, at, page.after)
                        if at.done:
                            return
            if self._host.stopping():
                return
            at.pass_(records)

    def _bound(self, records: Sequence[Record], count: int) -> tuple[list[Asker], list[Record]]:
        """What the next records ask for, and those that can't ask; `count` of them where that
        was decided before."""
        askers: list[Asker] = []
        faulty: list[Record] = []
        for record in records[:count] if count else records:
            asks = self._asks.bind(record) if record.problem is None else record.problem
            if isinstance(asks, Problem):
                faulty.append(record._replace(problem=asks._replace(at=record.at)))
            else:
                askers.append(Asker(record, asks))
        if not count and askers:
            last = self._asks.batch(askers)
            if last < len(askers):
                seq = askers[last].record.seq
                askers = askers[:last]
                faulty = [record for record in faulty if record.seq < seq]
        return askers, faulty

    def _told(self, record: Record, find: Callable[[Record], Iterator[Record]]) -> Sequence[Record]:
        """The result with the place of the first record that asked for it; where it is to carry
        the record itself, once for each that asked."""
        askers = list(islice(find(record), None if self._record_as else 1))
        return [self._of_asker(record, asker) for asker in askers] or [record]

    def _of_asker(self, record: Record, asker: Record) -> Record:
        if self._record_as and record.problem is None:
            carried = {**record_values(record.raw), self._record_as: record_values(asker.raw)}
            record = record._replace(raw=msgspec.json.encode(carried))
        if not asker.at:
            return record
        at = f"{record.at} for {asker.at}"
        problem = record.problem._replace(at=at) if record.problem is not None else None
        return record._replace(at=at, problem=problem)

    def _page(
        self, records: Sequence[Record], filtered: int, at: "_Place", inner: bytes | None
    ) -> Page:
        given: list[Record] = []
        for record in records:
            name = head(record.raw)[0] if record.problem is None else ""
            if at.seen is not None and not at.seen.add(name):
                filtered += 1
                continue
            at.seq += 1
            given.append(record._replace(seq=at.seq))
            if self._limit and at.seq >= self._limit:
                at.done = True
                break
        at.inner = inner.decode() if inner is not None else "{}"
        return Page(given, at.cursor(), filtered)


class _Place:
    """Where a driven source is: the cursor `base` of the driving one, how many records behind
    it are answered (`skip`, with their digest), the next `count` that are asked together, and
    the cursor `inner` within their answers."""

    def __init__(self) -> None:
        self.base = ""
        self.skip = 0
        self.digest = _digest(())
        self.count = 0
        self.inner: str | None = None
        self.seq = 0
        self.seen: Seen | None = None
        self.done = False

    @classmethod
    def of(cls, after: bytes | None, distinct: bool) -> "_Place":
        parts = parse_cursor(after)
        place = cls()
        for name in ("base", "skip", "digest", "count", "inner", "seq", "done"):
            if name in parts:
                setattr(place, name, parts[name])
        if distinct:
            place.seen = Seen(REMEMBERED, parts.get("seen"))
        return place

    def cursor(self) -> bytes:
        parts: dict[str, JSON] = {"seq": self.seq, "done": self.done}
        if not self.done:
            parts |= {"base": self.base, "skip": self.skip, "digest": self.digest}
            parts |= {"count": self.count, "inner": self.inner}
            parts |= {"seen": self.seen.state()} if self.seen is not None else {}
        return cursor(**parts)

    def pass_(self, records: Sequence[Record]) -> None:
        """Goes behind the records that were asked together."""
        self.skip += self.count
        self.digest = _digest(records[: self.skip])
        self.count, self.inner = 0, None

    def turn(self, base: bytes) -> None:
        """Goes behind a page of the driving source."""
        self.base = base.decode()
        self.skip, self.digest = 0, _digest(())
        self.count, self.inner = 0, None


def _digest(records: Sequence[Record]) -> str:
    hashed = hashlib.blake2b(digest_size=8)
    for record in records:
        hashed.update(record.raw)
    return hashed.hexdigest()


def _changed() -> SourceChangedError:
    return SourceChangedError(
        Problem(
            "source_changed",
            "The records for each of which it was asked are not those that they were.",
            "Put them back as they were and go on, or run the operation from the start.",
        )
    )


def record_values(raw: bytes) -> dict[str, JSON]:
    """The fields of a driving record."""
    return cast("dict[str, JSON]", msgspec.json.decode(raw))
