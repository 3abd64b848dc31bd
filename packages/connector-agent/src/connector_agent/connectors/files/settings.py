"""The settings of the two activities as checked values."""

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal, cast

from connector_sdk import JSON, Form, Problem, SettingError, conform

from connector_agent.connectors.files.cells import Lists
from connector_agent.connectors.files.forms import BELONGS, FORMATS, READ, WRITE
from connector_agent.connectors.files.header import header_problems
from connector_agent.connectors.files.limits import MEGABYTE, Limits
from connector_agent.connectors.files.nesting import steps_of
from connector_agent.connectors.files.opening import PACKINGS, Packing, Stored, member_of
from connector_agent.connectors.files.place import file_of

Kind = Literal["csv", "jsonl", "json", "xlsx", "parquet"]

_ENDINGS: dict[str, tuple[Kind, str]] = {
    ".csv": ("csv", ""),
    ".tsv": ("csv", "\t"),
    ".jsonl": ("jsonl", ""),
    ".ndjson": ("jsonl", ""),
    ".json": ("json", ""),
    ".xlsx": ("xlsx", ""),
    ".parquet": ("parquet", ""),
}
_NAMES = {
    "csv": "CSV",
    "jsonl": "JSON Lines",
    "json": "JSON",
    "xlsx": "Excel",
    "parquet": "Parquet",
}
_PACKED_ALREADY = ("xlsx", "parquet")


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How one file is read. `name` is what records are told by; an empty `delimiter` or
    `encoding` has to be detected; `header` is None when the file has one of its own;
    `header_row` 0 is the first that is not blank."""

    stored: Stored
    name: str
    kind: Kind
    delimiter: str
    quote: str
    encoding: str
    header: tuple[str, ...] | None
    decimal_comma: tuple[str, ...]
    at: tuple[str, ...]
    sheet: str
    header_row: int
    nested: bool
    json_columns: tuple[str, ...]

    @property
    def limits(self) -> Limits:
        return self.stored.limits


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """What a write activity says; empty `columns` are those of all the records."""

    path: Path
    kind: Kind
    packing: Packing
    member: str
    delimiter: str
    encoding: str
    columns: tuple[str, ...]
    lists: Lists
    sheet: str
    mark_formulas: bool


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a read activity says of each of its files; `stated` are the settings as given."""

    stated: Mapping[str, JSON]
    move_to: Path | None

    @property
    def path(self) -> str:
        return cast(str, self.stated["path"])

    def of(self, path: Path, name: str) -> ReadSettings:
        """The settings for the file at `path`. Raises SettingError with every fault found."""
        problems: list[Problem] = []
        kind, stored, delimiter = _file(path, self.stated, problems, reading=True)
        values = {name: each for name, each in self.stated.items() if kind in _formats_of(name)}
        delimiter = _delimiter(values, delimiter, problems)
        quote = cast(str, values.get("quote", '"'))
        if len(quote) > 1 or quote in ("\r", "\n", delimiter or "\n"):
            problems.append(_one_character("quote", quote))
        encoding = _encoding(values, problems)
        header_row = cast(int, values.get("header_row", 0))
        if header_row < 1 and "header_row" in values:
            message = f"Rows count from 1; there is no row {header_row}."
            remedy = "State the number that the spreadsheet shows."
            problems.append(Problem("no_such_row", message, remedy, path="header_row"))
        header = _header(values, problems)
        if problems:
            raise SettingError(*problems)
        return ReadSettings(
            stored,
            name,
            kind,
            delimiter,
            quote,
            encoding,
            header,
            _names(values, "decimal_comma"),
            tuple(map(str, steps_of(cast(str, values["at"])))) if values.get("at") else (),
            cast(str, values.get("sheet", "")),
            header_row,
            cast(bool, values.get("nested", False)),
            _names(values, "json_columns"),
        )

    def unused(self, kinds: Sequence[Kind]) -> list[Problem]:
        """A Problem for each setting that has no meaning for any file of these kinds."""
        return _unused(self.stated, kinds)


def read_options(folder: Path, stated: Mapping[str, JSON]) -> ReadOptions:
    """Raises SettingError with every fault that shows without a file."""
    values = _checked(READ, stated)
    _require_above_zero(values)
    after = cast(dict[str, str], values.get("after") or {})
    move_to = file_of(folder, after["move_to"], "after.move_to") if after else None
    if move_to is not None and (move_to == folder or move_to.is_file()):
        raise SettingError(
            Problem(
                "no_folder_to_move_to",
                f"{after['move_to']!r} is not a folder of its own.",
                "State a folder below the connection's folder, such as done.",
                path="after.move_to",
                value=after["move_to"],
            )
        )
    return ReadOptions(values, move_to)


def _require_above_zero(values: Mapping[str, JSON]) -> None:
    """Raises SettingError for a limit below 1."""
    for name in ("record_megabytes", "unpacked_megabytes"):
        if cast(int, values.get(name, 1)) < 1:
            raise SettingError(
                Problem(
                    "limit_too_small",
                    f"{name} has to be 1 or more.",
                    "State a whole number of megabytes, or take it out.",
                    path=name,
                    value=str(values[name]),
                )
            )


