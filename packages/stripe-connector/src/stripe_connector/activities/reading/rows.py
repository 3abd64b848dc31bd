"""The rows of reports and of Sigma queries as records."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec
from connector_sdk import (
    Host,
    Page,
    Problem,
    Record,
    RefusedError,
    SourceChangedError,
)

from stripe_connector.activities.reading.cursor import parse_cursor
from stripe_connector.activities.reading.result_file import ResultFile
from stripe_connector.activities.reading.results import Found, Results
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client

AT_ONCE = 500
"""Rows of one page."""


class _Place(msgspec.Struct):
    """Where the reading is: records given, results read to their end, and of the next one the
    run at Stripe and its rows that were given."""

    seq: int = 0
    done: int = 0
    run: str = ""
    row: int = 0

    def cursor(self) -> bytes:
        return msgspec.json.encode(self)


class RowsSource:
    """One record for each row, its cells as text under the names of the header.

    The cursor keeps the run at Stripe: a reading that goes on reads the file of the same run
    again from the row where it was. A page without records says that a result is waited for.
    """

    def __init__(self, client: Client, catalogue: Catalogue, host: Host, results: Results) -> None:
        self._client = client
        self._catalogue = catalogue
        self._host = host
        self._results = results

    async def read(self, after: bytes | None) -> AsyncGenerator[Page, None]:
        """Pages of at most 500 records. Ends early once the host is stopping. Raises
        SourceChangedError where the file has fewer rows than were given."""
        at = msgspec.convert(parse_cursor(after), _Place)
        while at.done < self._results.count and not self._host.stopping():
            found = None
            async with aclosing(self._results.find(at.done, at.run)) as finding:
                async for found in finding:
                    if not found.file and found.problem is None:
                        at.run = found.run
                        yield Page([], at.cursor())
            if found is None or (not found.file and found.problem is None):
                return
            at.run = found.run
            if found.problem is None:
                try:
                    async with aclosing(self._rows(found, at)) as pages:
                        async for page in pages:
                            yield page
                except RefusedError as error:
                    if not self._results.apart:
                        raise
                    found = found._replace(problem=error.problem)
                if self._host.stopping():
                    return
            given = [] if found.problem is None else [_refused(at.seq + 1, found)]
            at = _Place(at.seq + len(given), at.done + 1)
            yield Page(given, at.cursor())

    async def total(self) -> int | None:
        """Unknown: the file is there only when it is read."""
        return None

    async def finish(self, after: bytes) -> Sequence[Problem]:
        """Nothing: a report run stays at Stripe, as the Dashboard's do."""
        return ()

    async def _rows(self, found: Found, at: _Place) -> AsyncGenerator[Page, None]:
        async with ResultFile(
            self._client, self._catalogue, self._host, found.file, found.run
        ) as file:
            if not await asyncio.to_thread(file.skip, at.row):
                raise SourceChangedError(_shorter(found, at.row))
            while not self._host.stopping():
                records = await asyncio.to_thread(file.records, at.seq + 1, AT_ONCE)
                if not records:
                    return
                at.seq += len(records)
                at.row += len(records)
                yield Page(records, at.cursor())


def _refused(seq: int, found: Found) -> Record:
    problem = found.problem._replace(at=found.run) if found.problem is not None else None
    return Record(seq, msgspec.json.encode({"id": found.run}), found.run, problem)


def _shorter(found: Found, rows: int) -> Problem:
    return Problem(
        "source_changed",
        f"The result of {found.run} has less than the {rows} rows that were read before.",
        "Run the operation anew.",
    )
