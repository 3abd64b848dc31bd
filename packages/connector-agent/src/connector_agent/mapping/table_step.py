"""The step that looks values up in a table of the project."""

import csv
import json
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

from connector_sdk import JSON, Field, did_you_mean, shown

from connector_agent.mapping.declaration import (
    Arguments,
    Run,
    Step,
    StepExample,
    StepFaultError,
    Surroundings,
)
from connector_agent.mapping.list_steps import written

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
    content: JSON = json.loads(text)
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
