"""A mapping, compiled once and applied to every record."""

import pathlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import TypeAlias

from connector_sdk import JSON, Field, Problem, SettingError
from connector_sdk.path import Path, format_path, read_path

from connector_agent.mapping.checking import Check, dotted
from connector_agent.mapping.compiled import Compiled, Element, compile_lines
from connector_agent.mapping.declaration import Surroundings
from connector_agent.mapping.expression import Expressions, Reads
from connector_agent.mapping.lines import RECORD, VALUE, MappingLine, When
from connector_agent.mapping.making import Found, Making, Wanted, expression_problem, wanted
from connector_agent.mapping.value import ABSENT

_PLACE = re.compile(r"\[[0-9]+\]")
_NOTHING: Found = MappingProxyType({})
Place: TypeAlias = Callable[[Sequence[Problem], Sequence[Problem]], Iterable[Problem]]
"""Gives problems that a target found their lines, next to those of lines that failed."""


class Mapped:
    """The request that a mapping made of one record, not yet checked by its target: `values`, and
    the `problems` of lines that failed."""

    __slots__ = ("_place", "problems", "values")

    def __init__(
        self, values: dict[str, JSON], problems: Sequence[Problem] = (), place: Place | None = None
    ) -> None:
        self.values = values
        self.problems = problems
        self._place = place

    def faults(self, found: Sequence[Problem]) -> tuple[Problem, ...]:
        """All that is wrong, once the target `found` these problems of the values; each with its
        line of the mapping, and none that only follows from a line that failed."""
        placed = found if self._place is None else self._place(found, self.problems)
        return (*self.problems, *placed)


class Mapper:
    """Makes requests of records.

    `schema` is what the target takes (None: anything), `minor_units` the decimals of each
    currency there and `amount_decimals` how many of them an amount may have, `source_schema` what
    the source gives, `line` the place of the mapping in the project. Without lines a record is
    the request. A Mapper keeps nothing between records.
    With expressions it has a process that evaluates them: use it in one thread at a time, off
    the event loop (`blocking`), and `close` it.
    """

    def __init__(
        self,
        lines: Sequence[MappingLine],
        schema: Field | None = None,
        minor_units: Mapping[str, int] | None = None,
        *,
        source_schema: Field | None = None,
        source_units: Mapping[str, int] | None = None,
        amount_decimals: Mapping[str, int] | None = None,
        folder: pathlib.Path | None = None,
        line: str = "",
    ) -> None:
        self._line = line
        around = Surroundings(minor_units or {}, folder, source_units or {}, amount_decimals or {})
        self._checks = Check(schema, source_schema, around, line)
        self._faults: list[Problem] = []
        self._compiled, texts = compile_lines(lines, schema, around, self._faults)
        self._expressions = Expressions(texts) if texts else None
        self._lines = dict(_places(lines, ""))
        every = chain.from_iterable(each.walk() for each in lines)
        self._slow = any(call.step.slow for each in every for call in each.steps)

    def check(self) -> tuple[Problem, ...]:
        """Everything wrong with the mapping that shows without a record."""
        return (
            *self._faults,
            *self._expression_faults(self._compiled),
            *self._checks.faults(self._compiled, broken=bool(self._faults)),
        )

    @property
    def blocking(self) -> bool:
        """Whether `apply` may take its time: for another process, a disk, the project's code."""
        return self._expressions is not None or self._slow

    @property
    def looks_up(self) -> bool:
        """Whether `apply` needs ids that are looked up."""
        return any(each.looks_up for each in self._compiled)

    def reads(self) -> tuple[Path, ...]:
        """The fields of the record that lines name, by their paths; in expressions those that
        can be seen in their text."""
        named = self._expressions.reads() if self._expressions is not None else []
        return tuple(dict.fromkeys(_reads(self._compiled, named, inside=False)))

    def wanted(self, record: dict[str, JSON]) -> list[Wanted]:
        """The ids that `apply` needs for this record."""
        return wanted(self._compiled, record, record)

    def close(self) -> None:
        """Ends the process that evaluates expressions. May be called twice."""
        if self._expressions is not None:
            self._expressions.close()

    def apply(self, record: dict[str, JSON], at: str = "", found: Found = _NOTHING) -> Mapped:
        """The request for one record, which its target still has to check. `at` is the place of
        the record ("contacts.csv row 17"), `found` the looked-up ids.

        Raises SettingError when the lines themselves can't be run; `check` reports that before.
        """
        if self._faults:
            raise SettingError(*self._faults)
        if not self._compiled:
            return Mapped(record, (), partial(self._placed, at))
        making = Making(record, at, self._expressions, found)
        (values,) = making.objects(self._compiled, [Element(record, record)])
        return Mapped(values, making.problems, partial(self._placed, at))

    def _expression_faults(self, lines: Sequence[Compiled]) -> Iterator[Problem]:
        if self._expressions is None:
            return
        faults = self._expressions.faults()
        for each in lines:
            fault = faults[each.number] if each.number is not None else None
            if fault is not None:
                yield expression_problem(fault, each.line)
            yield from self._expression_faults(each.inner)

    def _placed(
        self, at: str, found: Sequence[Problem], before: Sequence[Problem]
    ) -> Iterator[Problem]:
        """Problems that a target found, with their place; without those that only follow from a
        line that failed `before`."""
        failed = [each.path for each in before]
        lines = {problem.line for problem in before if not _PLACE.search(problem.path)}
        for problem in found:
            line = self._line_of(problem.path)
            if (
                (line and line in lines)
                or problem.path in failed
                or (
                    problem.code == "missing_field"
                    and any(_below(path, problem.path) for path in failed)
                )
            ):
                continue
            yield problem._replace(at=at, line=line)

    def _line_of(self, path: str) -> str:
        """The place of the line that writes at `path`, or at the nearest part above it."""
        while path:
            line = self._lines.get(path) or self._lines.get(_PLACE.sub("[]", path))
            if line is not None:
                return line
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self._line


