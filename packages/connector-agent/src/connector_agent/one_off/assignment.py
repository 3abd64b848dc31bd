"""Activities and requests from assignments: `address.city=Leeds`, `items[0].quantity=2`,
`tags:=["new"]`."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson
from connector_sdk import (
    JSON,
    Activity,
    ActivityType,
    Connection,
    Field,
    Problem,
    SettingError,
    shown,
)
from connector_sdk.path import Path, PathError, format_path, parse_path

from connector_agent.runs.guards import long_number, loses_digits


class Assignment(NamedTuple):
    """A value for `path`. Text is converted by the schema later; "" may clear a field."""

    path: Path
    value: JSON


def assignments(texts: Iterable[str], option: str) -> tuple[Assignment, ...]:
    """The assignments of an option, in order. Raises SettingError with every fault."""
    found: list[Assignment] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            made = _assignment(text, option)
        except SettingError as error:
            problems.extend(error.problems)
            continue
        clash = next((one for one in found if _clash(one.path, made.path)), None)
        if clash is not None:
            problems.append(
                Problem(
                    "given_twice",
                    f"{option} gives {format_path(made.path)!r} a value that "
                    f"{format_path(clash.path)!r} has already.",
                    "Give it once.",
                    path=format_path(made.path),
                )
            )
        found.append(made)
    if problems:
        raise SettingError(*problems)
    return tuple(found)


def require_once(given: Iterable[tuple[str, Path]]) -> None:
    """Raises SettingError where two options set the same, or a whole and a part of it. `given`
    are options, each with a path that it sets."""
    found: list[tuple[str, Path]] = []
    for option, path in given:
        for other, before in found:
            if other != option and _clash(before, path):
                name = format_path(min(before, path, key=len))
                raise SettingError(
                    Problem(
                        "given_twice",
                        f"{name!r} is set both by {other} and by {option}.",
                        "Give it once.",
                        path=name,
                    )
                )
        found.append((option, path))


def applied(base: JSON, given: Iterable[Assignment]) -> dict[str, JSON]:
    """A copy of `base` with the assignments applied. Raises SettingError for a hole in a list,
    or a path through a scalar."""
    try:
        root: Any = orjson.loads(orjson.dumps(base))
    except orjson.JSONEncodeError:
        told = Problem("not_utf8", "An argument is not text in UTF-8.", "Give it as UTF-8.")
        raise SettingError(told) from None
    for path, value in given:
        node = root
        for at, segment in enumerate(path):
            last = at == len(path) - 1
            fill = value if last else ([] if isinstance(path[at + 1], int) else {})
            node = _set(node, segment, fill, path[: at + 1], replace=last)
    made: dict[str, JSON] = root
    return made


def _assignment(text: str, option: str) -> Assignment:
    name, sign, value = text.partition("=")
    if not is_text(text):
        raise SettingError(
            Problem("not_utf8", f"{option} is not given text in UTF-8.", "Give it as UTF-8.")
        )
    if not sign:
        raise SettingError(
            Problem(
                "no_assignment",
                f"{option} {shown(text)!r} gives no value.",
                f"Write {option} NAME=VALUE; NAME= clears a field, NAME:=JSON gives JSON.",
                value=shown(text),
            )
        )
    as_json = name.endswith(":")
    try:
        path = parse_path(name.removesuffix(":").strip())
    except PathError as error:
        raise SettingError(
            Problem(
                "wrong_path",
                f"{option} {shown(name)!r} is no path: {error}.",
                "Write it like name, address.city or items[0].amount.",
                value=shown(name),
            )
        ) from None
    if not as_json:
        return Assignment(path, value)
    try:
        given = Assignment(path, orjson.loads(value))
    except orjson.JSONDecodeError as error:
        raise SettingError(
            Problem(
                "not_json",
                f"{option} {format_path(path)!r} is not given JSON after `:=`: {error}.",
                'Quote it for the shell as a whole: \'items:=[{"article": "A-1"}]\'. Plain '
                "text goes after `=`.",
                path=format_path(path),
                value=shown(value),
            )
        ) from None
    if long := long_number(value.encode()):
        raise SettingError(loses_digits(long)._replace(path=format_path(path)))
    return given


def is_text(argument: str) -> bool:
    """Whether an argument is text: bytes that aren't UTF-8 arrive as surrogates."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _clash(first: Path, second: Path) -> bool:
    """Whether one of two paths is the other or leads through it."""
    length = min(len(first), len(second))
    return first[:length] == second[:length]


def _set(node: Any, segment: str | int, fill: JSON, path: Path, *, replace: bool) -> Any:
    """Sets `fill` at one place, unless a value is there and `replace` is off. Returns the value
    now there."""
    if isinstance(segment, str):
        if not isinstance(node, dict):
            raise SettingError(_through(path))
        if replace or not isinstance(node.get(segment), (dict, list)):
            node[segment] = fill
        return node[segment]
    if not isinstance(node, list):
        raise SettingError(_through(path))
    if segment > len(node):
        hole = format_path((*path[:-1], len(node)))
        raise SettingError(
            Problem(
                "list_hole",
                f"{format_path(path)!r} is given a value, but {hole!r} is not.",
                "Count the places of a list from 0 and leave none out.",
                path=format_path(path),
            )
        )
    if segment == len(node):
        node.append(fill)
    elif replace or not isinstance(node[segment], (dict, list)):
        node[segment] = fill
    return node[segment]


def _through(path: Path) -> Problem:
    return Problem(
        "whole_and_part",
        f"{format_path(path)!r} is given a value inside of something that has no such parts.",
        "Write lists as items[0], and objects as address.city.",
        path=format_path(path),
    )


class Choosing:
    """An activity type with its choices made, on one connection."""

    def __init__(self, connection: Connection, kind: ActivityType, on: str, action: str) -> None:
        """Raises SettingError for choices that don't exist."""
        self._kind = kind
        self._on = on
        self._action = action
        self.form = connection.settings(kind.name, kind.chosen(on, action))

    def setting(self, name: str) -> Field | None:
        """This setting of the activity, or None."""
        return next((field for field in self.form.fields if field.name == name), None)

    def activity(self, given: Iterable[Assignment], **settings: JSON) -> Activity:
        """The activity with these settings and assignments. Raises SettingError."""
        made = applied(settings, given)
        return Activity(self._on, self._kind.name, self._on, self._action, made)


def below(name: str, given: Iterable[Assignment]) -> Iterator[Assignment]:
    """The same assignments, below the setting `name`."""
    for path, value in given:
        yield Assignment((name, *path), value)
