"""Records and outcomes on standard output: table, JSON, JSON Lines or CSV, streamed."""

import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

import orjson
from connector_sdk import JSON, Schemas, visible
from connector_sdk.path import ABSENT, Path, parse_path, picked, read_each
from connector_sdk.schema import ANY_OBJECT
from connector_sdk.writing import Written
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from connector_agent.cli.one_off.columns import Column, chosen, sensible
from connector_agent.cli.one_off.columns import text_of as text_of_cell
from connector_agent.cli.output import on_line, out, print_json, write_json, write_text
from connector_agent.connectors.files.cells import (
    CellError,
    Scalar,
    csv_line,
    marked,
    rows_of,
    text_of,
)
from connector_agent.runs.outcome_table import MORE, problem_json

SAMPLE = 100
"""Records from which the columns of a table or a CSV file are chosen."""

_WIDEST = 40


class Rows(Protocol):
    """Prints records in one format. Call `end` after the last."""

    def add(self, raw: bytes) -> None:
        """Adds a record, a JSON object."""
        ...

    def end(self) -> None:
        """Prints what is buffered."""
        ...


def format_of(given: Mapping[str, Any]) -> str:
    """The format asked for; by default a table on a terminal, else JSON Lines."""
    stated = "jsonl" if given["as_json"] else given["format"]
    return stated or ("table" if sys.stdout.isatty() else "jsonl")


def rows_for(
    format: str,
    fields: Sequence[str],
    schemas: Schemas,
    *,
    alone: bool = False,
    mark: bool = False,
) -> Rows:
    """The printer of a format, limited to `fields` if given. `mark`: mark formulas in CSV.
    `alone`: print one record with a line per field."""
    paths = [parse_path(name) for name in fields]
    match format:
        case "jsonl":
            return JsonLines(paths)
        case "json":
            return JsonList(paths)
        case "csv":
            return CsvRows(fields, paths, mark=mark)
    return FieldRows(schemas) if alone and not fields else TableRows(fields, schemas)


