"""`where:` of an operation: only records that pass are read from its source."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import orjson
from connector_sdk import JSON, Cursor, Page, Problem, Record, Source, shown

from connector_agent.mapping import ABSENT, When, read_lines
from connector_agent.mapping.expression import ExpressionFault, Expressions
from connector_agent.mapping.line_reader import Position
from connector_agent.mapping.mapper import Unseen
from connector_agent.mapping.value import Value
from connector_agent.project.operation import OperationDocument

Choose = Callable[[Sequence[Record]], Sequence[Record]]
"""Gives the records that are taken, in their order. One for which it isn't known comes
back with its problem. It may block: pages are filtered in a thread."""


class FilteredSource:
    """The records of `source` that `choose` keeps; the others are counted as filtered. Record
    numbers and cursors stay those of the source."""

    def __init__(self, source: Source, choose: Choose) -> None:
        self._source = source
        self._choose = choose

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """Filtered pages. Raises as the source does."""
        async with aclosing(self._source.read(after)) as pages:
            async for page in pages:
                taken = await asyncio.to_thread(self._choose, page.records)
                left = len(page.records) - len(taken)
                yield Page(taken, page.after, page.filtered + left)

    async def total(self) -> int | None:
        """Unknown until all records are read."""
        return None

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        return await self._source.finish(after)


class Conditions:
    """Tests of single fields, all of which must hold. Unreadable records pass, so that their
    problem is reported in one place. `unseen` collects the fields that no record has."""

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
    """Parses `where`, one test or a list, each like the `when` of a mapping line; with a Problem
    for each fault. `position` gives the place of a part by its keys."""
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


_KEYS = ("where",)


class ExpressionFilter:
    """Keeps the records for which `where` is true and drops those for which it is false or
    empty. Any other result becomes the problem of the record, which is kept, as unreadable
    records are. Blocks while the worker evaluates. Close it."""

    def __init__(self, document: OperationDocument, text: str) -> None:
        self._document = document
        self._expressions = Expressions([text])

    def faults(self) -> list[Problem]:
        """The faults of the expression itself."""
        return [self._problem(fault) for fault in self._expressions.faults() if fault is not None]

    def __call__(self, records: Sequence[Record]) -> Sequence[Record]:
        taken = (self._taken(record) for record in records)
        return [record for record in taken if record is not None]

    def close(self) -> None:
        """Ends the worker. May be called twice."""
        self._expressions.close()

    def _taken(self, record: Record) -> Record | None:
        if record.problem is not None:
            return record
        try:
            value: JSON = orjson.loads(record.raw)
        except orjson.JSONDecodeError:
            return record  # its fault is reported elsewhere
        (found,) = self._expressions.evaluate([0], value)
        if found is True:
            return record
        if found is False or found is None or found is ABSENT:
            return None
        return record._replace(problem=self._problem(found)._replace(at=record.at))

    def _problem(self, found: Value | ExpressionFault) -> Problem:
        if isinstance(found, ExpressionFault):
            span = (found.at - 1, found.at) if found.at else None
            return Problem(
                found.code,
                f"The expression of 'where' can't be evaluated: {found.message.rstrip('.')}.",
                "Correct the expression, or the record that it doesn't fit.",
                path="where",
                line=self._document.document.line(_KEYS, span),
            )
        return Problem(
            "where_not_boolean",
            f"'where' gives {shown(found)!r}, which is neither true nor false.",
            "Compare it with something, as in `status = 'open'`.",
            path="where",
            value=shown(found),
            line=self._document.position(_KEYS),
        )