def _reads(lines: Sequence[Compiled], named: Sequence[Reads], *, inside: bool) -> Iterator[Path]:
    """Paths into the whole record that lines read; `inside` of a list only those that lead out
    of it."""
    for each in lines:
        line = each.line
        for path, _ in line.reads():
            yield from _outward(path, inside=inside)
        for test in line.where:
            yield from _outward(test.source, inside=True)
        if each.number is not None:
            yield from named[each.number].whole
            yield from () if inside else named[each.number].own
        yield from _reads(each.inner, named, inside=True)


def _outward(path: Path, *, inside: bool) -> Iterator[Path]:
    if not inside:
        yield path
    elif path[0] == RECORD and len(path) > 1:
        yield path[1:]


def _places(lines: Sequence[MappingLine], above: str) -> Iterator[tuple[str, str]]:
    """Paths as `conform` writes them, each with the place of the first line that writes there;
    `[]` stands for any place of a list that is made of a list."""
    for line in reversed(lines):
        path = f"{above}.{dotted(line.to)}" if above else dotted(line.to)
        below = f"{path}[]"
        if line.inner is not None:
            path, below = (_PLACE.sub("[]", text) for text in (path, below))
            yield from _places(line.inner, below)
        yield path, line.line


def _below(path: str, above: str) -> bool:
    """Whether `path` is `above` or a part of it."""
    return path == above or (path.startswith(above) and path[len(above)] in ".[")


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
        yield from _named_below(above, line.reads())
        if line.inner is not None:
            below = None
            if above is not None and line.source is not None and not line.steps:
                below = (*above, line.source)
            yield from _named_below(below, ((test.source, test.line) for test in line.where))
            yield from _named(line.inner, below)


def _named_below(
    above: _Way | None, reads: Iterable[tuple[Path, str]]
) -> Iterator[tuple[_Way, str]]:
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
