"""What a target's part holds, format by format, and how the file comes of it.

Where the columns are known beforehand, a part is the very file, up to its end. Where they are
not, and for Excel and Parquet, it holds the cells of each row as a JSON list, in the order in
which their columns came up; the file is made of these in the end, when all columns are known.
"""

import codecs
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import BinaryIO, Protocol

import msgspec
from connector_sdk import Problem, shown

from connector_agent.connectors.files.cells import (
    CellError,
    Scalar,
    csv_line,
    in_order,
    marked,
    rows_of,
    text_of,
)
from connector_agent.connectors.files.opening import pack, packed
from connector_agent.connectors.files.part import Make
from connector_agent.connectors.files.settings import WriteSettings
from connector_agent.connectors.files.xlsx_writing import check_cells, check_size, make_xlsx

_MARKS = {
    "utf-8-sig": (codecs.BOM_UTF8, "utf-8"),
    "utf-16": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "utf-32": (codecs.BOM_UTF32_LE, "utf-32-le"),
}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


_KEPT = 2000
"""Requests whose rows are kept between their check and their writing."""


class _RowsOf:
    """The rows of requests, each made once: for its check, and when it is written."""

    def __init__(self, settings: WriteSettings) -> None:
        self._columns = frozenset(settings.columns)
        self._lists = settings.lists
        self._kept: dict[bytes, list[dict[str, Scalar]]] = {}

    def look(self, request: bytes) -> list[dict[str, Scalar]]:
        """Raises CellError."""
        rows = rows_of(request, self._columns, self._lists)
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[request] = rows
        return rows

    def take(self, request: bytes) -> list[dict[str, Scalar]]:
        """Raises CellError."""
        kept = self._kept.pop(request, None)
        return rows_of(request, self._columns, self._lists) if kept is None else kept


class Content(Protocol):
    """How requests become bytes of a part. `columns` are those that were met or written, `rows`
    is how many were; both are what a resume goes on with."""

    columns: tuple[str, ...]
    rows: int

    def check(self, request: bytes) -> None:
        """Raises CellError when the request surely can't be written."""
        ...

    def line(self, request: bytes) -> bytes:
        """The bytes to append. Raises CellError."""
        ...

    def end(self) -> bytes:
        """What is still due when no record follows."""
        ...

    def make(self) -> Make | None:
        """How the file is made of the part; None when the part is the file."""
        ...


def content_of(settings: WriteSettings, columns: tuple[str, ...], rows: int) -> Content:
    """The content of a target, at its beginning or where a resume goes on."""
    match settings.kind:
        case "jsonl":
            return JsonLines(settings, rows)
        case "json":
            return JsonArray(settings, rows)
        case "csv" if settings.columns:
            return CsvLines(settings, columns, rows)
        case _:
            return Rows(settings, columns, rows)


class JsonLines:
    """One object a line, names and their order as they are."""

    columns: tuple[str, ...] = ()

    def __init__(self, settings: WriteSettings, rows: int) -> None:
        self.rows = rows
        self._settings = settings

    def check(self, request: bytes) -> None:
        pass

    def line(self, request: bytes) -> bytes:
        self.rows += 1
        return request + b"\n"

    def end(self) -> bytes:
        return b""

    def make(self) -> Make | None:
        return _packing(self._settings)


class JsonArray(JsonLines):
    """One list of all objects, each on a line of its own."""

    def line(self, request: bytes) -> bytes:
        self.rows += 1
        return (b"[\n" if self.rows == 1 else b",\n") + request

    def end(self) -> bytes:
        return b"\n]\n" if self.rows else b"[]\n"


class CsvLines:
    """A header of the stated columns, and the rows."""

    def __init__(self, settings: WriteSettings, written: tuple[str, ...], rows: int) -> None:
        self.columns = written
        self.rows = rows
        self._settings = settings
        self._rows_of = _RowsOf(settings)
        self._text = _Text(settings)

    def check(self, request: bytes) -> None:
        columns = self._settings.columns
        for cells in self._rows_of.look(request):
            self._text.check(in_order(cells, columns), columns)

    def line(self, request: bytes) -> bytes:
        columns = self._settings.columns
        rows = self._rows_of.take(request)
        lines = [self._text.row(in_order(cells, columns), columns) for cells in rows]
        self.rows += len(lines)
        return self._header() + b"".join(lines)

    def end(self) -> bytes:
        return self._header()

    def make(self) -> Make | None:
        return _packing(self._settings)

    def _header(self) -> bytes:
        if self.columns:
            return b""
        self.columns = self._settings.columns
        return self._text.header(self.columns)


