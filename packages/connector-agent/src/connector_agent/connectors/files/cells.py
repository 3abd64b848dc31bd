"""Turns a JSON object into the cells of one CSV row. Pure."""

import csv
import io
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
    for name, cell in _walk(_DECODER.decode(request), "", frozenset(columns)):
        if name in cells:
            raise CellError(
                Problem(
                    "column_twice",
                    f"Two fields of the record belong to the column {name!r}.",
                    "Rename one of them in the mapping.",
                    path=name,
                )
            )
        cells[name] = cell
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
    """One row in UTF-8, ended as RFC 4180 says. Ending with a carriage return, too, makes the
    writer quote a cell that holds a lone one, which would end the row for a reader."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


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


def _walk(value: object, path: str, columns: frozenset[str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and (not path or path not in columns):
        for name, part in value.items():
            yield from _walk(part, f"{path}.{name}" if path else name, columns)
    else:
        yield path, _cell(value)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return _ENCODER.encode(value).decode()
