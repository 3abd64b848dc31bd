"""Paths into records and requests: `address.line1`, `items[0].amount`, `"Contact.Name"`.

A segment holds anything but `. [ ] "`; other names stand in double quotes, in which a
backslash keeps the character behind it.
"""

import re
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
