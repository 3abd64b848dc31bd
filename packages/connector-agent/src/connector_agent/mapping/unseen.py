"""Fields that are named and that no record had: most likely a name is misspelt."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from connector_sdk import JSON, Problem
from connector_sdk.path import Path, format_path, read_path

from connector_agent.mapping.lines import RECORD, VALUE, MappingLine, When
from connector_agent.mapping.state import ABSENT

_Way: TypeAlias = tuple[Path, ...]
"""A path into the record; after others, one into the elements of their list."""


class Unseen:
    """Takes note of records (`note`) and tells which of the fields `named`, each with its place
    in the project, not one of them had. A field that is there and empty was seen."""

    def __init__(self, named: Iterable[tuple[_Way, str]]) -> None:
        self._left = dict(named)
        self._any = False

    @classmethod
    def of_lines(cls, lines: Sequence[MappingLine]) -> "Unseen":
        """For what the lines of a mapping read. What expressions read isn't noted: they may
        ask whether it is there."""
        return cls(_named(lines, ()))

    @classmethod
    def of_tests(cls, tests: Sequence[When]) -> "Unseen":
        """For what tests look at."""
        return cls(((test.source,), test.line) for test in tests)

    def note(self, record: JSON) -> None:
        """One record."""
        self._any = True
        if self._left:
            seen = [way for way in self._left if _has(record, way)]
            for way in seen:
                del self._left[way]

    def warnings(self) -> Iterator[Problem]:
        """One for each field that was not there, once there was a record."""
        for way, line in self._left.items() if self._any else ():
            name = "[].".join(map(format_path, way))
            yield Problem(
                "never_there",
                f"No record of the run has the field {name!r}.",
                "See whether it is written as in the source.",
                path=name,
                line=line,
                warning=True,
            )


def _named(lines: Sequence[MappingLine], above: _Way | None) -> Iterator[tuple[_Way, str]]:
    """What lines read; `above` is the way to the list whose elements they are about, () for
    the record, None where nobody knows."""
    for line in lines:
        yield from _below(above, line.reads())
        if line.inner is not None:
            below = None
            if above is not None and line.source is not None and not line.steps:
                below = (*above, line.source)
            yield from _below(below, ((test.source, test.line) for test in line.where))
            yield from _named(line.inner, below)


def _below(above: _Way | None, reads: Iterable[tuple[Path, str]]) -> Iterator[tuple[_Way, str]]:
    for path, place in reads:
        if above != () and path[0] == RECORD and len(path) > 1:
            yield (path[1:],), place
        elif above is not None and path != (VALUE,):
            yield (*above, path), place


def _has(value: JSON, way: _Way) -> bool:
    found = read_path(value, way[0])
    if len(way) == 1 or found is ABSENT:
        return found is not ABSENT
    return isinstance(found, list) and any(_has(element, way[1:]) for element in found)
