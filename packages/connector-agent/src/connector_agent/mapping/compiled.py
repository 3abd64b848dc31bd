"""The lines of a mapping, made ready to run: each step built once for all records."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from connector_sdk import JSON, Field, Problem
from connector_sdk.path import Path, format_path, read_path

from connector_agent.mapping.declaration import Kind, Run, StepFaultError, Surroundings
from connector_agent.mapping.fields import find
from connector_agent.mapping.lines import RECORD, VALUE, MappingLine
from connector_agent.mapping.number_text import (
    NumberText,
    canonical,
    of_text,
    read_again,
    remembering,
    without_numbers,
)
from connector_agent.mapping.tree import clashes
from connector_agent.mapping.value import ABSENT, Value

_NO_TEXT: tuple[Kind, ...] = ("integer", "boolean")


class Compiled(NamedTuple):
    """One line, ready to run."""

    line: MappingLine
    column: str | None
    """The name of the source field where the path is nothing but that."""
    runs: tuple[tuple[Run, Run, bool], ...]
    """Each step, for plain text and for other values; and whether it sees blank ones."""
    target: str
    """The name of the target field where the path is nothing but that, else ""."""
    number: int | None
    """Which of the mapper's expressions the line starts from."""
    listed: bool
    """Whether the target field is a list: JSONata gives a list of one as that one."""
    inner: "tuple[Compiled, ...]"
    """What makes an object of each element, where the line makes a list."""
    looks_up: bool
    """Whether an id is looked up by the line or below it."""
    counts: bool
    """Whether the target field is a number."""

    def applies(self, scope: dict[str, JSON]) -> bool:
        """Whether the line counts, by its `when`."""
        return self.line.when is None or self.line.when.holds(scope)

    def start(self, scope: dict[str, JSON]) -> Value:
        """What the line starts from: the field of the source, or the constant."""
        if self.column is not None:
            return scope.get(self.column, ABSENT)
        return self.line.value if self.line.source is None else read_path(scope, self.line.source)

    def run(self, value: Value, scope: dict[str, JSON], first: int = 0) -> Value:
        """`value` after all steps from the `first` on. Raises StepFaultError."""
        for on_text, on_others, sees_blank in self.runs[first:] if first else self.runs:
            if sees_blank or (value is not ABSENT and value is not None):
                value = (on_text if type(value) is str else on_others)(value, scope)
        return value

    def given(self, value: Value) -> Value:
        """What the line gives the target, after its steps. Raises StepFaultError."""
        if self.counts and isinstance(value, NumberText):
            read_again(value, canonical)
        return without_numbers(value)

    def elements(self, value: JSON, record: JSON) -> "list[Element]":
        """The elements of a list that pass `where`. Raises StepFaultError for no list."""
        if not isinstance(value, list):
            raise StepFaultError(
                "not_a_list",
                "'each' needs a list, and gets one value only.",
                "Name a field that holds a list, or make one of text with `split`.",
            )
        found = [Element.of(each, record) for each in value]
        where = self.line.where
        return [each for each in found if all(test.holds(each.scope) for test in where)]


class Element(NamedTuple):
    """One element of a list: as expressions see it, and as paths do. Those reach the whole
    record as `record`."""

    value: JSON
    scope: dict[str, JSON]

    @classmethod
    def of(cls, value: JSON, record: JSON) -> "Element":
        """The element `value` of a list in `record`."""
        below = value if isinstance(value, dict) else {VALUE: value}
        return cls(value, {**below, RECORD: record})


def compile_lines(
    lines: Sequence[MappingLine],
    schema: Field | None,
    around: Surroundings,
    faults: list[Problem],
) -> tuple[tuple[Compiled, ...], tuple[str, ...]]:
    """The lines in the order in which they run, and the texts of their expressions. `schema`
    is the target's. Faults of the lines among themselves and of their steps go to `faults`."""
    every = (each for line in lines for each in line.walk())
    texts = tuple(dict.fromkeys(each.expression for each in every if each.expression))
    field = None if schema is None else lambda path: find(schema, path, "target")
    return _Compiling(texts, field, around, faults).lines(lines, ()), texts


class _Compiling(NamedTuple):
    texts: tuple[str, ...]
    field: Callable[[Path], object] | None
    around: Surroundings
    faults: list[Problem]

    def lines(self, lines: Sequence[MappingLine], above: Path) -> tuple[Compiled, ...]:
        """The lines below the path `above` of the target."""
        ordered = sorted(lines, key=_list_places)
        compiled = tuple(self._line(each, above) for each in ordered)
        self.faults.extend(clashes(lines))
        return compiled

    def _line(self, line: MappingLine, above: Path) -> Compiled:
        number = self.texts.index(line.expression) if line.expression else None
        field = self.field((*above, *line.to)) if self.field is not None else None
        inner = self.lines(line.inner or (), (*above, *line.to, 0))
        return Compiled(
            line,
            only(line.source),
            tuple(self._steps(line)),
            only(line.to) or "",
            number,
            number is not None and isinstance(field, Field) and field.type == "list",
            inner,
            line.lookup is not None or any(each.looks_up for each in inner),
            isinstance(field, Field)
            and (field.type in ("integer", "number") or field.format == "decimal"),
        )

    def _steps(self, line: MappingLine) -> Iterator[tuple[Run, Run, bool]]:
        gives: Kind = "any"
        for call in line.steps:
            step = call.step
            if (step.takes == "text" and gives in _NO_TEXT) or (
                step.takes == "number" and gives == "boolean"
            ):
                self.faults.append(
                    Problem(
                        "step_order",
                        f"The step {step.name!r} takes {step.takes}, and the one before it "
                        f"gives {gives}.",
                        "Put it before the other, or take it out.",
                        path=format_path(line.to),
                        line=call.line,
                    )
                )
            gives = step.gives
            try:
                run = step.build(call.arguments, self.around)
                yield of_text(step, run), remembering(step, run), step.sees_blank
            except StepFaultError as fault:
                self.faults.append(
                    Problem(
                        fault.code,
                        f"The step {step.name!r} is not set up right: {fault.message}",
                        fault.remedy,
                        path=format_path(line.to),
                        line=call.line,
                    )
                )


def _list_places(line: MappingLine) -> tuple[int, ...]:
    """Orders lines so that places of lists are filled from 0 on."""
    return tuple(segment for segment in line.to if isinstance(segment, int))


def only(path: Path | None) -> str | None:
    """The name in a path that is one name."""
    if path is not None and len(path) == 1 and isinstance(path[0], str):
        return path[0]
    return None
