"""A JSON object as the cells of rows, and the mark of cells that a spreadsheet would run. Pure."""

import re
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from functools import cache
from typing import Literal, TypeAlias, TypeVar

import msgspec
from connector_sdk import Problem, did_you_mean, shown

T = TypeVar("T")

MARK = "'"

_RUN = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])")
# Amounts and telephone numbers: a sign, and nothing to be computed behind it.
_PLAIN = re.compile(r"[+-]?[0-9.,][0-9.,' \u00a0\u202f\u2019]*(?:[eE][+-]?[0-9]+)?%?|[\s+\-=@]*")
_LONGEST = 100
"""Characters of a plain number, at most."""


def looks_marked(text: str) -> bool:
    """Whether the text may be one that `marked` made."""
    return text.startswith(MARK) and _RUN.match(text) is not None


def marked(cell: T) -> T | str:
    """The cell with a mark if it is text that a spreadsheet would run: one that begins with
    = + - @, also as their full-width forms and behind blanks, or with a tab or a line end. A
    plain number with its sign is none."""
    if not isinstance(cell, str) or cell[:1].isalnum() or not _RUN.match(cell):
        return cell
    plain = len(cell) <= _LONGEST and _PLAIN.fullmatch(cell.strip())
    return cell if plain else MARK + cell


def unmarked(text: str) -> str:
    """The text that `marked` was given."""
    return text[1:] if looks_marked(text) else text


Scalar: TypeAlias = str | int | bool | Decimal | None
_PLAIN_TYPES = frozenset({str, int, bool, Decimal, type(None)})
Lists = Literal["json", "columns", "rows"]
"""What becomes of a list: one cell of JSON text, columns such as `items[0].price`, or a row for
each of its elements."""

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class CellError(Exception):
    """A request that can't be written as rows; carries the Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def rows_of(request: bytes, columns: Collection[str], lists: Lists) -> list[dict[str, Scalar]]:
    """The cells of a request by column, as many rows as `lists` asks for. Nested objects become
    dotted columns; an object or a list that `columns` names stays one cell of JSON text, and
    so do lists within the elements of a list that gives rows. Text stays as it is, also where
    a spreadsheet would take it for a formula. Raises CellError when two fields meet in one
    column, or when two lists ask for rows."""
    walk = _Walk(columns, lists)
    walk.fill_all("", _DECODER.decode(request))
    if walk.exploded is None:
        return [walk.cells]
    path, elements = walk.exploded
    rows = []
    for element in elements:
        inner = _Walk(walk.columns, "json", dict(walk.cells))
        inner.fill(path, element)
        rows.append(inner.cells)
    return rows or [walk.cells]


def in_order(cells: dict[str, Scalar], columns: Sequence[str]) -> list[Scalar]:
    """The cells as `columns` stand; what a record does not have is null. Raises CellError
    for a field without a column."""
    row = [cells.get(name) for name in columns]
    if unknown := cells.keys() - columns:
        name = next(name for name in cells if name in unknown)
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


def text_of(value: Scalar) -> str:
    """A cell as text: null is empty, numbers keep their digits."""
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return _ENCODER.encode(value).decode()


@cache
def _special(delimiter: str) -> Callable[[str], object]:
    return re.compile(f'[{re.escape(delimiter)}"\r\n]').search


def csv_line(cells: Sequence[Scalar], delimiter: str) -> str:
    """One row as RFC 4180 wants it; a lone carriage return is quoted as well, since it ends a
    row for many readers."""
    texts = [cell if type(cell) is str else text_of(cell) for cell in cells]
    row = delimiter.join(texts)
    if row.count(delimiter) >= len(texts) or '"' in row or "\r" in row or "\n" in row:
        special = _special(delimiter)
        row = delimiter.join(
            ['"' + text.replace('"', '""') + '"' if special(text) else text for text in texts]
        )
    # A row that is nothing at all would be an empty line, which readers pass over.
    return f"{row}\r\n" if row else '""\r\n'


class _Walk:
    """Fills the cells of one row; `exploded` is the list that asks for rows."""

    def __init__(
        self, columns: Collection[str], lists: Lists, cells: dict[str, Scalar] | None = None
    ) -> None:
        self.columns = columns
        self.cells: dict[str, Scalar] = {} if cells is None else cells
        self.exploded: tuple[str, list[object]] | None = None
        self._lists = lists

    def fill_all(self, prefix: str, values: dict[str, object]) -> None:
        cells = self.cells
        for name, value in values.items():
            path = prefix + name
            if type(value) in _PLAIN_TYPES and path not in cells:
                cells[path] = value  # type: ignore[assignment]
            else:
                self.fill(path, value)

    def fill(self, path: str, value: object) -> None:
        if path not in self.columns:
            if isinstance(value, dict):
                self.fill_all(f"{path}.", value)
                return
            if isinstance(value, list) and self._lists != "json":
                self._spread(path, value)
                return
        if path in self.cells:
            raise CellError(
                Problem(
                    "column_twice",
                    f"Two fields of the record belong to the column {path!r}.",
                    "Rename one of them in the mapping.",
                    path=path,
                )
            )
        self.cells[path] = _scalar(value)

    def _spread(self, path: str, value: list[object]) -> None:
        if self._lists == "columns":
            for index, element in enumerate(value):
                self.fill(f"{path}[{index}]", element)
        elif self.exploded is None:
            self.exploded = (path, value)
        else:
            raise CellError(
                Problem(
                    "two_lists",
                    f"The record has two lists, {self.exploded[0]!r} and {path!r}; only one can "
                    "give the rows.",
                    f"Name one of them in `columns`, so that it is one cell of JSON text: {path}.",
                    path=path,
                )
            )


def _scalar(value: object) -> Scalar:
    if value is None or isinstance(value, str | bool | int | Decimal):
        return value
    return _ENCODER.encode(value).decode()
