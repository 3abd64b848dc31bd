"""Paths into records and requests, such as `items[0].amount` or `"Contact.Name"`, and records
cut down by them."""

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final, Literal, TypeAlias

from connector_sdk.record import JSON

Path: TypeAlias = tuple[str | int, ...]


class Absent(Enum):
    """The type of `ABSENT`, so that a type checker knows it."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT
"""What stands where nothing is: another thing than null."""
Value: TypeAlias = JSON | Literal[Absent.ABSENT]

_PLAIN = re.compile(r'[^.\[\]"]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_INDEX = re.compile(r"\[(0|[1-9][0-9]{0,5})\]")


class PathError(ValueError):
    """A text that is no path. Its text is the rest of a sentence: what is wrong with it."""


def parse_path(text: str) -> Path:
    """The names and list indexes of a path; the first is always a name. Raises PathError."""
    segments: list[str | int] = []
    at = 0
    while True:
        if text.startswith('"', at):
            found = _QUOTED.match(text, at)
            if found is None:
                raise PathError("a double quote is opened and never closed")
            name = re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL)
        else:
            found = _PLAIN.match(text, at)
            if found is None:
                raise PathError("a name is missing" if text else "it is empty")
            name = found[0]
            if name != name.strip():
                raise PathError(f"the name {name!r} starts or ends with a space; quote it")
        segments.append(name)
        at = found.end()
        while text.startswith("[", at):
            index = _INDEX.match(text, at)
            if index is None:
                raise PathError(
                    "between [ and ] has to stand a whole number from 0 on; "
                    "quote a name that holds brackets"
                )
            segments.append(int(index[1]))
            at = index.end()
        if at == len(text):
            return tuple(segments)
        if text[at] != ".":
            raise PathError(f"{text[at]!r} can't stand behind a name; quote names that hold it")
        at += 1


def format_path(path: Path) -> str:
    """The text from which `parse_path` makes `path` again."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
            continue
        name = segment
        if not _PLAIN.fullmatch(name) or name != name.strip():
            name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
        text += f".{name}" if text else name
    return text


def read_path(record: JSON, path: Path) -> Value:
    """What stands at `path` in a record, or ABSENT."""
    value: JSON = record
    for segment in path:
        if isinstance(segment, str):
            if not isinstance(value, dict) or segment not in value:
                return ABSENT
            value = value[segment]
        else:
            if not isinstance(value, list) or segment >= len(value):
                return ABSENT
            value = value[segment]
    return value


def read_each(record: JSON, path: Path) -> Value:
    """What stands at `path`; where a name comes on a list, the list of what its elements have
    there, flat, without those that have nothing."""
    value: Value = record
    for depth, segment in enumerate(path):
        if isinstance(value, list) and isinstance(segment, str):
            below = (read_each(element, path[depth:]) for element in value)
            return [part for each in below if each is not ABSENT for part in _flat(each)]
        if value is ABSENT:
            break
        value = read_path(value, (segment,))
    return value


def _flat(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else [value]


def picked(value: JSON, paths: Sequence[Path]) -> JSON:
    """A record with nothing but what stands at the paths, where it stood. Of a list each element
    has its part; where paths only name places of it, they become names: {"0": …}."""
    found = _part(value, paths)
    return {} if found is ABSENT else found


def left_out(value: JSON, paths: Sequence[Path]) -> JSON:
    """A record without what stands at the paths. Of a list that keeps other places the ones left
    out are taken away, so that those after them move up."""
    if isinstance(value, list):
        gone = {path[0] for path in paths if len(path) == 1}
        return [
            left_out(each, [*_names(paths), *_below(paths, index)])
            for index, each in enumerate(value)
            if index not in gone
        ]
    if not isinstance(value, dict):
        return value
    gone = {path[0] for path in paths if len(path) == 1}
    inside = {path[0] for path in paths if len(path) > 1}
    return {
        name: left_out(part, _below(paths, name)) if name in inside else part
        for name, part in value.items()
        if name not in gone
    }


def _part(value: JSON, paths: Sequence[Path]) -> Value:
    if not all(paths):
        return value
    if isinstance(value, list):
        names = _names(paths)
        if names:
            parts = [
                _part(each, [*names, *_below(paths, index)]) for index, each in enumerate(value)
            ]
            return [{} if part is ABSENT else part for part in parts]
        value = {str(index): each for index, each in enumerate(value)}
    if not isinstance(value, dict):
        return ABSENT
    below: dict[str, list[Path]] = {}
    for first, *rest in paths:
        below.setdefault(str(first), []).append(tuple(rest))
    made: dict[str, JSON] = {}
    for name, inner in below.items():
        part = _part(value[name], inner) if name in value else ABSENT
        if part is not ABSENT:
            made[name] = part
    return made or ABSENT


def _names(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if isinstance(path[0], str)]


def _below(paths: Iterable[Path], first: str | int) -> list[Path]:
    return [path[1:] for path in paths if path[0] == first]
