"""`group:` of an operation: consecutive rows become one record.

A flat file has one row for each line of an order; the record to write is the order:

    order_no,buyer,article           {"order_no": "17", "buyer": "C-1",
    17,C-1,Tea                   →    "lines": [{"order_no": "17", "buyer": "C-1", …},
    17,C-1,Milk                                 {"order_no": "17", "buyer": "C-1", …}]}

Fields that all filled rows of a group share are also at the top of the record.
"""

import hashlib
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import NamedTuple

import msgspec
import orjson
from connector_sdk import (
    Cursor,
    Field,
    Page,
    Problem,
    Record,
    SettingError,
    Source,
    SourceChangedError,
)

from connector_agent.mapping import ABSENT, Path, read_path
from connector_agent.operations.grouping import Grouping
from connector_agent.operations.groups import CommonFields, GroupKeys


class _Mark(msgspec.Struct, frozen=True):
    """The start of a group: `skip` rows after the source's cursor `after` (None: its start),
    whose hash is `digest`; `rows` counts all rows before it."""

    after: bytes | None = None
    skip: int = 0
    digest: str = ""
    rows: int = 0


class _Place(msgspec.Struct, frozen=True):
    """The cursor: the start of the next group, the number of groups given, the filtered records
    already counted after `mark.after`, and how many groups were parts of a scattered one."""

    mark: _Mark = _Mark()
    groups: int = 0
    filtered: int = 0
    scattered: int = 0


class _Row(NamedTuple):
    """A row, and the mark of a group that would start with it."""

    record: Record
    mark: _Mark


class GroupedSource:
    """The groups of a source's rows; a resume starts at the first row of a group.

    Consecutive rows with the same values at the paths `by` are a group; its rows become the list
    `into`. They must not contradict each other in the fields `reads`. Where a key appears again
    later, each part becomes a record with a problem. To find these, the source is first read once
    in full; a resume also reads the rows before its place again.
    """

    def __init__(
        self, source: Source, by: tuple[Path, ...], into: str, reads: Iterable[Path] = ()
    ) -> None:
        self._source = source
        self._by = by
        self._into = into
        self._reads = tuple(reads)

    async def total(self) -> int | None:
        """Unknown until all rows are read."""
        return None

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        last = _parsed(after).mark.after
        return () if last is None else await self._source.finish(last)

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """Groups as they are complete. Raises as the source does, SourceChangedError where
        earlier rows changed, and SettingError where rows were missing in the first pass."""
        place = _Place() if after is None else _parsed(after)
        grouping = await self._replayed(place, await self._keys())
        walk = _Walk(place)
        async with aclosing(self._source.read(place.mark.after)) as pages:
            async for page in pages:
                done: list[Record] = []
                for row in walk.rows(page):
                    given = grouping.add(row.record)
                    if given is not None:
                        done.append(given)
                    if grouping.begins:
                        walk.begin(row.mark)
                fresh = walk.passed(page)
                if done or fresh:
                    yield Page(done, walk.cursor(grouping), fresh)
        walk.check_end()
        last = grouping.end()
        if last is not None:
            walk.begin(walk.here)
            yield Page([last], walk.cursor(grouping))

    async def _keys(self) -> GroupKeys:
        keys = GroupKeys(self._by)
        async with aclosing(self._source.read(None)) as pages:
            async for page in pages:
                for record in page.records:
                    keys.add(record)
        return keys

    async def _replayed(self, place: _Place, keys: GroupKeys) -> Grouping:
        """The state after the rows before `place`. Raises SourceChangedError where a group given
        as whole is now scattered."""
        grouping = Grouping(self._by, self._into, keys, self._reads)
        left = place.mark.rows
        if left:
            async with aclosing(self._source.read(None)) as pages:
                async for page in pages:
                    for record in page.records[:left]:
                        grouping.add(record)
                    left -= len(page.records)
                    if left <= 0:
                        break
        grouping.resume(place.groups)
        if grouping.scattered != place.scattered:
            raise _changed()
        return grouping


