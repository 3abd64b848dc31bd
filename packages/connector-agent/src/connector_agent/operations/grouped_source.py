"""`group:` of an operation: rows that stand together become one record.

A flat file has one row for each line of an invoice; the invoice is the record that is written:

    invoice_no,customer,article      {"invoice_no": "17", "customer": "C-1",
    17,C-1,Tea                   →    "lines": [{"invoice_no": "17", "customer": "C-1", …},
    17,C-1,Milk                                 {"invoice_no": "17", "customer": "C-1", …}]}

Fields that are the same in all rows of a group that fill them stand at the top of the record as
well.
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
    """Where a group begins: behind the source's cursor `after` (None: its start) and `skip`
    rows, whose hash is `digest`; `rows` are all the rows before it."""

    after: bytes | None = None
    skip: int = 0
    digest: str = ""
    rows: int = 0


class _Place(msgspec.Struct, frozen=True):
    """The cursor: where the next group begins, how many were given, how many records that
    the source passes over behind `mark.after` were told already, and how many of the groups
    were parts of a scattered one."""

    mark: _Mark = _Mark()
    groups: int = 0
    filtered: int = 0
    scattered: int = 0


class _Row(NamedTuple):
    """A row, and where a group begins that begins with it."""

    record: Record
    mark: _Mark


class GroupedSource:
    """The groups of a source's rows; a resume begins at the first row of a group.

    `by` are paths of names; rows with the same values there, one after the other, are a
    group, whose rows become the list `into`. In the fields `reads` they must not contradict each
    other. Rows whose key comes again later are no whole group: each part is a record with a
    problem. To know them before the first group is given, the whole source is read twice; a
    resume reads it once more, and the rows before its place.
    """

    def __init__(
        self, source: Source, by: tuple[Path, ...], into: str, reads: Iterable[Path] = ()
    ) -> None:
        self._source = source
        self._by = by
        self._into = into
        self._reads = tuple(reads)

    async def total(self) -> int | None:
        """Unknown: how many groups there are shows only when the rows are read."""
        return None

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        """As the source does, with the cursor behind its last row."""
        behind = _parsed(after).mark.after
        return () if behind is None else await self._source.finish(behind)

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """Groups as they are complete, for each page of the source. Raises as the source does,
        and SourceChangedError where the rows before `after` are not the same or rows of their
        groups come later, and SettingError where such rows were not there in the first pass."""
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
        """What is known behind the rows before `place`. Raises SourceChangedError where a
        group that was given as a whole is none now."""
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
        grouping.go_on(place.groups)
        if grouping.scattered != place.scattered:
            raise _changed()
        return grouping


class _Walk:
    """Keeps the place in the source's pages: what was read, and where the open group began."""

    def __init__(self, place: _Place) -> None:
        mark = place.mark
        self.here = _Mark(mark.after, rows=mark.rows - mark.skip)
        self._wanted = mark
        self._skip = mark.skip
        self._skipped = hashlib.blake2b(digest_size=16)
        self._mark = mark
        self._told = place.filtered
        self._since = 0
        self._moved = False

    def rows(self, page: Page) -> "list[_Row]":
        """The rows of the next page, without those that were given before. Raises
        SourceChangedError where these are not the same."""
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
        """A group begins at `mark`."""
        self._moved = self._moved or mark.after != self._mark.after
        self._mark = mark

    def passed(self, page: Page) -> int:
        """How many of the records that the page's source passed over were not yet told."""
        if self._moved:
            self._since, self._moved = 0, False
        self._since += page.filtered
        fresh = max(0, page.filtered - self._told)
        self._told = max(0, self._told - page.filtered)
        return fresh

    def cursor(self, grouping: Grouping) -> Cursor:
        """Goes on at the open group, behind those that `grouping` gave."""
        since = 0 if self._mark == self.here else self._since
        place = _Place(self._mark, grouping.finished, since + self._told, grouping.scattered)
        return msgspec.json.encode(place)

    def check_end(self) -> None:
        """Raises SourceChangedError when the source ended before all was passed."""
        if self._skip:
            raise _changed()


def grouped(record: Field, into: str) -> Field:
    """The schema of groups whose rows are `record`: its fields, and the list of rows."""
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
                "The place to go on from is not one of groups of rows.",
                "Run the operation from the start.",
            )
        ) from error


def _changed() -> SourceChangedError:
    return SourceChangedError(
        Problem(
            "source_changed",
            "The rows before the place to go on from are not those that were read before.",
            "Put the source back as it was and go on, or run the operation from the start.",
        )
    )


class RegroupedSource:
    """The records of `source`, whose rows are the list `into`. Where these contradict each other
    in one of the fields `reads`, and the record itself says nothing of it, it has a problem."""

    def __init__(self, source: Source, into: str, reads: Iterable[Path]) -> None:
        self._source = source
        self._into = into
        self._reads = tuple(reads)

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """The pages of the source. Raises as that does."""
        async with aclosing(self._source.read(after)) as pages:
            async for page in pages:
                yield page._replace(records=[self._looked_at(each) for each in page.records])

    async def total(self) -> int | None:
        """As the source tells."""
        return await self._source.total()

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        """As the source does."""
        return await self._source.finish(after)

    def _looked_at(self, record: Record) -> Record:
        if record.problem is not None:
            return record
        try:
            value = orjson.loads(record.raw)
        except orjson.JSONDecodeError:
            return record  # its fault is told where it always is
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