def write_settings(folder: Path, stated: Mapping[str, JSON]) -> WriteSettings:
    """Raises SettingError with every fault found."""
    values = _checked(WRITE, stated)
    problems: list[Problem] = []
    path = file_of(folder, cast(str, values["path"]))
    kind, stored, delimiter = _file(path, values, problems, reading=False)
    problems.extend(() if problems else _unused(values, [kind]))
    delimiter = _delimiter(values, delimiter, problems) or ","
    encoding = _encoding(values, problems)
    columns = _names(values, "columns")
    problems.extend(header_problems(columns, "columns") if columns else ())
    sheet = cast(str, values.get("sheet", "Sheet1"))
    if len(sheet) > 31 or not sheet.strip("'") or set(sheet) & set("[]:*?/\\"):
        message = f"{sheet!r} is no name of a sheet."
        remedy = "Write up to 31 characters, none of them one of [ ] : * ? / \\."
        problems.append(Problem("sheet_name", message, remedy, path="sheet", value=sheet))
    if path.is_dir():
        message = f"{path.name!r} is a folder."
        problems.append(Problem("not_a_file", message, "State the path of a file.", path="path"))
    if problems:
        raise SettingError(*problems)
    lists = cast(Lists, values.get("lists", "json"))
    member = stored.member or _member_name(path, kind)
    return WriteSettings(
        path,
        kind,
        stored.packing,
        member,
        delimiter,
        encoding,
        columns,
        lists,
        sheet,
        cast(bool, values.get("mark_formulas", False)),
    )


def _checked(form: Form, stated: Mapping[str, JSON]) -> dict[str, JSON]:
    given: dict[str, JSON] = {name: value for name, value in stated.items() if value is not None}
    value, problems = conform(form.as_field(), given)
    if problems:
        raise SettingError(*problems)
    return cast(dict[str, JSON], value)


def _formats_of(setting: str) -> tuple[str, ...]:
    return BELONGS.get(setting, FORMATS)


def _names(values: Mapping[str, JSON], setting: str) -> tuple[str, ...]:
    return tuple(cast(list[str], values.get(setting, [])))


def _file(
    path: Path, values: Mapping[str, JSON], problems: list[Problem], *, reading: bool
) -> tuple[Kind, Stored, str]:
    compression = cast(str, values.get("compression", ""))
    packing = PACKINGS.get(path.suffix.lower(), "")
    inner = PurePath(path.stem if packing else path.name)
    if compression:
        packing = cast(Packing, "" if compression == "none" else compression)
    stored = Stored(path, packing, cast(str, values.get("member", "")), _limits(values))
    known, delimiter = _ENDINGS.get(inner.suffix.lower(), (None, ""))
    if packing == "zip" and known is None and reading and "format" not in values:
        member = PurePath(member_of(stored))
        known, delimiter = _ENDINGS.get(member.suffix.lower(), (None, ""))
    kind = cast(Kind | None, values.get("format", known))
    if kind is None:
        problems.append(
            Problem(
                "format_unknown",
                f"The ending of {path.name!r} does not tell its format.",
                f"State `format` as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.",
                path="format",
            )
        )
    if kind in _PACKED_ALREADY and packing:
        problems.append(
            Problem(
                "packed_already",
                f"A file of {_NAMES[kind]} is packed in itself; {packing} around it is not read "
                "or written.",
                f"Unpack {path.name}, or take .{path.suffix[1:]} off the path.",
                path="compression" if compression else "path",
            )
        )
    if stored.member and packing != "zip":
        problems.append(
            Problem(
                "zip_only",
                f"'member' belongs to zip archives; {path.name!r} is none.",
                "Take it out, or state `compression: zip`.",
                path="member",
            )
        )
    return kind or "csv", stored, delimiter


def _limits(values: Mapping[str, JSON]) -> Limits:
    whole = Limits()
    return Limits(
        cast(int, values.get("record_megabytes", whole.record // MEGABYTE)) * MEGABYTE,
        cast(int, values.get("unpacked_megabytes", whole.unpacked // MEGABYTE)) * MEGABYTE,
    )


def _member_name(path: Path, kind: Kind) -> str:
    name = path.stem if path.suffix.lower() == ".zip" else path.name
    return name if PurePath(name).suffix.lower() in _ENDINGS else f"{name}.{kind}"


def _unused(stated: Mapping[str, JSON], kinds: Sequence[Kind]) -> list[Problem]:
    files = " and ".join(_NAMES[kind] for kind in dict.fromkeys(kinds))
    return [
        Problem(
            "wrong_format",
            f"{name!r} belongs to {' and '.join(_NAMES[each] for each in _formats_of(name))}; "
            f"what `path` names is {files}.",
            "Take it out, or state `format`.",
            path=name,
        )
        for name in stated
        if not any(kind in _formats_of(name) for kind in kinds)
    ]


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


def _encoding(values: Mapping[str, JSON], problems: list[Problem]) -> str:
    encoding = cast(str, values.get("encoding", ""))
    try:
        codecs.lookup(encoding or "utf-8")
        b"text".decode(encoding or "utf-8", "replace")
    except (LookupError, UnicodeError):
        problems.append(
            Problem(
                "unknown_encoding",
                f"There is no encoding {encoding!r}.",
                "Write utf-8, cp1252, utf-16 or another name that Python knows.",
                path="encoding",
                value=encoding,
            )
        )
    return encoding


def _delimiter(values: Mapping[str, JSON], known: str, problems: list[Problem]) -> str:
    delimiter = cast(str, values.get("delimiter", known))
    if "delimiter" in values and (len(delimiter) != 1 or delimiter in "\r\n"):
        problems.append(_one_character("delimiter", delimiter))
    return delimiter


def _one_character(name: str, value: str) -> Problem:
    return Problem(
        "one_character",
        f"The {name} has to be one character of its own, not {value!r}.",
        'State a single character; a tab is written "\\t" in double quotes.',
        path=name,
        value=value,
    )