class _Walk:
    """The position in the source's pages, and the start of the open group."""

    def __init__(self, place: _Place) -> None:
        mark = place.mark
        self.here = _Mark(mark.after, rows=mark.rows - mark.skip)
        self._wanted = mark
        self._skip = mark.skip
        self._skipped = hashlib.blake2b(digest_size=16)
        self._mark = mark
        self._counted = place.filtered
        self._since = 0
        self._moved = False

    def rows(self, page: Page) -> "list[_Row]":
        """The rows of the next page, without those given before. Raises SourceChangedError where
        these differ."""
        hashed = hashlib.blake2b(digest_size=16)
        after, count = self.here.after, self.here.rows
        found: list[_Row] = []
        for index, record in enumerate(page.records):
            if self._skip:
                self._skip -= 1
                self._skipped.update(record.raw)
                if not self._skip and self._skipped.hexdigest() != self._wanted.digest:
                    raise _changed()
            else:
                found.append(_Row(record, _Mark(after, index, hashed.hexdigest(), count + index)))
            hashed.update(record.raw)
        self.here = _Mark(page.after, rows=count + len(page.records))
        return found

    def begin(self, mark: _Mark) -> None:
        self._moved = self._moved or mark.after != self._mark.after
        self._mark = mark

    def passed(self, page: Page) -> int:
        """How many of the page's filtered records weren't counted before."""
        if self._moved:
            self._since, self._moved = 0, False
        self._since += page.filtered
        fresh = max(0, page.filtered - self._counted)
        self._counted = max(0, self._counted - page.filtered)
        return fresh

    def cursor(self, grouping: Grouping) -> Cursor:
        """Continues at the open group, after those that `grouping` gave."""
        since = 0 if self._mark == self.here else self._since
        place = _Place(self._mark, grouping.finished, since + self._counted, grouping.scattered)
        return msgspec.json.encode(place)

    def check_end(self) -> None:
        """Raises SourceChangedError when the source ended too early."""
        if self._skip:
            raise _changed()


def grouped(record: Field, into: str) -> Field:
    """The schema of groups of `record`: its fields, and the list of rows."""
    rows = Field(name=into, type="list", items=record)
    if record.type != "object" or not record.fields:
        return record
    fields = tuple(child for child in record.fields if child.name != into)
    return Field(name="", type="object", fields=(*fields, rows), description=record.description)


def _parsed(after: Cursor) -> _Place:
    try:
        return msgspec.json.decode(after, type=_Place)
    except msgspec.MsgspecError as error:
        raise SettingError(
            Problem(
                "cursor_foreign",
                "The cursor isn't one of a grouped source.",
                "Run the operation from the start.",
            )
        ) from error


def _changed() -> SourceChangedError:
    return SourceChangedError(
        Problem(
            "source_changed",
            "The rows before the cursor have changed since they were read.",
            "Restore the source and resume, or run the operation from the start.",
        )
    )


class RegroupedSource:
    """Groups kept by an earlier run, whose mapping may read other fields by now. Where the rows
    in the list `into` contradict each other in one of `reads`, and the record lacks that field,
    it gets a problem."""

    def __init__(self, source: Source, into: str, reads: Iterable[Path]) -> None:
        self._source = source
        self._into = into
        self._reads = tuple(reads)

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """Raises as the source does."""
        async with aclosing(self._source.read(after)) as pages:
            async for page in pages:
                yield page._replace(records=[self._looked_at(each) for each in page.records])

    async def total(self) -> int | None:
        return await self._source.total()

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        return await self._source.finish(after)

    def _looked_at(self, record: Record) -> Record:
        if record.problem is not None:
            return record
        try:
            value = orjson.loads(record.raw)
        except orjson.JSONDecodeError:
            return record  # its fault is reported elsewhere
        rows = value.get(self._into) if isinstance(value, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return record
        common = CommonFields()
        for row in rows:
            common.add(row)
        problem = common.problem(
            (path for path in self._reads if read_path(value, path) is ABSENT),
            [orjson.dumps(row) for row in rows],
            [f"row {number} of the group" for number in range(1, len(rows) + 1)],
        )
        return record._replace(problem=problem)
