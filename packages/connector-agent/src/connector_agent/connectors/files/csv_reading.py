"""CSV files as records, and the rows of a CSV text, whole or with what is wrong with them."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
from connector_sdk import Field, Problem, SettingError, shown

from connector_agent.connectors.files.columns import header_problems, unknown_columns
from connector_agent.connectors.files.encoding import Encoding, find_encoding
from connector_agent.connectors.files.limits import KEPT, Limits, bounded_lines, too_long
from connector_agent.connectors.files.opening import reading
from connector_agent.connectors.files.readable import Columns, Read, Reads, Ready
from connector_agent.connectors.files.settings import ReadSettings

_CANDIDATES = (",", ";", "\t", "|")
_JUDGED = 100


class Row(NamedTuple):
    """`number` counts as a spreadsheet does, from 1; a cell of several lines does not count
    twice. `fault` says why the row could not be read, `remedy` what to do; `text` then holds its
    lines, or their beginning."""

    number: int
    cells: list[str]
    fault: str = ""
    text: str = ""
    remedy: str = "Correct the row in the file, then run again."


class _TooLongError(Exception):
    """A row is longer than it may be."""


_LIMITS = Limits()


def rows(
    lines: Iterable[str], delimiter: str, quote: str, limits: Limits = _LIMITS
) -> Iterator[Row]:
    """Every row of `lines`, which keep their line ends. An empty line is a row without
    cells. A row that breaks the rules carries its fault, and reading goes on behind it."""
    taken: list[str] = []
    # The limit belongs to the whole process; it is never lowered for others. The rows' own
    # limit is met before it.
    csv.field_size_limit(max(csv.field_size_limit(), limits.record + 1))
    parser = csv.reader(
        _Noted(lines, taken, limits.record),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        strict=True,
    )
    number = 0
    while True:
        taken.clear()
        number += 1
        try:
            cells = next(parser)
        except StopIteration:
            return
        except _TooLongError:
            problem = too_long("It", limits, "", _likely(taken, quote))
            text = "".join(line[:KEPT] for line in taken[:KEPT])[:KEPT]
            yield Row(number, [], problem.message, text, problem.remedy)
            continue
        except csv.Error as error:
            yield Row(number, [], _told(str(error), taken, quote), "".join(taken))
            continue
        if "\0" in taken[0] or (len(taken) > 1 and "\0" in "".join(taken)):
            yield Row(number, [], "It has a NUL character in it.", "".join(taken))
            continue
        yield Row(number, cells)


def find_delimiter(text: str, whole: bool, quote: str) -> str:
    """The delimiter with which most rows have as many cells as the first. A text of one
    column gets a comma. `whole` is False when `text` ends in the middle of a row."""
    best = (0.0, 0, 0)
    found = ","
    lines = text.splitlines(keepends=True)
    for order, delimiter in enumerate(_CANDIDATES):
        if delimiter == quote:
            continue
        counts = []
        for row in rows(lines, delimiter, quote):
            if row.cells or row.fault:
                counts.append(len(row.cells))
            if len(counts) == _JUDGED:
                break
        else:
            if not whole and len(counts) > 1:
                counts.pop()
        if not counts or counts[0] < 2:
            continue
        score = (counts.count(counts[0]) / len(counts), counts[0], -order)
        if score > best:
            best, found = score, delimiter
    return found


class _Noted:
    """The lines, noted as they are taken. It goes on behind an error, which a generator
    doesn't."""

    def __init__(self, lines: Iterable[str], taken: list[str], limit: int) -> None:
        self._lines = iter(lines)
        self._taken = taken
        self._limit = limit
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if not self._taken:
            self._size = 0
        self._taken.append(line)
        self._size += len(line)
        if self._size > self._limit:
            raise _TooLongError
        return line


def _likely(taken: Sequence[str], quote: str) -> str:
    if not quote or not any(quote in line for line in taken):
        return ""
    more = f"; the {len(taken) - 1:,} lines behind it belong to it so far" * (len(taken) > 1)
    return f"Most likely a quote {quote} that opens in it is never closed{more}."


def _told(error: str, taken: Sequence[str], quote: str) -> str:
    if "unexpected end" in error:
        more = f" The {len(taken) - 1} lines behind it belong to it so far." * (len(taken) > 1)
        return f"A quote {quote} that opens in it is never closed.{more}"
    if "expected after" in error:
        return f"Text follows a closing quote {quote}, where the cell should end."
    return f"It can't be read as CSV: {error}."


_SAMPLE = 1 << 16
# Groups of three may be set apart by a point, a blank (also a narrow one) or an apostrophe.
_COMMA_NUMBER = re.compile(
    r"\s*[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:[.\u0020\u00a0\u202f'’][0-9]{3})+)(?:,[0-9]+)?\s*"
)
_GROUPING = str.maketrans({",": ".", **dict.fromkeys(".\u00a0\u202f'’ \t")})

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}


class Layout(NamedTuple):
    """What has to be known before the first record."""

    encoding: Encoding
    delimiter: str
    columns: tuple[str, ...]
    has_header: bool


