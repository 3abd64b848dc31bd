"""The settings of the two activities as checked values."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from connector_sdk import JSON, Form, Problem, SettingError, conform, shown

from connector_agent.connectors.files.coding import coding_of
from connector_agent.connectors.files.forms import READ, WRITE
from connector_agent.connectors.files.header import header_problems
from connector_agent.connectors.files.kinds import (
    LABELS,
    PACKED_INSIDE,
    Kind,
    Packing,
    Told,
    told_by,
)
from connector_agent.connectors.files.opening import Input, member_name
from connector_agent.connectors.files.place import file_of

_TEXTS: tuple[Kind, ...] = ("csv", "jsonl", "json")
_TABLES: tuple[Kind, ...] = ("csv", "xlsx")
_BELONGS: dict[str, tuple[Kind, ...]] = {
    "delimiter": ("csv",),
    "quote": ("csv",),
    "decimal_comma": ("csv",),
    "encoding": _TEXTS,
    "header": _TABLES,
    "columns": _TABLES,
    "lists": _TABLES,
    "nested": _TABLES,
    "json_columns": _TABLES,
    "header_row": ("xlsx",),
    "sheet": ("xlsx",),
    "records": ("json",),
}
_SHEET_NAME = 31
"""Characters that the name of a sheet may have in Excel."""


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """What a read activity says of one file. An empty `delimiter` or `encoding` has to be
    detected; `header` is None when a row of the file is the header; an empty `sheet` is the
    first one, empty `records` are the whole file."""

    file: Input
    kind: Kind
    delimiter: str
    quote: str
    encoding: str
    header: tuple[str, ...] | None
    header_row: int
    sheet: str
    decimal_comma: tuple[str, ...]
    nested: bool
    json_columns: tuple[str, ...]
    records: str


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """What a write activity says; empty `columns` are taken from the records. `member` is the
    name inside of a zip archive, "" for any other file."""

    path: Path
    kind: Kind
    delimiter: str = ","
    encoding: str = "utf-8"
    columns: tuple[str, ...] = ()
    list_rows: bool = False
    json_columns: tuple[str, ...] = ()
    sheet: str = "Sheet1"
    member: str = ""


def checked(form: Form, stated: Mapping[str, JSON]) -> dict[str, JSON]:
    """The settings as the form wants them; None means left out. Raises SettingError."""
    given: dict[str, JSON] = {name: value for name, value in stated.items() if value is not None}
    value, problems = conform(form.as_field(), given)
    if problems:
        raise SettingError(*problems)
    return cast(dict[str, JSON], value)


def read_settings(stated: Mapping[str, JSON], path: Path, name: str) -> ReadSettings:
    """The settings for one of the files that an activity reads; `name` is how people see it.
    Raises SettingError with every fault found."""
    values = checked(READ, stated)
    member = cast(str, values.get("member", ""))
    source = Input(path, name, member)
    told = told_by(path.name)
    if told.packing == "zip" and not told.kind and "format" not in values:
        told = told_by(member_name(source))._replace(packing="zip")
    problems: list[Problem] = []
    kind = _kind(values, told, path.name, problems)
    delimiter = _delimiter(values, told, problems)
    quote = cast(str, values.get("quote", '"'))
    if len(quote) > 1 or quote in ("\r", "\n", delimiter or "\n"):
        problems.append(_one_character("quote", quote))
    encoding = _encoding(values, problems)
    header = _header(values, problems)
    row = cast(int, values.get("header_row", 1))
    if row < 1 or (header is not None and "header_row" in values):
        problems.append(_no_header_row(row))
    if problems:
        raise SettingError(*problems)
    return ReadSettings(
        source,
        kind,
        delimiter,
        quote,
        encoding,
        header,
        row,
        cast(str, values.get("sheet", "")),
        _texts(values, "decimal_comma"),
        cast(bool, values.get("nested", False)),
        _texts(values, "json_columns"),
        cast(str, values.get("records", "")),
    )


def write_settings(folder: Path, stated: Mapping[str, JSON]) -> WriteSettings:
    """Raises SettingError with every fault found."""
    values = checked(WRITE, stated)
    path = file_of(folder, cast(str, values["path"]))
    problems: list[Problem] = []
    told = told_by(path.name)
    member = cast(str, values.get("member", "")) or path.stem
    if told.packing == "zip" and not told.kind:
        told = told_by(member)._replace(packing="zip")
    kind = _kind(values, told, path.name, problems)
    delimiter = _delimiter(values, told, problems)
    encoding = _encoding(values, problems)
    columns = _texts(values, "columns")
    problems.extend(header_problems(columns, "columns") if columns else ())
    sheet = cast(str, values.get("sheet", "Sheet1"))
    if not sheet or len(sheet) > _SHEET_NAME or any(char in r"[]:*?/\'" for char in sheet):
        problems.append(_no_sheet_name(sheet))
    if path.is_dir():
        problems.append(_no_file(path))
    if problems:
        raise SettingError(*problems)
    return WriteSettings(
        path,
        kind,
        delimiter or ",",
        encoding or "utf-8",
        columns,
        values.get("lists", "json") == "rows",
        _texts(values, "json_columns"),
        sheet,
        member if told.packing == "zip" else "",
    )


def _texts(values: Mapping[str, JSON], name: str) -> tuple[str, ...]:
    return tuple(cast(list[str], values.get(name, [])))


def _kind(values: Mapping[str, JSON], told: Told, name: str, problems: list[Problem]) -> Kind:
    kind = cast(Kind | None, values.get("format", told.kind))
    if kind is None:
        old = name.lower().endswith(".xls")
        problems.append(
            Problem(
                "format_unknown",
                f"The ending of {name!r} does not tell its format.",
                "Save it as .xlsx, which is the format that is read."
                if old
                else f"State `format` as {', '.join(list(LABELS)[:-1])} or {list(LABELS)[-1]}.",
                path="format",
            )
        )
        return "csv"
    problems.extend(
        Problem(
            "not_of_format",
            f"{setting!r} belongs to {' and '.join(LABELS[one] for one in kinds)}; "
            f"{name!r} is {LABELS[kind]}.",
            "Take it out, or state another `format`.",
            path=setting,
        )
        for setting, kinds in _BELONGS.items()
        if setting in values and kind not in kinds
    )
    if "member" in values and told.packing != "zip":
        problems.append(
            Problem(
                "not_of_format",
                f"'member' belongs to zip archives; {name!r} is none.",
                "Take it out.",
                path="member",
            )
        )
    if told.packing and kind in PACKED_INSIDE:
        problems.append(_packed_twice(name, kind, told.packing))
    return kind


def _delimiter(values: Mapping[str, JSON], told: Told, problems: list[Problem]) -> str:
    delimiter = cast(str, values.get("delimiter", told.delimiter))
    if "delimiter" in values and (len(delimiter) != 1 or delimiter in "\r\n"):
        problems.append(_one_character("delimiter", delimiter))
    return delimiter


def _encoding(values: Mapping[str, JSON], problems: list[Problem]) -> str:
    encoding = cast(str, values.get("encoding", ""))
    try:
        coding_of(encoding or "utf-8")
    except LookupError:
        problems.append(
            Problem(
                "unknown_encoding",
                f"There is no encoding {encoding!r}.",
                "Write utf-8, cp1252, utf-16 or another name that Python knows.",
                path="encoding",
                value=shown(encoding),
            )
        )
    return encoding


def _header(values: Mapping[str, JSON], problems: list[Problem]) -> tuple[str, ...] | None:
    stated = values.get("header", True)
    if isinstance(stated, list):
        header = tuple(cast(list[str], stated))
        problems.extend(header_problems(header, "header"))
        return header
    if stated is False:
        problems.append(
            Problem(
                "header_missing",
                "A file without a header needs names for its columns.",
                "State `header` as the list of the names, in the order of the columns.",
                path="header",
            )
        )
    return None


def _one_character(name: str, value: str) -> Problem:
    return Problem(
        "one_character",
        f"The {name} has to be one character of its own, not {value!r}.",
        'State a single character; a tab is written "\\t" in double quotes.',
        path=name,
        value=value,
    )


def _no_header_row(row: int) -> Problem:
    if row < 1:
        return Problem(
            "no_such_row",
            f"There is no row {row} in a sheet.",
            "Count rows from 1, as the spreadsheet does.",
            path="header_row",
        )
    return Problem(
        "header_twice",
        "The names of the columns are stated twice: as `header` and by `header_row`.",
        "Take one of the two out.",
        path="header_row",
    )


def _no_sheet_name(name: str) -> Problem:
    return Problem(
        "no_sheet_name",
        f"A sheet can't have the name {shown(name)!r}.",
        f"Take 1 to {_SHEET_NAME} characters, and none of [ ] : * ? / \\ '.",
        path="sheet",
        value=shown(name),
    )


def _packed_twice(name: str, kind: Kind, packing: Packing) -> Problem:
    return Problem(
        "packed_twice",
        f"{name!r} can't be used packed: {LABELS[kind]} is compressed in itself.",
        f"Unpack it, and take the ending of {packing} off its name.",
        path="path",
    )


def _no_file(path: Path) -> Problem:
    return Problem(
        "not_a_file", f"{path.name!r} is a folder.", "State the path of a file.", path="path"
    )
