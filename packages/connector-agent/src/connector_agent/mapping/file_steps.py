"""Steps that use files of the project: a file to upload, a table to look values up in."""

import csv
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from connector_sdk import JSON, Field, LocalFile, did_you_mean, inside, sha256_of, shown

from connector_agent.mapping.declaration import (
    Arguments,
    Run,
    Step,
    StepExample,
    StepFaultError,
    Surroundings,
)
from connector_agent.mapping.list_steps import written
from connector_agent.mapping.text_steps import text_of

NAME = "file"
MEGABYTES = 64
"""The largest file that is taken if nothing is said: it is sent from memory."""


def _file(arguments: Arguments, around: Surroundings) -> Run:
    below = arguments.get("below", "").strip("/")
    megabytes: int = arguments.get("megabytes", MEGABYTES)
    if megabytes < 1:
        raise StepFaultError(
            "bad_argument", "'megabytes' is less than 1.", "Write it as in `megabytes: 5`."
        )

    def run(value: Any, record: dict[str, JSON]) -> str:
        path = text_of(value).strip()
        whole = f"{below}/{path}" if below and path else path
        content = _content(whole, around, megabytes)
        return str(LocalFile(whole, sha256_of(content)))

    return run


def _content(path: str, around: Surroundings, megabytes: int) -> bytes:
    if around.folder is None or not path:
        raise StepFaultError(
            "file_missing",
            "The path of a file is blank.",
            "Fill it in, or put `skip_when_blank` before the step.",
        )
    try:
        found = inside(around.folder, path)
        if found is None:
            raise StepFaultError(
                "file_outside",
                f"The file {shown(path)!r} is outside of the project, or hidden.",
                "Put it into the project's folder; no name of its path may start with a dot.",
            )
        size = found.stat().st_size
        if not 0 < size <= megabytes * 2**20:
            raise StepFaultError(
                "file_size",
                f"The file {shown(path)!r} is empty."
                if not size
                else f"The file {shown(path)!r} has {size:,} bytes; {megabytes} MB are allowed.",
                "Put the right file there." if not size else "Make it smaller.",
            )
        return found.read_bytes()
    except FileNotFoundError:
        raise StepFaultError(
            "file_missing",
            f"The file {shown(path)!r} does not exist.",
            "Check the path; it starts in the project's folder, or in `below`.",
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no path"
        raise StepFaultError(
            "file_unreadable",
            f"The file {shown(path)!r} can't be read: {reason}.",
            "Check the file and its rights.",
        ) from None


_HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
_FILES = {"hello.txt": "hello"}

FILE_STEPS = (
    Step(
        NAME,
        "File",
        "Makes a file that is uploaded of its path. The path starts in the project's folder and "
        "stays in it. The hash of the content goes along, and only that content is ever sent.",
        "text",
        "text",
        _file,
        arguments=(
            Field(
                "below",
                "string",
                description="The folder of the project in which the paths start; the project's "
                "own if nothing is said.",
            ),
            Field(
                "megabytes",
                "integer",
                description=f"The largest size that is taken; {MEGABYTES} if nothing is said.",
            ),
        ),
        slow=True,
        examples=(
            StepExample("hello.txt", {}, f"hello.txt#sha256={_HELLO}", files=_FILES),
            StepExample("bye.txt", {}, fault="file_missing", files=_FILES),
            StepExample("hello.txt", {"below": "scans"}, fault="file_missing", files=_FILES),
            StepExample("../hello.txt", {}, fault="file_outside", files=_FILES),
            StepExample(".env", {}, fault="file_outside", files={".env": "KEY=1"}),
            StepExample("empty.txt", {}, fault="file_size", files={"empty.txt": ""}),
            StepExample("", {}, fault="file_missing"),
        ),
    ),
)


_LARGEST = 64 * 2**20
_SEPARATORS = (",", ";", "\t")


def _lookup_table(arguments: Arguments, around: Surroundings) -> Run:
    table = _table(arguments, around)
    has_default = "default" in arguments
    otherwise = arguments.get("default")

    def run(value: Any, record: dict[str, JSON]) -> JSON:
        key = written(value).strip()
        if key in table:
            return table[key]
        if has_default:
            return otherwise
        raise StepFaultError(
            "not_in_table",
            f"{shown(value)!r} is not in the table {arguments['file']}.",
            did_you_mean(key, table) or "Add it to the table, or state a `default`.",
        )

    return run


def _outputs(arguments: Arguments, around: Surroundings) -> Sequence[JSON]:
    found = list(_table(arguments, around).values())
    return [*found, arguments["default"]] if "default" in arguments else found


def _table(arguments: Arguments, around: Surroundings) -> dict[str, JSON]:
    """The table as keys and values. Raises StepFaultError."""
    name: str = arguments["file"]
    path = _inside(name, around.folder)
    key, value = arguments.get("key", ""), arguments.get("value", "")
    try:
        if path.stat().st_size > _LARGEST:
            raise _unreadable(name, "it is larger than 64 MB", "Split it, or look up elsewhere.")
        text = path.read_text(encoding="utf-8-sig")
        pairs = (
            _json(text, key, value) if path.suffix.lower() == ".json" else _csv(text, key, value)
        )
        table: dict[str, JSON] = {}
        for found, result in pairs:
            if table.setdefault(found, result) != result:
                raise _unreadable(
                    name,
                    f"{shown(found)!r} stands in it twice, with different values",
                    "Keep one of the two.",
                )
    except OSError as error:
        raise _unreadable(
            name, error.strerror or "it can't be opened", "Correct the path; it starts in the "
            "project's folder.",
        ) from None  # fmt: skip
    except UnicodeDecodeError:
        raise _unreadable(name, "it is not UTF-8", "Save it as UTF-8.") from None
    except (ValueError, csv.Error) as error:
        raise _unreadable(name, str(error), "Correct the file, or `key` and `value`.") from None
    return table


def _inside(name: str, folder: pathlib.Path | None) -> pathlib.Path:
    if folder is not None and name and "\0" not in name:
        top = folder.resolve()
        path = (top / name).resolve()
        if path.is_relative_to(top) and path != top:
            return path
    raise StepFaultError(
        "outside_project",
        f"{shown(name)!r} is not a file of the project.",
        "Put the table into the project's folder, and write its path from there.",
    )


def _csv(text: str, key: str, value: str) -> Iterator[tuple[str, JSON]]:
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    rows = csv.DictReader(text.splitlines(), delimiter=separator, strict=True)
    names = [name for name in rows.fieldnames or () if name]
    _columns((key, value), names)
    for row in rows:
        if row[key] is not None and row[value] is not None:
            yield row[key].strip(), row[value].strip()


def _json(text: str, key: str, value: str) -> Iterator[tuple[str, JSON]]:
    content: JSON = orjson.loads(text)
    if isinstance(content, dict) and not (key or value):
        yield from content.items()
        return
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise ValueError(
            "it has to hold a list of objects, or one object of keys and values "
            "(then without `key` and `value`)"
        )
    names = list(dict.fromkeys(name for row in content if isinstance(row, dict) for name in row))
    _columns((key, value), names)
    for row in content:
        if isinstance(row, dict) and key in row and value in row:
            yield _key(row[key]), row[value]


def _key(value: JSON) -> str:
    try:
        return written(value).strip()
    except StepFaultError as fault:
        raise ValueError(f"a key is neither text nor a number: {shown(value)}") from fault


def _columns(wanted: tuple[str, str], names: Sequence[str]) -> None:
    for role, name in zip(("key", "value"), wanted, strict=True):
        if not name:
            raise ValueError(f"`{role}` has to name one of its columns: {', '.join(names)}")
        if name not in names:
            hint = did_you_mean(name, names) or f"It has: {', '.join(names)}."
            raise ValueError(f"it has no column {name!r}. {hint}".rstrip("."))


def _unreadable(name: str, reason: str, remedy: str) -> StepFaultError:
    return StepFaultError(
        "bad_table", f"The table {shown(name)!r} can't be used: {reason}.", remedy
    )


_PLANS = {"plans.csv": "old,new\ngold,plan-1\nsilver,plan-2\n"}
_COLUMNS: dict[str, JSON] = {"file": "plans.csv", "key": "old", "value": "new"}

TABLE_STEPS = (
    Step(
        "lookup_table",
        "Look up in a table",
        "Puts in place of a value what a table of the project has for it. The table is a CSV "
        "file with a header, or a JSON file: a list of objects, or one object of keys and "
        "values. White space around keys doesn't count.",
        "any",
        "any",
        _lookup_table,
        arguments=(
            Field(
                "file",
                "string",
                required=True,
                description="The table, as a path from the project's folder.",
            ),
            Field("key", "string", description="The column with the values to look for."),
            Field("value", "string", description="The column with the values to give."),
            Field(
                "default",
                "any",
                description="What to give for a value that the table doesn't have; if nothing "
                "is said, that is a problem.",
            ),
        ),
        constants=_outputs,
        examples=(
            StepExample("gold", _COLUMNS, "plan-1", files=_PLANS),
            StepExample("tin", {**_COLUMNS, "default": "plan-3"}, "plan-3", files=_PLANS),
            StepExample("tin", _COLUMNS, fault="not_in_table", files=_PLANS),
            StepExample(7, {"file": "t.json"}, "x", files={"t.json": '{"7": "x"}'}),
            StepExample(
                "a",
                {"file": "t.json", "key": "k", "value": "v"},
                1,
                files={"t.json": '[{"k": "a", "v": 1}, {"k": "b"}]'},
            ),
            StepExample("x", {**_COLUMNS, "key": "olt"}, fault="bad_table", files=_PLANS),
            StepExample("x", _COLUMNS, fault="bad_table"),
            StepExample("x", {"file": "../secret.csv"}, fault="outside_project"),
        ),
    ),
)
