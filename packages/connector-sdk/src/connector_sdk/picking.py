"""Parts of a record by their paths: only these, or all but these.

A name leads through a list into each of its elements.
"""

from collections.abc import Iterable, Sequence

from connector_sdk.path import ABSENT, Path, Value
from connector_sdk.record import JSON


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
