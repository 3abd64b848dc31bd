"""The rows of reports and of Sigma queries as records, read from the file of the result."""

import asyncio
import csv
import io
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from itertools import islice
from tempfile import TemporaryFile
from types import TracebackType
from typing import NamedTuple, Self

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
from stripe_connector.activities.reading.results import Found, Results
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client


class Row(NamedTuple):
    """A row by its number, the header not counted: its cells, or why they can't be told
    apart."""

    number: int
    cells: dict[str, str]
    problem: Problem | None


class ResultFile:
    """The rows of one file of Stripe's, which is kept without a name while it is open. Open it
    with `async with`: that downloads it. Raises RefusedError for a file that is gone, or no CSV
    with a header."""

    def __init__(
        self, client: Client, catalogue: Catalogue, host: Host, file: str, name: str
    ) -> None:
        self._client = client
        self._contents = catalogue.additions["files.contents"]
        self._folder = host.state if host.state is not None and host.state.is_dir() else None
        self._id = file
        self._name = name

    async def __aenter__(self) -> Self:
        file = TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed with its text
        self._text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        try:
            await self._client.send(self._contents, {"file": self._id}, into=file)
        except BaseException:
            self._text.close()
            raise
        file.seek(0)
        self._rows = self._read(csv.reader(self._text, strict=True))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._text.close()

    def skip(self, rows: int) -> bool:
        """Passes over the first rows; False where there are not as many."""
        return sum(1 for _ in islice(self._rows, rows)) == rows

    def records(self, seq: int, most: int) -> list[Record]:
        """The next rows, numbered from `seq` on; none at the end."""
        return [
            Record(
                seq + count,
                msgspec.json.encode(row.cells),
                f"{self._name} row {row.number}",
                row.problem,
            )
            for count, row in enumerate(islice(self._rows, most))
        ]

    def _read(self, lines: Iterator[list[str]]) -> Iterator[Row]:
        try:
            header = next(lines, [])
            if len(set(header)) != len(header) or (header and "" in header):
                raise _unreadable(self._name, "its header names a column twice, or not at all")
            number = 0
            for cells in lines:
                if cells:
                    number += 1
                    yield Row(number, *_cells(header, cells))
        except (csv.Error, UnicodeDecodeError) as error:
            raise _unreadable(self._name, str(error)) from error


def _cells(header: list[str], cells: list[str]) -> tuple[dict[str, str], Problem | None]:
    known = dict(zip(header, cells, strict=False))
    if len(cells) == len(header):
        return known, None
    return known, Problem(
        "wrong_row",
        f"The row has {len(cells)} cells, and the header {len(header)}.",
        "Look at the file at Stripe; ask Stripe's support if it is broken there.",
    )


def _unreadable(name: str, reason: str) -> RefusedError:
    return RefusedError(
        Problem(
            "unreadable_result",
            f"The result of {name} can't be read as CSV: {reason}.",
            "Look at the file at Stripe; read it with `on: files, action: contents` to keep it.",
        )
    )


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
