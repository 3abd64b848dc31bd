"""`where:` of an operation: only records that pass are taken from its source."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import orjson
from connector_sdk import JSON, Cursor, Page, Problem, Record, Source

from connector_agent.mapping import When, read_lines
from connector_agent.mapping.line_reader import Position
from connector_agent.mapping.unseen import Unseen

Choose = Callable[[Sequence[Record]], Sequence[Record]]
"""Gives the records that are taken, in their order. One about which it can't be told comes
back with its problem. It may block: pages are filtered in a thread."""


class FilteredSource:
    """The records of `source` that `choose` takes; the others count as filtered. Records keep
    the numbers of the source, and its cursors."""

    def __init__(self, source: Source, choose: Choose) -> None:
        self._source = source
        self._choose = choose

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """The pages of the source, without what doesn't pass. Raises as the source does."""
        async with aclosing(self._source.read(after)) as pages:
            async for page in pages:
                taken = await asyncio.to_thread(self._choose, page.records)
                left = len(page.records) - len(taken)
                yield Page(taken, page.after, page.filtered + left)

    async def total(self) -> int | None:
        """Unknown: how many pass shows only when they are read."""
        return None

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        """As the source does."""
        return await self._source.finish(after)


class Conditions:
    """Tests of single fields; a record passes when all of them hold. One that can't be read
    passes as well, so that its fault is told where it always is. `unseen` takes note of the
    fields that no record has."""

    def __init__(self, tests: Sequence[When]) -> None:
        self._tests = tuple(tests)
        self.unseen = Unseen.of_tests(self._tests)

    def __call__(self, records: Sequence[Record]) -> Sequence[Record]:
        return [record for record in records if self._passes(record)]

    def _passes(self, record: Record) -> bool:
        if record.problem is not None:
            return True
        try:
            value = orjson.loads(record.raw)
        except orjson.JSONDecodeError:
            return True
        self.unseen.note(value)
        return all(test.holds(value) for test in self._tests)


def read_tests(where: JSON, position: Position) -> tuple[tuple[When, ...], tuple[Problem, ...]]:
    """The tests of `where`, one or a list of them, and a Problem for each fault of theirs. A
    test is written like the `when` of a mapping's line. `position` tells the place of a part
    of `where` by its keys."""
    single = not isinstance(where, list)
    tests: list[When] = []
    problems: list[Problem] = []
    for index, test in enumerate(where if isinstance(where, list) else [where]):
        above = () if single else (index,)
        lines, faults = read_lines(
            [{"to": "record", "value": True, "when": test}],
            lambda keys, above=above: position((*above, *keys[2:])),  # type: ignore[misc]
        )
        problems.extend(_named(fault) for fault in faults)
        tests.extend(line.when for line in lines if line.when is not None)
    return tuple(tests), tuple(problems)


def _named(fault: Problem) -> Problem:
    return fault._replace(
        message=fault.message.replace("'when'", "'where'"),
        remedy=fault.remedy.replace("`when:", "`where:"),
        path="where",
    )
