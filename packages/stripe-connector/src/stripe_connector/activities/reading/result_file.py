"""The file of a finished report or query: downloaded, and read row by row as CSV."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from tempfile import TemporaryFile
from types import TracebackType
from typing import NamedTuple, Self

import msgspec
from connector_sdk import Host, Problem, Record, RefusedError

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
