"""The lines of a mapping as read, and the conditions on fields."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from connector_sdk import JSON
from connector_sdk.path import Path, parse_path, read_path

from connector_agent.mapping.declaration import Step
from connector_agent.mapping.number_text import plain_number
from connector_agent.mapping.value import ABSENT, Value, is_blank

Test = Literal["equals", "not_equals", "in", "blank"]
TESTS: tuple[Test, ...] = ("equals", "not_equals", "in", "blank")


@dataclass(frozen=True, slots=True)
class When:
    """A condition on a field of the source record. Numbers, booleans and text are compared by
    how they are written, so that `equals: 1` holds for the "1" of a CSV file."""

    source: Path
    test: Test
    operand: JSON
    line: str = ""

    def holds(self, record: dict[str, JSON]) -> bool:
        """Whether the line applies to this record."""
        value = read_path(record, self.source)
        match self.test:
            case "blank":
                return is_blank(value) is self.operand
            case "in":
                return any(_same(value, each) for each in _list(self.operand))
            case "equals":
                return _same(value, self.operand)
            case "not_equals":
                return not _same(value, self.operand)


def _list(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else [value]


def _same(value: Value, operand: JSON) -> bool:
    if value is ABSENT:
        return False
    if isinstance(value, (str, int, float)) and isinstance(operand, (str, int, float)):
        return _written(value) == _written(operand)
    return value == operand


def _written(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else plain_number(value)


RECORD = "record"
"""The name under which the lines of a list reach the whole record."""

Only: TypeAlias = Literal["create", "update"]

VALUE = "value"
"""The name under which they reach an element that is no object."""


@dataclass(frozen=True, slots=True)
class StepCall:
    """One step of a line with its arguments."""

    step: Step
    arguments: Mapping[str, JSON] = field(default_factory=dict)
    line: str = ""

    def reads(self) -> list[Path]:
        """The fields of the source record that the step looks at beside its value."""
        return [parse_path(text) for _, text in self.step.reads(self.arguments)]


@dataclass(frozen=True, slots=True)
class Lookup:
    """Asks for the id that another operation wrote for an identity: the fields `by` of this
    record, in the order of that operation's `identity`. Where it has written none yet the
    record is refused; with `leave_out` the line writes nothing instead."""

    operation: str
    by: tuple[Path, ...]
    leave_out: bool = False
    line: str = ""


@dataclass(frozen=True, slots=True)
class MappingLine:
    """One line: where its value goes, where it comes from, and what is done in between.

    Without a `source` the line starts from what `expression`, a JSONata expression, gives,
    from what `lookup` finds, or from `value`, a constant or ABSENT. A line with `inner` makes
    a list: these lines make one object of each element that passes `where`. With `only` the line
    counts for what is created, or for the update of what an earlier run created.
    """

    to: Path
    source: Path | None = None
    value: Value = ABSENT
    steps: tuple[StepCall, ...] = ()
    when: When | None = None
    line: str = ""
    expression: str = ""
    lookup: Lookup | None = None
    inner: "tuple[MappingLine, ...] | None" = None
    where: tuple[When, ...] = ()
    only: Only | None = None

    def reads(self) -> "Iterator[tuple[Path, str]]":
        """Each path into the source that the line itself reads, and its place. What its
        expression reads isn't among them, nor what the lines below it do."""
        if self.source is not None:
            yield self.source, self.line
        if self.when is not None:
            yield self.when.source, self.when.line
        if self.lookup is not None:
            for path in self.lookup.by:
                yield path, self.lookup.line
        for call in self.steps:
            for path in call.reads():
                yield path, call.line

    def walk(self) -> "Iterator[MappingLine]":
        """The line itself and all below it."""
        yield self
        for line in self.inner or ():
            yield from line.walk()


def lines_for(lines: Iterable[MappingLine], what: Only) -> tuple[MappingLine, ...]:
    """The lines that count for a create, or for an update. A list of whose lines none counts is
    left out."""
    kept: list[MappingLine] = []
    for line in lines:
        if line.only not in (None, what):
            continue
        if line.inner is None:
            kept.append(line)
            continue
        inner = lines_for(line.inner, what)
        if inner:
            kept.append(replace(line, inner=inner))
    return tuple(kept)
