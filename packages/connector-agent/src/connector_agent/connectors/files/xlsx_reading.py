"""Excel workbooks as records: the rows of one sheet, read as they come."""

import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import IO, TYPE_CHECKING, Any, BinaryIO
from xml.etree.ElementTree import ParseError

import msgspec
from connector_sdk import JSON, Field, Problem, SettingError, did_you_mean, shown

from connector_agent.connectors.files.columns import header_problems
from connector_agent.connectors.files.limits import too_long, unpacked_too_large
from connector_agent.connectors.files.opening import Stored, reading
from connector_agent.connectors.files.readable import Columns, Read, Reads, Ready
from connector_agent.connectors.files.settings import ReadSettings
from connector_agent.connectors.files.xlsx_writing import ROW_LIMIT

if TYPE_CHECKING:
    from openpyxl import Workbook

PART_LIMIT = 1 << 28
"""Bytes that a part of a workbook may have which is held in memory, such as its texts."""

_HELD = re.compile(
    r"(sharedstrings|styles|workbook|theme\d*|\[content_types\])\.xml$|\.rels$|^docprops/"
)
_TEXTS = (b"<si>", b"<si ", b"<si/", b":si>", b":si ", b":si/")
_FORMULAS = (b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/")
_ROWS = (b"<row", b":row ")
_ROWS_END = re.compile(rb"</(?:\w+:)?sheetData")
_CHUNK = 1 << 20
# Excel writes a character that XML has no place for as _x000D_; half of one is none.
_ESCAPED = re.compile(r"_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
_BROKEN = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ParseError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
)
_Cells = Sequence[Any]


def ready_xlsx(settings: ReadSettings) -> Ready:
    """Finds the sheet and the names of its columns. Raises SettingError when there are none, or
    when the file is no workbook."""
    with _told(settings.name):
        formulas = _walked(settings)
    with _sheet(settings, values=True) as (title, opened):
        names, above = _header(settings, opened(), title)
    columns = Columns(settings, names)
    description = f"Excel, sheet {title!r}."
    schema = columns.schema(Field(name="", type="any"), description)
    return Ready(settings, lambda: xlsx_records(settings, columns, above, formulas), schema)


def xlsx_records(settings: ReadSettings, columns: Columns, above: int, formulas: bool) -> Reads:
    """Every record of the sheet behind its first `above` rows. A row whose cells are all empty
    is passed over. Raises SettingError when the sheet can't be read to its end."""
    width = len(columns.names)
    with _sheet(settings, values=True) as (_, opened):
        rows = opened()
        for number, (cells, stated) in enumerate(_paired(settings, rows, formulas), start=1):
            if number <= above:
                continue
            _require_row(settings.name, number)
            values = [_value(cell) for cell in cells]
            at = f"{settings.name} row {number}"
            problem = _fault(columns.names, cells, stated, at)
            while values and values[-1] == "" and (problem is None or len(values) > width):
                values.pop()
            if not values:
                yield None
            elif len(values) > width:
                yield _ragged(values, width, at)
            else:
                values.extend([""] * (width - len(values)))
                yield columns.read(values, at, problem)


def _paired(
    settings: ReadSettings, rows: Iterator[_Cells], formulas: bool
) -> Iterator[tuple[_Cells, _Cells]]:
    """Rows with their values, and with their formulas where the sheet has any: a formula that
    was never calculated has no value, and would pass for an empty cell."""
    if not formulas:
        yield from ((row, ()) for row in rows)
        return
    with _sheet(settings, values=False) as (_, opened):
        yield from zip(rows, opened(), strict=True)


def _header(settings: ReadSettings, rows: Iterator[_Cells], title: str) -> tuple[list[str], int]:
    """The names of the columns, and how many rows stand above the first record."""
    if settings.header is not None:
        return list(settings.header), settings.header_row
    for number, cells in enumerate(rows, start=1):
        _require_row(settings.name, number)
        names = [str(value) for value in map(_value, cells)]
        while names and not names[-1].strip():
            names.pop()
        if number == settings.header_row or (names and not settings.header_row):
            problems = header_problems(names, "path" if names else "header_row")
            if problems:
                at = f"{settings.name} row {number}"
                raise SettingError(*(problem._replace(at=at) for problem in problems))
            return names, number
    raise SettingError(
        Problem(
            "file_empty",
            f"The sheet {title!r} of {settings.name} has no row {settings.header_row}."
            if settings.header_row
            else f"The sheet {title!r} of {settings.name} is empty.",
            "Look at where the file comes from, or state `sheet` and `header_row`.",
            path="header_row" if settings.header_row else "path",
        )
    )


@contextmanager
def _sheet(
    settings: ReadSettings, *, values: bool
) -> Iterator[tuple[str, Callable[[], Iterator[_Cells]]]]:
    """The title of the sheet, and what begins to give its rows."""
    with reading(Stored(settings.stored.path)) as file, _told(settings.name):
        book = _loaded(file, settings.name, values=values)
        sheet = _chosen(book, settings)
        sheet.reset_dimensions()
        yield sheet.title, sheet.iter_rows


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Makes whatever openpyxl stumbles over an error that says what to do."""
    try:
        yield
    except _BROKEN as error:
        raise SettingError(
            Problem(
                "xlsx_broken",
                f"{name} is not a workbook that can be read: "
                f"{shown(str(error.__cause__ or error) or type(error).__name__)}.",
                "Open it in Excel and save it as .xlsx, without a password.",
                path="path",
            )
        ) from error


def _loaded(file: BinaryIO, name: str, *, values: bool) -> "Workbook":
    from openpyxl import load_workbook

    with zipfile.ZipFile(file) as archive:
        for part in archive.infolist():
            if _HELD.search(part.filename.lower()) and part.file_size > PART_LIMIT:
                raise _too_large(name, part.filename, PART_LIMIT)
    # It warns of styles and extensions that don't matter here.
    warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
    return load_workbook(file, read_only=True, data_only=values, keep_links=False)


def _chosen(book: "Workbook", settings: ReadSettings) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if settings.sheet and settings.sheet not in sheets:
        raise SettingError(
            Problem(
                "no_such_sheet",
                f"{settings.name} has no sheet {settings.sheet!r}; it has: "
                f"{shown(', '.join(sheets))}.",
                did_you_mean(settings.sheet, sheets) or "Correct `sheet`.",
                path="sheet",
                value=settings.sheet,
            )
        )
    return sheets[settings.sheet] if settings.sheet else next(iter(sheets.values()))


def _walked(settings: ReadSettings) -> bool:
    """Whether any sheet has a formula. Raises SettingError for a row or a text that is longer
    than a record may be, and for sheets that unpack to too much: all before openpyxl holds
    them."""
    found = False
    limits = settings.limits
    with reading(Stored(settings.stored.path)) as file, zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > limits.unpacked:
            raise SettingError(unpacked_too_large(settings.name, limits.unpacked))
        for part in parts:
            name = part.filename.lower()
            if name.startswith("xl/worksheets/"):
                what = f"A row of {part.filename}"
                begins: tuple[bytes, ...] = _ROWS
            elif name.endswith("sharedstrings.xml") and part.file_size <= PART_LIMIT:
                what, begins = f"A text of {part.filename}", _TEXTS
            else:
                continue
            with archive.open(part) as source:
                for seen, longest in _pieces(source, begins):
                    found = found or any(formula in seen for formula in _FORMULAS)
                    if longest > limits.record:
                        problem = too_long(f"{what} in {settings.name}", limits, settings.name)
                        raise SettingError(problem._replace(path="record_megabytes"))
    return found


def _pieces(source: IO[bytes], begins: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
    """A part, piece by piece, and how many bytes the element has that is open in each: what
    stands between two of `begins`. Behind the rows of a sheet nothing is counted."""
    tail = b""
    length = 0
    ended = False
    while chunk := source.read(_CHUNK):
        seen = tail + chunk
        first = min((at for at in map(seen.find, begins) if at >= 0), default=-1)
        length += len(chunk) if first < 0 else max(0, first - len(tail))
        yield seen, 0 if ended else length
        ended = ended or _ROWS_END.search(seen) is not None
        if first >= 0:
            length = len(seen) - max(map(seen.rfind, begins))
        tail = chunk[-32:]


def _require_row(name: str, number: int) -> None:
    """Raises SettingError for a row that no sheet has: a workbook may name one without end."""
    if number > ROW_LIMIT:
        raise SettingError(
            Problem(
                "xlsx_too_many_rows",
                f"{name} has a row beyond {ROW_LIMIT:,}, which is the last one of a sheet.",
                "Open it in Excel and save it again, or save it as CSV.",
                path="path",
                at=f"{name} row {number}",
            )
        )


def _too_large(name: str, what: str, limit: int) -> SettingError:
    return SettingError(
        Problem(
            "xlsx_too_large",
            f"{what} in {name} has more than {limit:,} bytes.",
            "Save it as CSV, or as several workbooks.",
            path="path",
        )
    )


def _value(cell: Any) -> JSON:
    value = cell.value
    match value:
        case None:
            return ""
        case str():
            return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
        case float():
            # Excel counts with 15 digits and stores 19.99 as 19.989999999999998.
            exact = float(f"{value:.15g}")
            return int(exact) if exact.is_integer() and abs(exact) < 1e15 else exact
        case datetime():
            whole = value.time() == time() and not _shows_time(cell.number_format)
            return (value.date() if whole else value).isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        case _:
            return value if isinstance(value, bool | int) else str(value)


def _shows_time(number_format: str) -> bool:
    from openpyxl.styles.numbers import is_datetime

    return is_datetime(number_format or "") in ("datetime", "time")


def _fault(names: Sequence[str], cells: _Cells, stated: _Cells, at: str) -> Problem | None:
    for index, cell in enumerate(cells):
        name = names[index] if index < len(names) else f"column {index + 1}"
        if cell.data_type == "e":
            return Problem(
                "cell_error",
                f"{name} holds the error {cell.value}.",
                "Correct the formula in the workbook.",
                path=name,
                value=str(cell.value),
                at=at,
            )
        formula = index < len(stated) and stated[index].data_type == "f"
        if formula and cell.value is None:
            return Problem(
                "formula_uncalculated",
                f"{name} holds a formula without a value.",
                "Open the workbook in Excel and save it, so that it is calculated.",
                path=name,
                at=at,
            )
    return None


def _ragged(values: list[JSON], width: int, at: str) -> Read:
    problem = Problem(
        "row_ragged",
        f"The row has a value in column {len(values)}; the header has {width}.",
        "Name the column in the header, or empty the cell.",
        value=shown(values[-1]),
        at=at,
    )
    return msgspec.json.encode({"cells": values}), at, problem
