"""Objects and ids from files and pipes, streamed."""

import csv
import io
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO, NamedTuple

import orjson
from connector_sdk import JSON, Problem, SettingError, shown

from connector_agent.connectors.files.csv_reading import find_delimiter, rows
from connector_agent.connectors.files.limits import bounded_lines
from connector_agent.runs.guards import long_number, loses_digits

STDIN = "-"
_WHOLE = 1 << 26
"""Characters of a line, and of a document that is taken as a whole: it is held in memory."""
_ID_COLUMNS = ("id", "_id")


class Given(NamedTuple):
    """One object or id and its place for people, or its problem."""

    value: JSON
    at: str
    problem: Problem | None = None


class Lines(NamedTuple):
    """A text read line by line, and its name for people."""

    name: str
    lines: Iterator[str]


def lines_of(path: str) -> Lines:
    """The lines of a file, or of standard input for "-". Raises SettingError for a file that
    can't be opened or, while reading, isn't UTF-8."""
    if path == STDIN:
        return Lines("standard input", _decoded("Standard input", _stdin()))
    try:
        file = Path(path).open(encoding="utf-8-sig", newline="")  # noqa: SIM115
    except OSError as error:
        raise SettingError(
            Problem(
                "file_unreadable",
                f"{path} can't be read: {error.strerror}.",
                'Correct the path, or write "-" for the standard input.',
                value=path,
            )
        ) from None
    return Lines(Path(path).name, _decoded(path, file))


def objects(text: Lines) -> Iterator[Given]:
    """The JSON objects of a text: JSON Lines, one object, or a list of objects. A faulty line
    yields its problem. Raises SettingError for any other text."""
    first, numbered = _begun(text)
    if first is None:
        return
    number, line = first
    if isinstance(_parsed(line), dict):
        yield _object(line, f"{text.name} line {number}")
        for number, line in numbered:
            if line.strip():
                yield _object(line, f"{text.name} line {number}")
        return
    whole = _whole(text.name, line, numbered)
    try:
        value = orjson.loads(whole)
    except orjson.JSONDecodeError as error:
        raise SettingError(
            Problem(
                "not_json",
                f"{text.name} holds neither JSON nor JSON Lines: {error}.",
                "Give one JSON object, a list of them, or one object a line. Rows of a table are "
                "imported by an operation, which says what becomes of each column.",
            )
        ) from None
    if long := long_number(whole.encode()):
        raise SettingError(loses_digits(long))
    for count, each in enumerate(value if isinstance(value, list) else [value], 1):
        at = f"{text.name} item {count}" if isinstance(value, list) else text.name
        yield Given(each, at) if isinstance(each, dict) else _no_object(each, at)


def _whole(name: str, first: str, numbered: Iterator[tuple[int, str]]) -> str:
    lines = [first]
    size = len(first)
    for _, line in numbered:
        size += len(line)
        if size > _WHOLE:
            raise SettingError(_too_long(name, "a document of"))
        lines.append(line)
    return "".join(lines)


def _too_long(name: str, what: str) -> Problem:
    return Problem(
        "record_too_long",
        f"{name} has {what} more than {_WHOLE:,} characters.",
        "Give one object a line (JSON Lines), which may be as many as you like.",
        value=name,
    )


def ids(text: Lines) -> Iterator[Given]:
    """The ids of a text: one a line, the column "id" of CSV, or the field "id" of JSON objects.
    Raises SettingError for CSV without that column."""
    first, numbered = _begun(text)
    if first is None:
        return
    number, line = first
    again = Lines(text.name, chain(["\n"] * (number - 1), [line], (each for _, each in numbered)))
    if line.lstrip()[0] in "{[":
        for given in objects(again):
            yield given if given.problem else _id_of(given)
    elif _is_header(line):
        yield from _column(again)
    else:
        for number, each in enumerate(again.lines, 1):
            if each.strip():
                yield _checked(each.strip(), f"{text.name} line {number}")


def _stdin() -> IO[str]:
    """Standard input with its own buffer: a thread blocked in Python's own would block exit."""
    try:
        number = sys.stdin.fileno()
    except io.UnsupportedOperation:
        return sys.stdin
    return open(number, encoding="utf-8", newline="", closefd=False)


def _decoded(name: str, file: IO[str]) -> Iterator[str]:
    try:
        with file:
            for line in bounded_lines(file, _WHOLE):
                if len(line) > _WHOLE:
                    raise SettingError(_too_long(name, "a line of"))
                yield line
    except UnicodeDecodeError:
        raise SettingError(
            Problem("not_utf8", f"{name} is not text in UTF-8.", "Save it as UTF-8.")
        ) from None


def _begun(text: Lines) -> tuple[tuple[int, str] | None, Iterator[tuple[int, str]]]:
    """The first line that isn't blank, and the following lines, numbered."""
    numbered = enumerate((line.removeprefix("\ufeff") for line in text.lines), 1)
    first = next((each for each in numbered if each[1].strip()), None)
    return first, numbered


def _parsed(line: str) -> JSON:
    try:
        value: JSON = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return value


def _object(line: str, at: str) -> Given:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Given(
            None,
            at,
            Problem(
                "line_unreadable",
                f"The line is not JSON: {error}.",
                "Correct the line; each has to hold one JSON object in UTF-8.",
                value=shown(line),
                at=at,
            ),
        )
    if long := long_number(line.encode()):
        return Given(None, at, loses_digits(long, at))
    return Given(value, at) if isinstance(value, dict) else _no_object(value, at)


def _no_object(value: JSON, at: str) -> Given:
    return Given(
        None,
        at,
        Problem(
            "not_object",
            f"This is no JSON object: {shown(value)}.",
            "Hand over one JSON object for each record.",
            value=shown(value),
            at=at,
        ),
    )


def _id_of(given: Given) -> Given:
    name = given.value.get("id") if isinstance(given.value, dict) else None
    return _checked(name.strip() if isinstance(name, str) else "", given.at)


def _checked(name: str, at: str) -> Given:
    if name and not any(sign.isspace() for sign in name):
        return Given(name, at)
    return Given(
        None,
        at,
        Problem(
            "missing_id",
            f"{shown(name)!r} is no id." if name else "There is no id.",
            "Give one id a line, a CSV file with a column `id`, or JSON objects with an `id`.",
            value=shown(name),
            at=at,
        ),
    )


def _is_header(line: str) -> bool:
    cells = next(csv.reader([line.strip()], delimiter=find_delimiter(line, True, '"')))
    return len(cells) > 1 or cells[0].strip().casefold() in _ID_COLUMNS


def _column(text: Lines) -> Iterator[Given]:
    head = next(text.lines)
    while not head.strip():
        head = next(text.lines)
    delimiter = find_delimiter(head, True, '"')
    header = next(csv.reader([head.strip()], delimiter=delimiter))
    names = [name.strip().casefold() for name in header]
    at = next((names.index(name) for name in _ID_COLUMNS if name in names), None)
    if at is None:
        raise SettingError(
            Problem(
                "no_id_column",
                f"{text.name} has no column `id`; its columns are: {shown(', '.join(header))}.",
                "Name the column of the ids `id`, or give one id a line.",
            )
        )
    for row in rows(text.lines, delimiter, '"'):
        place = f"{text.name} row {row.number + 1}"
        if row.fault:
            yield Given(None, place, Problem("row_unreadable", row.fault, "Correct it.", at=place))
        elif row.cells:
            yield _checked(row.cells[at].strip() if at < len(row.cells) else "", place)