class Rows:
    """Cells in the order of their columns; a new column goes behind the ones before it."""

    def __init__(self, settings: WriteSettings, columns: tuple[str, ...], rows: int) -> None:
        self.columns = columns or settings.columns
        self.rows = rows
        self._known = frozenset(self.columns)
        self._rows_of = _RowsOf(settings)
        self._settings = settings
        self._text = _Text(settings)

    def check(self, request: bytes) -> None:
        self._cells(self._rows_of.look(request))

    def line(self, request: bytes) -> bytes:
        found = self._cells(self._rows_of.take(request))
        if self._settings.kind == "xlsx":
            check_size(self.rows + len(found), len(found[-1][0]))
        if found[-1][0] is not self.columns:
            self.columns = found[-1][0]
            self._known = frozenset(self.columns)
        self.rows += len(found)
        return b"".join(_ENCODER.encode(row) + b"\n" for _, row in found)

    def end(self) -> bytes:
        return b""

    def make(self) -> Make | None:
        settings, columns = self._settings, self.columns
        if settings.kind == "xlsx":
            return lambda part, out: make_xlsx(_rows(part, columns), columns, settings.sheet, out)
        if settings.kind == "parquet":
            from connector_agent.connectors.files.parquet import make_parquet

            return lambda part, out: make_parquet(lambda: _rows(part, columns), columns, out)
        return self._make_csv

    def _make_csv(self, part: BinaryIO, out: BinaryIO) -> None:
        with packed(out, self._settings.packing, self._settings.member) as packer:
            if self.columns:
                packer.write(self._text.header(self.columns))
            for row in _rows(part, self.columns):
                packer.write(self._text.row(row, self.columns))

    def _cells(self, rows: list[dict[str, Scalar]]) -> list[tuple[tuple[str, ...], list[Scalar]]]:
        """Each row with the columns that are known behind it."""
        settings = self._settings
        columns = self.columns
        found = []
        for cells in rows:
            if not settings.columns and not cells.keys() <= self._known:
                fresh = [name for name in cells if name not in columns]
                columns = (*columns, *fresh)
            row = in_order(cells, columns)
            if settings.kind == "csv":
                self._text.check(row, columns)
            elif settings.kind == "xlsx":
                check_cells(columns, row)
            found.append((columns, row))
        if not columns:
            raise CellError(
                Problem(
                    "not_an_object",
                    "The first record has no field to make a column of.",
                    "Make an object with a field of it in the mapping.",
                )
            )
        return found


class _Text:
    """CSV in the encoding that is asked for."""

    def __init__(self, settings: WriteSettings) -> None:
        name = codecs.lookup(settings.encoding or "utf-8").name
        self._stated = settings.encoding
        self._mark, self._name = _MARKS.get(name, (b"", name))
        self._delimiter = settings.delimiter
        self._marks = settings.mark_formulas

    def header(self, columns: tuple[str, ...]) -> bytes:
        """With the mark of the encoding before it."""
        return self._mark + self.row(columns, columns)

    def check(self, cells: list[Scalar], columns: tuple[str, ...]) -> None:
        """Raises CellError where a character has no place in the encoding; that a column has
        none is told by the first record with it."""
        if not self._name.startswith("utf"):
            self.row(cells, columns)
            self.row(columns, columns)

    def row(self, cells: "list[Scalar] | tuple[str, ...]", columns: tuple[str, ...]) -> bytes:
        """Raises CellError where a character has no place in the encoding."""
        if self._marks:
            cells = [*map(marked, cells)]
        try:
            return csv_line(cells, self._delimiter).encode(self._name)
        except UnicodeEncodeError as error:
            char = error.object[error.start]
            raise CellError(
                Problem(
                    "not_encodable",
                    f"{char!r} (U+{ord(char):04X}) has no place in {self._stated}.",
                    "State `encoding: utf-8`, or replace it in the mapping.",
                    path=next(
                        (
                            name
                            for name, cell in zip(columns, cells, strict=True)
                            if char in text_of(cell) or char in name
                        ),
                        "",
                    ),
                    value=shown(char),
                )
            ) from None


def _packing(settings: WriteSettings) -> Make | None:
    """Gzip can be cut and gone on with, so that the part has it already."""
    if settings.packing in ("", "gzip"):
        return None
    return partial(pack, packing=settings.packing, member=settings.member)


def _rows(part: BinaryIO, columns: tuple[str, ...]) -> Iterator[list[Scalar]]:
    """The rows of a part, each filled up to all columns."""
    part.seek(0)
    decode = msgspec.json.Decoder(float_hook=Decimal).decode
    for line in part:
        row = decode(line)
        yield row + [None] * (len(columns) - len(row))
