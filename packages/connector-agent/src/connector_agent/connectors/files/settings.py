"""The settings of the connection and of the two activities, as forms and as checked values."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from connector_sdk import JSON, Field, Form, Problem, SettingError, conform

from connector_agent.connectors.files.place import file_of

Kind = Literal["csv", "jsonl"]

_ENDINGS: dict[str, tuple[Kind, str]] = {
    ".csv": ("csv", ""),
    ".tsv": ("csv", "\t"),
    ".jsonl": ("jsonl", ""),
    ".ndjson": ("jsonl", ""),
}
_TEXT = Field(name="", type="string")
_PATH = Field(
    name="path",
    type="string",
    required=True,
    label="Path",
    description="The file, from the connection's folder on; .gz at the end means gzip.",
)
_FORMAT = Field(
    name="format",
    type="string",
    choices=("csv", "jsonl"),
    label="Format",
    description="By the ending of the path where left out: .csv, .tsv, .jsonl, .ndjson.",
)
_DELIMITER = Field(
    name="delimiter",
    type="string",
    label="Delimiter",
    description="CSV: the character between two cells. Reading detects it, writing takes a "
    "comma (a tab for .tsv).",
)

CONNECTION = Form(
    (
        Field(
            name="folder",
            type="string",
            default=".",
            label="Folder",
            description="Where the files lie, from the project's folder on, or an absolute path. "
            "No activity reaches outside of it.",
        ),
    )
)
READ = Form(
    (
        _PATH,
        _FORMAT,
        _DELIMITER,
        Field(
            name="quote",
            type="string",
            default='"',
            label="Quote",
            description='CSV: the character around a cell; "" when cells are never quoted.',
        ),
        Field(
            name="encoding",
            type="string",
            label="Encoding",
            description="CSV: detected where left out. A name like utf-8, cp1252 or utf-16.",
        ),
        Field(
            name="header",
            type="any",
            any_of=(Field(name="", type="boolean"), Field(name="", type="list", items=_TEXT)),
            default=True,
            label="Header",
            description="CSV: true when the first row holds the names of the columns, or the "
            "list of the names when it does not.",
        ),
        Field(
            name="decimal_comma",
            type="list",
            items=_TEXT,
            label="Decimal comma",
            description="CSV: the columns whose numbers are written like 1.234,50; they are "
            "read as 1234.50. All other cells stay as they are.",
        ),
    )
)
WRITE = Form(
    (
        _PATH,
        _FORMAT,
        _DELIMITER,
        Field(
            name="columns",
            type="list",
            items=_TEXT,
            label="Columns",
            description="CSV: the columns in their order, nested fields with dots "
            "(address.line1). The first record decides where left out.",
        ),
    )
)
_CSV_ONLY = ("delimiter", "quote", "encoding", "header", "decimal_comma", "columns")


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """What a read activity says. An empty `delimiter` or `encoding` has to be detected;
    `header` is None when the first row of the file is the header."""

    path: Path
    kind: Kind
    delimiter: str
    quote: str
    encoding: str
    header: tuple[str, ...] | None
    decimal_comma: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """What a write activity says; empty `columns` are taken from the first record."""

    path: Path
    kind: Kind
    delimiter: str
    columns: tuple[str, ...]


def read_settings(folder: Path, stated: Mapping[str, JSON]) -> ReadSettings:
    """Raises SettingError with every fault found."""
    values, problems = _checked(READ, stated)
    path, kind, delimiter = _file(folder, values, problems)
    quote = cast(str, values.get("quote", '"'))
    if len(quote) > 1 or quote in ("\r", "\n", delimiter or "\n"):
        problems.append(_one_character("quote", quote))
    encoding = cast(str, values.get("encoding", ""))
    try:
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
    stated_header = values.get("header", True)
    header: tuple[str, ...] | None = None
    if isinstance(stated_header, list):
        header = tuple(cast(list[str], stated_header))
        problems.extend(header_problems(header, "header"))
    elif stated_header is False:
        problems.append(
            Problem(
                "header_missing",
                "A file without a header needs names for its columns.",
                "State `header` as the list of the names, in the order of the columns.",
                path="header",
            )
        )
    if problems:
        raise SettingError(*problems)
    comma = tuple(cast(list[str], values.get("decimal_comma", [])))
    return ReadSettings(path, kind, delimiter, quote, encoding, header, comma)


def write_settings(folder: Path, stated: Mapping[str, JSON]) -> WriteSettings:
    """Raises SettingError with every fault found."""
    values, problems = _checked(WRITE, stated)
    path, kind, delimiter = _file(folder, values, problems)
    columns = tuple(cast(list[str], values.get("columns", [])))
    problems.extend(header_problems(columns, "columns") if columns else ())
    if path.is_dir():
        problems.append(_no_file(path))
    if problems:
        raise SettingError(*problems)
    return WriteSettings(path, kind, delimiter or ",", columns)


def header_problems(names: tuple[str, ...], path: str) -> list[Problem]:
    """What is wrong with the names of columns: each needs one, and one of its own."""
    if not names:
        return [Problem("header_empty", "There are no columns.", "Name them.", path=path)]
    problems = []
    first: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if not name.strip():
            message = f"Column {number} has no name."
            remedy = "Name it in the file, or state all names with `header`."
            problems.append(Problem("column_unnamed", message, remedy, path=path))
        elif name in first:
            message = f"Columns {first[name]} and {number} have the same name {name!r}."
            remedy = "Rename one of them in the file, or state all names with `header`."
            problems.append(Problem("column_twice", message, remedy, path=path, value=name))
        first.setdefault(name, number)
    return problems


def _checked(form: Form, stated: Mapping[str, JSON]) -> tuple[dict[str, JSON], list[Problem]]:
    given: dict[str, JSON] = {name: value for name, value in stated.items() if value is not None}
    value, problems = conform(form.as_field(), given)
    if problems:
        raise SettingError(*problems)
    return cast(dict[str, JSON], value), []


def _file(
    folder: Path, values: Mapping[str, JSON], problems: list[Problem]
) -> tuple[Path, Kind, str]:
    path = file_of(folder, cast(str, values["path"]))
    ending = path.suffix.lower()
    if ending == ".gz":
        ending = path.with_suffix("").suffix.lower()
    known, delimiter = _ENDINGS.get(ending, (None, ""))
    kind = cast(Kind | None, values.get("format", known))
    if kind is None:
        problems.append(
            Problem(
                "format_unknown",
                f"The ending of {path.name!r} does not tell its format.",
                "State `format` as csv or jsonl.",
                path="format",
            )
        )
    if kind == "jsonl":
        problems.extend(
            Problem(
                "csv_only",
                f"{name!r} belongs to CSV; {path.name!r} is JSON Lines.",
                "Take it out, or state `format: csv`.",
                path=name,
            )
            for name in _CSV_ONLY
            if name in values
        )
    delimiter = cast(str, values.get("delimiter", delimiter))
    if "delimiter" in values and (len(delimiter) != 1 or delimiter in "\r\n"):
        problems.append(_one_character("delimiter", delimiter))
    return path, kind or "csv", delimiter


def _one_character(name: str, value: str) -> Problem:
    return Problem(
        "one_character",
        f"The {name} has to be one character of its own, not {value!r}.",
        'State a single character; a tab is written "\\t" in double quotes.',
        path=name,
        value=value,
    )


def _no_file(path: Path) -> Problem:
    return Problem(
        "not_a_file", f"{path.name!r} is a folder.", "State the path of a file.", path="path"
    )
