"""Turns a JSON object into the cells of one or more rows of a table. Pure."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec
from connector_sdk import Problem, did_you_mean, shown

Cell = str | int | Decimal | bool | None
"""Lists, and objects that are a column themselves, are JSON text."""

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class CellError(Exception):
    """A request that has no place in the columns; carries the Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class Flattening(NamedTuple):
    """How objects become cells. `columns` are the stated ones: an object that is one of them
    stays whole. `json_columns` hold JSON whatever the value is. With `list_rows` each element
    of a list makes a row."""

    columns: tuple[str, ...] = ()
    json_columns: tuple[str, ...] = ()
    list_rows: bool = False

    def rows(self, request: bytes) -> list[dict[str, Cell]]:
        """The cells by column, one row or as many as the list has elements: nested objects
        become dotted columns, the other cells are repeated. Text stays as it is, also where a
        spreadsheet would take it for a formula. Raises CellError when two fields meet in one
        column, and for two lists that would both make rows."""
        return self._object("", _DECODER.decode(request))

    def _object(self, prefix: str, value: dict[str, object]) -> list[dict[str, Cell]]:
        rows: list[dict[str, Cell]] = [{}]
        for name, part in value.items():
            found = self._part(f"{prefix}{name}", part)
            for cells in found:
                for column in cells:
                    if column in rows[0]:
                        raise CellError(_column_twice(column))
            if len(found) == 1:
                for row in rows:
                    row.update(found[0])
            elif len(rows) == 1:
                rows = [rows[0] | cells for cells in found]
            else:
                raise CellError(_two_lists(f"{prefix}{name}"))
        return rows

    def _part(self, path: str, value: object) -> list[dict[str, Cell]]:
        if path in self.json_columns:
            return [{path: None if value is None else _json(value)}]
        match value:
            case dict() if path not in self.columns:
                return self._object(f"{path}.", value)
            case list() if self.list_rows:
                return [row for part in value for row in self._part(path, part)] or [{}]
            case None | str() | int() | Decimal():
                return [{path: value}]
            case _:
                return [{path: _json(value)}]


def in_order(cells: dict[str, Cell], columns: Sequence[str]) -> list[Cell]:
    """The cells as `columns` stand; what a record does not have is None. Raises CellError
    for a field without a column."""
    row = [cells.get(name) for name in columns]
    if sum(name in cells for name in columns) != len(cells):
        name = next(name for name in cells if name not in columns)
        hint = did_you_mean(name, columns)
        raise CellError(
            Problem(
                "unknown_column",
                f"The file has no column {name!r}; its columns are: {shown(', '.join(columns))}.",
                f"{hint} State it in the target's `columns`, or take it out of the mapping."
                if hint
                else "State it in the target's `columns`, or take it out of the mapping.",
                path=name,
            )
        )
    return row


def text_of(cell: Cell) -> str:
    """A cell as CSV has it; nothing for None."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case _:
            return _json(cell)


def csv_line(cells: Sequence[str], delimiter: str) -> bytes:
    """One row in UTF-8 as RFC 4180 wants it; a lone carriage return is quoted as well, since
    it ends a row for many readers."""
    special = re.compile(f'[{re.escape(delimiter)}"\r\n]').search
    row = delimiter.join(
        ['"' + cell.replace('"', '""') + '"' if special(cell) else cell for cell in cells]
    )
    # A row that is nothing at all would be an empty line, which readers pass over.
    return f"{row}\r\n".encode() if row else b'""\r\n'


def _json(value: object) -> str:
    return _ENCODER.encode(value).decode()


def _column_twice(column: str) -> Problem:
    return Problem(
        "column_twice",
        f"Two fields of the record belong to the column {column!r}.",
        "Rename one of them in the mapping.",
        path=column,
    )


def _two_lists(path: str) -> Problem:
    return Problem(
        "two_lists",
        f"{path!r} is the second list of the record, and only one can make rows.",
        "Take one of them out of the mapping, or state it in `json_columns`.",
        path=path,
    )
