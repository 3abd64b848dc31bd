"""A source of rows in memory, in pages of any size."""

import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from itertools import repeat

from connector_agent.mapping import parse_path
from connector_agent.operations.grouped_source import GroupedSource
from connector_sdk import Cursor, Page, Problem, Record, Source

Row = Mapping[str, object] | None


def record(number: int, row: Row) -> Record:
    """The record of a row; None is one that can't be read."""
    at = f"rows.csv row {number + 1}"
    if row is None:
        problem = Problem("row_ragged", "The row has 9 cells.", "Correct it.", at=at)
        return Record(number, b'{"cells":[]}', at, problem)
    return Record(number, json.dumps(row, separators=(",", ":")).encode(), at)


class RowSource:
    """Pages of the sizes that `sizes` gives, the last one again and again. `passed` rows are
    passed over by the source itself: by their index, from 0 on."""

    def __init__(
        self, rows: Sequence[Row], sizes: Sequence[int] = (3,), passed: Sequence[int] = ()
    ) -> None:
        self.rows = list(rows)
        self.finished: list[Cursor] = []
        self._sizes = sizes
        self._passed = frozenset(passed)

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        at = 0 if after is None else json.loads(after)
        for size in self._pages():
            if at >= len(self.rows):
                return
            page = range(at, min(at + size, len(self.rows)))
            kept = [record(n + 1, self.rows[n]) for n in page if n not in self._passed]
            at = page.stop
            yield Page(kept, json.dumps(at).encode(), len(page) - len(kept))

    async def total(self) -> int | None:
        return len(self.rows)

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        self.finished.append(after)
        return ()

    def _pages(self) -> Iterator[int]:
        yield from self._sizes
        yield from repeat(self._sizes[-1])


async def pages(source: Source, after: Cursor | None = None) -> list[Page]:
    """All pages behind a cursor."""
    return [page async for page in source.read(after)]


def by_number(source: RowSource, into: str = "lines") -> GroupedSource:
    return GroupedSource(source, (parse_path("no"),), into)


async def groups(given: Sequence[Row]) -> list[Record]:
    return [each for page in await pages(by_number(RowSource(given))) for each in page.records]
