"""The request as it grows: writing values at paths, and faults of a set of paths."""

from collections.abc import Iterator, Sequence
from typing import Any

from connector_sdk import JSON, Problem
from connector_sdk.path import Path, format_path

from connector_agent.mapping.lines import MappingLine


class PlaceError(Exception):
    """A value can't be written at its path: the place is taken, or its list has a hole."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy


def put(request: dict[str, JSON], path: Path, value: JSON) -> None:
    """Writes `value` at `path` and makes the objects and lists above it. Raises PlaceError."""
    node: Any = request
    last = len(path) - 1
    for depth, segment in enumerate(path):
        if isinstance(segment, str):
            there = segment in node
        else:
            if segment > len(node):
                raise _hole(path[:depth], len(node), segment)
            there = segment < len(node)
        if depth == last:
            if there:
                raise PlaceError(
                    "target_twice",
                    f"Two lines of the mapping give {format_path(path)!r} a value.",
                    "Let their `when` exclude each other.",
                )
            if isinstance(segment, str):
                node[segment] = value
            else:
                node.append(value)
        elif there:
            node = node[segment]
        else:
            below: JSON = {} if isinstance(path[depth + 1], str) else []
            if isinstance(segment, str):
                node[segment] = below
            else:
                node.append(below)
            node = below


def _hole(above: Path, have: int, wanted: int) -> PlaceError:
    empty = format_path((*above, have))
    return PlaceError(
        "list_hole",
        f"{empty!r} has no value, but {format_path((*above, wanted))!r} has one.",
        f"Map {empty!r} for every record that has a value for the one behind it.",
    )


def clashes(lines: Sequence[MappingLine]) -> Iterator[Problem]:
    """The lines that can't stand beside each other: one target twice (unless each line has a
    `when`), a field whole and in part, a list with a hole, a name below a list."""
    firsts: dict[Path, MappingLine] = {}
    for line in lines:
        first = firsts.setdefault(line.to, line)
        if first is not line and not (first.when and line.when):
            yield _clash(
                line,
                "target_twice",
                f"{format_path(line.to)!r} is given a value by two lines, first in {first.line}.",
                "Keep one of them, or give each a `when`.",
            )
    below: dict[Path, tuple[str | int, MappingLine]] = {}
    for line in firsts.values():
        for depth in range(1, len(line.to)):
            above, segment = line.to[:depth], line.to[depth]
            if above in firsts:
                yield _clash(
                    line,
                    "whole_and_part",
                    f"{format_path(above)!r} is mapped whole and in part.",
                    f"Keep either that line ({firsts[above].line}) or this one; or make the whole "
                    'by an expression, as in `$merge([notes, {"crm_id": id}])`.',
                )
            other, first = below.setdefault(above, (segment, line))
            if isinstance(other, str) is not isinstance(segment, str):
                yield _clash(
                    line,
                    "list_and_object",
                    f"{format_path(above)!r} is a list in one line and an object in another "
                    f"({first.line}).",
                    "Write all its parts as a list, items[0], or all as names.",
                )
    places = {path[:depth] for path in firsts for depth in range(1, len(path) + 1)}
    holes = {
        (*path[:-1], path[-1] - 1): path
        for path in sorted(places, key=str)
        if isinstance(path[-1], int) and path[-1] > 0
    }
    for hole, path in holes.items():
        if hole not in places:
            line = next(line for to, line in firsts.items() if to[: len(path)] == path)
            yield _clash(
                line,
                "list_hole",
                f"{format_path(path)!r} is mapped, but {format_path(hole)!r} is not.",
                "Count the places of a list from 0 and leave none out.",
            )


def _clash(line: MappingLine, code: str, message: str, remedy: str) -> Problem:
    return Problem(code, message, remedy, path=format_path(line.to), line=line.line)
