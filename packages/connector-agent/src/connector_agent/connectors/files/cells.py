"""Turns a JSON object into the cells of one CSV row. Pure."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
from connector_sdk import Field, Problem, did_you_mean, shown

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class CellError(Exception):
    """A request that has no place in the columns; carries the Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def flattened(request: bytes, columns: Sequence[str]) -> dict[str, str]:
    """The cells of a request by column: nested objects become dotted columns, unless the
    object itself is one of `columns`; lists become JSON text, null an empty cell. Text stays
    as it is, also where a spreadsheet would take it for a formula. Raises CellError when two
    fields meet in one column."""
    cells: dict[str, str] = {}
    for name, value in _DECODER.decode(request).items():
        _fill(cells, name, value, columns)
    return cells


def in_order(cells: dict[str, str], columns: Sequence[str]) -> list[str]:
    """The cells as `columns` stand; what a record does not have is empty. Raises CellError
    for a field without a column."""
    row = [cells.pop(name, "") for name in columns]
    if cells:
        name = next(iter(cells))
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


def csv_line(cells: Sequence[str], delimiter: str) -> bytes:
    """One row in UTF-8 as RFC 4180 wants it; a lone carriage return is quoted as well, since
    it ends a row for many readers."""
    special = re.compile(f'[{re.escape(delimiter)}"\r\n]').search
    row = delimiter.join(
        ['"' + cell.replace('"', '""') + '"' if special(cell) else cell for cell in cells]
    )
    # A row that is nothing at all would be an empty line, which readers pass over.
    return f"{row}\r\n".encode() if row else b'""\r\n'


def columns_as_field(columns: Sequence[str]) -> Field:
    """Stated columns as the schema of a request: dotted ones are nested objects."""
    children: dict[str, list[str]] = {}
    for column in columns:
        name, _, rest = column.partition(".")
        children.setdefault(name, []).append(rest)
    return Field(name="", type="object", fields=tuple(_fields(children)))


def _fields(children: dict[str, list[str]]) -> Iterator[Field]:
    for name, rests in children.items():
        if all(rests):
            nested = columns_as_field(rests)
            yield Field(name=name, type="object", fields=nested.fields)
        else:
            yield Field(name=name, type="any")


def _fill(cells: dict[str, str], path: str, value: object, columns: Sequence[str]) -> None:
    if isinstance(value, dict) and path not in columns:
        for name, part in value.items():
            _fill(cells, f"{path}.{name}", part, columns)
    elif path in cells:
        raise CellError(
            Problem(
                "column_twice",
                f"Two fields of the record belong to the column {path!r}.",
                "Rename one of them in the mapping.",
                path=path,
            )
        )
    else:
        cells[path] = _cell(value)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return _ENCODER.encode(value).decode()
