"""Groups that an earlier run kept, looked at again: the mapping may read other fields by now."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing

import orjson
from connector_sdk import Cursor, Page, Problem, Record, Source

from connector_agent.mapping import ABSENT, Path, read_path
from connector_agent.operations.common_fields import CommonFields


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