def ready_csv(settings: ReadSettings) -> Ready:
    """Reads all of the file once for its encoding, and its beginning for the rest. Raises
    SettingError for an empty file and for a header that gives no sound names."""
    layout = find_layout(settings)
    columns = Columns(settings, layout.columns)
    encoding = layout.encoding
    sure = ", assumed" if encoding.assumed else ""
    name = "utf-8" if encoding.name == "utf-8-sig" else encoding.name
    between = _DELIMITERS.get(layout.delimiter, "stated")
    schema = columns.schema(
        Field(name="", type="string"), f"CSV in {name}{sure}; between cells: {between}."
    )
    return Ready(settings, lambda: csv_records(settings, layout, columns), schema)


def find_layout(settings: ReadSettings) -> Layout:
    """What `ready_csv` finds. Raises as it does."""
    encoding = find_encoding(settings.stored, settings.encoding)
    with _text(settings, encoding) as text:
        sample = text.read(_SAMPLE)
        whole = not text.read(1)
    delimiter = settings.delimiter or find_delimiter(sample, whole, settings.quote)
    if settings.header is not None:
        columns = settings.header
    else:
        columns = _header(settings, encoding, delimiter)
    problems = unknown_columns("decimal_comma", settings.decimal_comma, columns, settings.name)
    if problems:
        raise SettingError(*problems)
    return Layout(encoding, delimiter, columns, settings.header is None)


def csv_records(settings: ReadSettings, layout: Layout, made: Columns) -> Reads:
    """Every record in the order of the file. Raises SettingError when the file can't be read
    to its end."""
    name = settings.name
    columns = layout.columns
    width = len(columns)
    commas = [columns.index(column) for column in settings.decimal_comma]
    with _text(settings, layout.encoding) as text:
        header_due = layout.has_header
        for row in _rows(text, settings, layout.delimiter):
            cells = row.cells
            if row.fault or not cells:
                yield _faulty(name, row) if row.fault else None
            elif header_due:
                header_due = False
            elif len(cells) != width:
                yield _ragged(name, row, width)
            else:
                at = f"{name} row {row.number}"
                problem = _commas_to_points(cells, commas, columns, at) if commas else None
                yield made.read(cells, at, problem)


@contextmanager
def _text(settings: ReadSettings, encoding: Encoding) -> Iterator[io.TextIOWrapper]:
    """The text with its line ends as they are. The encoding was proved on the whole file, so
    that a byte that does not fit means that the file changed since."""
    with (
        reading(settings.stored) as file,
        io.TextIOWrapper(file, encoding=encoding.name, newline="") as text,
    ):
        try:
            yield text
        except UnicodeError as error:
            raise SettingError(
                Problem(
                    "file_changed",
                    f"{settings.name} changed while it was read: it is no longer {encoding.name}.",
                    "Run again when nobody writes to the file.",
                    path="path",
                )
            ) from error


def _rows(text: io.TextIOWrapper, settings: ReadSettings, delimiter: str) -> Iterator[Row]:
    limits = settings.limits
    return rows(bounded_lines(text, limits.record), delimiter, settings.quote, limits)


def _header(settings: ReadSettings, encoding: Encoding, delimiter: str) -> tuple[str, ...]:
    name = settings.name
    with _text(settings, encoding) as text:
        for row in _rows(text, settings, delimiter):
            if row.fault:
                raise SettingError(
                    Problem(
                        "header_unreadable",
                        f"The header of {name} can't be read. {row.fault}",
                        "Correct the first row of the file, or state `delimiter` and `quote`.",
                        path="path",
                        at=f"{name} row {row.number}",
                    )
                )
            if row.cells:
                problems = header_problems(tuple(row.cells), "path")
                if problems:
                    at = f"{name} row {row.number}"
                    raise SettingError(*(problem._replace(at=at) for problem in problems))
                return tuple(row.cells)
    raise SettingError(
        Problem(
            "file_empty",
            f"{name} is empty; a header with the names of the columns was expected.",
            "Look at where the file comes from, or correct the path.",
            path="path",
        )
    )


def _faulty(name: str, row: Row) -> Read:
    at = f"{name} row {row.number}"
    problem = Problem(
        "row_unreadable",
        f"The row can't be read. {row.fault}",
        row.remedy,
        value=shown(row.text),
        at=at,
    )
    return msgspec.json.encode({"text": row.text}), at, problem


def _ragged(name: str, row: Row, width: int) -> Read:
    at = f"{name} row {row.number}"
    found = len(row.cells)
    problem = Problem(
        "row_ragged",
        f"The row has {found} cell{'s' * (found != 1)}; the header has {width}.",
        "Correct the row in the file; a cell that holds the delimiter has to stand in quotes."
        if found > width
        else "Correct the row in the file; an empty cell needs its delimiter, too.",
        value=shown(", ".join(row.cells)),
        at=at,
    )
    return msgspec.json.encode({"cells": row.cells}), at, problem


def _commas_to_points(
    cells: list[str], commas: list[int], columns: tuple[str, ...], at: str
) -> Problem | None:
    """Rewrites the numbers in place; a cell without a digit is no number and stays."""
    problem = None
    for index in commas:
        cell = cells[index]
        if _COMMA_NUMBER.fullmatch(cell):
            cells[index] = cell.translate(_GROUPING)
        elif problem is None and any(char.isdigit() for char in cell):
            problem = Problem(
                "not_a_comma_number",
                f"{columns[index]} is {shown(cell)!r}, which is no number with a decimal comma.",
                "Correct the cell, or take the column out of `decimal_comma`.",
                path=columns[index],
                value=shown(cell),
                at=at,
            )
    return problem
