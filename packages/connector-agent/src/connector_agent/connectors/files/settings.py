"""The settings of the two activities as checked values."""

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from connector_sdk import JSON, Problem, SettingError, fitted, form_of

from connector_agent.connectors.files.cells import Lists
from connector_agent.connectors.files.columns import header_problems, steps_of
from connector_agent.connectors.files.forms import FORMATS, Kind, Read, Write
from connector_agent.connectors.files.limits import MEGABYTE, Limits
from connector_agent.connectors.files.opening import PACKINGS, Packing, Stored, member_of
from connector_agent.connectors.files.place import file_of

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
    settings: Read
    move_to: Path | None

    @property
    def path(self) -> str:
        return self.settings.path

    def of(self, path: Path, name: str) -> ReadSettings:
        """The settings for the file at `path`. Raises SettingError with every fault found."""
        problems: list[Problem] = []
        kind, stored, delimiter = _file(path, self.settings, problems)
        known = {field.name for field in form_of(Read, kind).fields}
        values = fitted(Read, {name: self.stated[name] for name in self.stated if name in known})
        delimiter = _delimiter(values, delimiter, problems)
        quote = values.quote
        if len(quote) > 1 or quote in ("\r", "\n", delimiter or "\n"):
            problems.append(_one_character("quote", quote))
        problems.extend(_encoding_faults(values.encoding))
        header = values.header if isinstance(values.header, tuple) else None
        problems.extend(_header_faults(values.header))
        if problems:
            raise SettingError(*problems)
        return ReadSettings(
            stored,
            name,
            kind,
            delimiter,
            quote,
            values.encoding,
            header,
            values.decimal_comma,
            tuple(map(str, steps_of(values.at))) if values.at else (),
            values.sheet,
            values.header_row or 0,
            values.nested,
            values.json_columns,
        )

    def unused(self, kinds: Sequence[Kind]) -> list[Problem]:
        """A Problem for each setting that has no meaning for any file of these kinds."""
        return _unused(Read, self.stated, kinds)


def read_options(folder: Path, stated: Mapping[str, JSON]) -> ReadOptions:
    """Raises SettingError with every fault that shows without a file."""
    given = _given(stated)
    settings = fitted(Read, given)
    after = settings.after
    move_to = file_of(folder, after.move_to, "after.move_to") if after else None
    if after and (move_to == folder or (move_to is not None and move_to.is_file())):
        raise SettingError(
            Problem(
                "no_folder_to_move_to",
                f"{after.move_to!r} is not a folder of its own.",
                "State a folder below the connection's folder, such as done.",
                path="after.move_to",
                value=after.move_to,
            )
        )
    return ReadOptions(given, settings, move_to)


def write_settings(folder: Path, stated: Mapping[str, JSON]) -> WriteSettings:
    """Raises SettingError with every fault found."""
    given = _given(stated)
    values = fitted(Write, given)
    problems: list[Problem] = []
    path = file_of(folder, values.path)
    kind, stored, delimiter = _file(path, values, problems)
    problems.extend(() if problems else _unused(Write, given, [kind]))
    delimiter = _delimiter(values, delimiter, problems) or ","
    problems.extend(_encoding_faults(values.encoding))
    problems.extend(header_problems(values.columns, "columns") if values.columns else ())
    sheet = values.sheet
    if len(sheet) > 31 or not sheet.strip("'") or set(sheet) & set("[]:*?/\\"):
        message = f"{sheet!r} is no name of a sheet."
        remedy = "Write up to 31 characters, none of them one of [ ] : * ? / \\."
        problems.append(Problem("sheet_name", message, remedy, path="sheet", value=sheet))
    if path.is_dir():
        message = f"{path.name!r} is a folder."
        problems.append(Problem("not_a_file", message, "State the path of a file.", path="path"))
    if problems:
        raise SettingError(*problems)
    return WriteSettings(
        path,
        kind,
        stored.packing,
        stored.member or _member_name(path, kind),
        delimiter,
        values.encoding,
        values.columns,
        values.lists,
        sheet,
        values.mark_formulas,
    )


def _given(stated: Mapping[str, JSON]) -> dict[str, JSON]:
    return {name: value for name, value in stated.items() if value is not None}


def _file(path: Path, values: Read | Write, problems: list[Problem]) -> tuple[Kind, Stored, str]:
    compression = values.compression
    packing = PACKINGS.get(path.suffix.lower(), "")
    inner = PurePath(path.stem if packing else path.name)
    if compression:
        packing = "" if compression == "none" else compression
    stored = Stored(path, packing, values.member, _limits(values))
    known, delimiter = _ENDINGS.get(inner.suffix.lower(), (None, ""))
    if packing == "zip" and known is None and isinstance(values, Read) and values.format is None:
        member = PurePath(member_of(stored))
        known, delimiter = _ENDINGS.get(member.suffix.lower(), (None, ""))
    kind = values.format or known
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


def _limits(values: Read | Write) -> Limits:
    if isinstance(values, Write):
        return Limits()
    return Limits(values.record_megabytes * MEGABYTE, values.unpacked_megabytes * MEGABYTE)


def _member_name(path: Path, kind: Kind) -> str:
    name = path.stem if path.suffix.lower() == ".zip" else path.name
    return name if PurePath(name).suffix.lower() in _ENDINGS else f"{name}.{kind}"


def _formats_of(record: type, name: str) -> list[Kind]:
    """The formats that a setting has a meaning for."""
    return [kind for kind in FORMATS if form_of(record, kind).as_field().child(name) is not None]


def _unused(record: type, stated: Mapping[str, JSON], kinds: Sequence[Kind]) -> list[Problem]:
    files = " and ".join(_NAMES[kind] for kind in dict.fromkeys(kinds))
    belongs = {name: _formats_of(record, name) for name in stated}
    return [
        Problem(
            "wrong_format",
            f"{name!r} belongs to {' and '.join(_NAMES[each] for each in formats)}; "
            f"what `path` names is {files}.",
            "Take it out, or state `format`.",
            path=name,
        )
        for name, formats in belongs.items()
        if not set(kinds) & set(formats)
    ]


def _header_faults(header: bool | tuple[str, ...]) -> Sequence[Problem]:
    if isinstance(header, tuple):
        return header_problems(header, "header")
    if header:
        return ()
    return (
        Problem(
            "header_missing",
            "A file without a header needs names for its columns.",
            "State `header` as the list of the names, in the order of the columns.",
            path="header",
        ),
    )


def _encoding_faults(encoding: str) -> Sequence[Problem]:
    try:
        codecs.lookup(encoding or "utf-8")
        b"text".decode(encoding or "utf-8", "replace")
    except (LookupError, UnicodeError):
        return (
            Problem(
                "unknown_encoding",
                f"There is no encoding {encoding!r}.",
                "Write utf-8, cp1252, utf-16 or another name that Python knows.",
                path="encoding",
                value=encoding,
            ),
        )
    return ()


def _delimiter(values: Read | Write, known: str, problems: list[Problem]) -> str:
    delimiter = values.delimiter
    if delimiter is None:
        return known
    if len(delimiter) != 1 or delimiter in "\r\n":
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