class JsonLines:
    """One object a line, unchanged unless fields are chosen."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def add(self, raw: bytes) -> None:
        write_json(_picked(raw, self._paths).decode() + "\n")

    def end(self) -> None:
        sys.stdout.flush()


class JsonList:
    """One JSON list of all objects."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._before = "[\n"

    def add(self, raw: bytes) -> None:
        write_json(self._before + _picked(raw, self._paths).decode())
        self._before = ",\n"

    def end(self) -> None:
        write_json("[]\n" if self._before == "[\n" else "\n]\n")
        sys.stdout.flush()


class CsvRows:
    """A header and a row each. Columns are the chosen fields, or those of the first records;
    further fields of later records go into `_more`."""

    def __init__(self, fields: Sequence[str], paths: Sequence[Path], *, mark: bool) -> None:
        self._paths = paths
        self._mark = mark
        self._columns = list(fields)
        self._waiting: list[dict[str, Scalar]] = []
        self._begun = False

    def add(self, raw: bytes) -> None:
        chosen = _flat(raw, self._columns, self._paths) if self._paths else raw
        cells = _cells(chosen, self._columns)
        if self._begun:
            self._write(cells)
            return
        self._waiting.append(cells)
        if self._paths or len(self._waiting) > SAMPLE:
            self._begin(more=not self._paths)

    def end(self) -> None:
        if not self._begun:
            self._begin(more=False)
        sys.stdout.flush()

    def _begin(self, *, more: bool) -> None:
        self._begun = True
        if not self._columns:
            sample = self._waiting[:SAMPLE]
            self._columns = _columns(sample)
            if more:
                self._columns.append(MORE)
        if self._columns:
            self._put(self._columns)
        for cells in self._waiting:
            self._write(cells)
        self._waiting.clear()

    def _write(self, cells: dict[str, Scalar]) -> None:
        row = [cells.pop(name, None) for name in self._columns]
        rest = {name: text_of(cell) for name, cell in cells.items() if cell not in _EMPTY}
        if rest and self._columns[-1:] == [MORE]:
            row[-1] = orjson.dumps(rest).decode()
        self._put(row)

    def _put(self, cells: Sequence[Scalar]) -> None:
        write_text(csv_line([*map(marked, cells)] if self._mark else cells, ","))


_EMPTY = (None, "")


def _cells(raw: bytes, columns: Sequence[str]) -> dict[str, Scalar]:
    """One row. Where two fields share a column ("a.b" beside "a" with "b"), objects remain one
    cell of JSON."""
    try:
        return rows_of(raw, columns, "json")[0]
    except CellError:
        return rows_of(raw, [*columns, *orjson.loads(raw)], "json")[0]


def _columns(sample: Sequence[dict[str, Scalar]]) -> list[str]:
    """The columns in order; of an object that some records lack, only its fields."""
    names = list(dict.fromkeys(name for cells in sample for name in cells))
    filled = {name for cells in sample for name, cell in cells.items() if cell not in _EMPTY}
    above = {name.rpartition(".")[0] for name in names}
    return [name for name in names if name in filled or name not in above]


class FieldRows:
    """A line for each field with a value."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def add(self, raw: bytes) -> None:
        cells = _cells(raw, ())
        shown = [(name, value) for name, value in cells.items() if value not in _EMPTY]
        width = max((cell_len(name) for name, _ in shown), default=0)
        for name, value in shown:
            text = Text(f"{visible(set_cell_size(name, width), one_line=True)}  ", style="dim")
            text.append(_text(name, value, self._schemas), style="not dim")
            out.print(text)

    def end(self) -> None:
        pass


def _text(name: str, value: Scalar, schemas: Schemas) -> str:
    if isinstance(value, Decimal):
        return str(value)
    return text_of_cell(value, schemas.response.child(name))


class TableRows:
    """A table with widths from the first records; a terminal cuts longer values."""

    def __init__(self, fields: Sequence[str], schemas: Schemas) -> None:
        self._schemas = schemas
        self._columns: list[Column] = chosen(fields, schemas)
        self._waiting: list[Mapping[str, JSON]] = []
        self._widths: list[int] = []

    def add(self, raw: bytes) -> None:
        record = orjson.loads(raw)
        if self._widths:
            self._print([column.cell(record) for column in self._columns])
            return
        self._waiting.append(record)
        if len(self._waiting) == SAMPLE:
            self.end()

    def end(self) -> None:
        if self._widths or not self._waiting:
            return
        if not self._columns:
            self._columns = sensible(self._waiting, self._schemas)
        table = [[column.cell(record) for column in self._columns] for record in self._waiting]
        titles = [visible(column.title, one_line=True) for column in self._columns]
        self._widths = [max(map(cell_len, cells)) for cells in zip(titles, *table, strict=True)]
        if out.is_terminal:
            self._widths = _fitted([min(width, _WIDEST) for width in self._widths], out.width)
        self._print(titles, style="bold")
        for cells in table:
            self._print(cells)
        self._waiting.clear()

    def _print(self, cells: Sequence[str], style: str = "") -> None:
        line = "  ".join(
            _padded(cell, width) for cell, width in zip(cells, self._widths, strict=True)
        )
        out.print(Text(line.rstrip(), style=style))


def _picked(raw: bytes, paths: Sequence[Path]) -> bytes:
    """The record with only these paths; without paths, unchanged."""
    return orjson.dumps(picked(orjson.loads(raw), paths)) if paths else raw


def _flat(raw: bytes, names: Sequence[str], paths: Sequence[Path]) -> bytes:
    """The record with only these fields, each named by its full path."""
    record = orjson.loads(raw)
    values = {name: read_each(record, path) for name, path in zip(names, paths, strict=True)}
    return orjson.dumps({name: value for name, value in values.items() if value is not ABSENT})


def _padded(cell: str, width: int) -> str:
    if cell_len(cell) > width and out.is_terminal:
        return set_cell_size(cell, width - 1) + "…"
    return set_cell_size(cell, max(width, cell_len(cell)))


def _fitted(widths: list[int], whole: int) -> list[int]:
    """Widths reduced, widest first, until they fit."""
    room = whole - 2 * (len(widths) - 1)
    while sum(widths) > room and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    return widths


_COLUMNS = (
    "at",
    "outcome",
    "id",
    "request_id",
    "replayed",
    "key",
    "problem.message",
    "problem.remedy",
    "problem.path",
)
_STYLES = {"written": "green", "skipped": "dim"}


class Printer:
    """Prints outcomes in one format. Call `end` after the last."""

    def __init__(self, format: str, *, mark: bool) -> None:
        self._table = format == "table"
        self._lines = format == "jsonl"
        fields = _COLUMNS if format == "csv" else ()
        self._rows = rows_for(format, fields, Schemas(ANY_OBJECT, ANY_OBJECT), mark=mark)

    def add(self, told: Written) -> None:
        """Prints one outcome at once."""
        if self._table:
            out.print(_line(told))
        elif self._lines:
            print_json(_json(told))
        else:
            self._rows.add(orjson.dumps(_json(told)))

    def end(self) -> None:
        """Prints what is buffered."""
        if not self._table:
            self._rows.end()


def _line(told: Written) -> Text:
    outcome, problem = told.outcome, told.outcome.problem
    text = Text.assemble((f"{outcome.kind:<8}", _STYLES.get(outcome.kind, "red")))
    named = outcome.id or told.record.at or f"record {told.record.seq}"
    text.append(f"  {on_line(named)}")
    if outcome.replayed:
        text.append("  (recognised as done before)", style="dim")
    if problem is not None:
        text.append(f"  {on_line(problem.message)}")
        if problem.path and problem.path not in problem.message:
            text.append(f" (field {on_line(problem.path)})", style="dim")
        text.append(f" {on_line(problem.remedy)}" if problem.remedy else "", style="dim")
        text.append(f" {on_line(problem.request_id)}" if problem.request_id else "", style="dim")
    return text


def _json(told: Written) -> dict[str, Any]:
    outcome, problem = told.outcome, told.outcome.problem
    return {
        "seq": outcome.seq,
        "at": told.record.at,
        "outcome": outcome.kind,
        "id": outcome.id,
        "request_id": outcome.request_id or (problem.request_id if problem else ""),
        "replayed": outcome.replayed,
        "key": told.key,
        "problem": problem_json(problem) if problem is not None else None,
        "response": orjson.loads(outcome.response) if outcome.response else None,
    }
