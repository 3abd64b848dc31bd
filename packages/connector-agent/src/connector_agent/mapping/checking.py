"""What is wrong with a mapping that shows without a record: against both schemas, and by
trying the values that will come whatever the records say."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import orjson
from connector_sdk import Field, Problem, conform
from connector_sdk.path import Path, format_path

from connector_agent.mapping.compiled import Compiled
from connector_agent.mapping.currency_check import currency_faults
from connector_agent.mapping.declaration import Step, StepFaultError, Surroundings
from connector_agent.mapping.fields import Unknown, find, missing, unknown
from connector_agent.mapping.file_steps import NAME as FILE_STEP
from connector_agent.mapping.lines import RECORD, VALUE, MappingLine
from connector_agent.mapping.making import step_problem
from connector_agent.mapping.value import ABSENT, Value

_TELL = 3
"""Wrong outputs of one step that are told; a table may hold thousands."""


class Here(NamedTuple):
    """Where lines stand: `target` is the path of what they make, `source` that of what their
    paths start from; None where nobody knows what that is."""

    target: Path = ()
    source: Path | None = ()


class Check(NamedTuple):
    """Checks lines; `line` is the place of the mapping, for what no line is to blame for."""

    schema: Field | None
    source: Field | None
    around: Surroundings
    line: str

    def faults(self, lines: Sequence[Compiled], *, broken: bool) -> Iterator[Problem]:
        """Everything, in the order of the lines. Those that are `broken` can't be tried."""
        yield from self._unknown_fields(lines, Here())
        if self.schema is not None:
            yield from currency_faults(lines, self.schema)
        if not broken:
            yield from self._constants(lines, Here())
        yield from self._missing(lines)

    def _unknown_fields(self, lines: Sequence[Compiled], here: Here) -> Iterator[Problem]:
        for each in lines:
            line = each.line
            to = (*here.target, *line.to)
            if self.schema is not None:
                yield from unknown(find(self.schema, to, "target"), to, line.line)
            for path, place in line.reads():
                yield from self._unknown_source(path, here, place)
            yield from self._money(each, to, here)
            yield from self._file(each, to)
            if line.inner is None:
                continue
            inner = Here((*to, 0), None)
            if not line.steps and line.source is not None:
                inner = inner._replace(source=self._elements(line.source, here))
                yield from self._no_list(line, here)
            for test in line.where:
                yield from self._unknown_source(test.source, inner, test.line)
            yield from self._unknown_fields(each.inner, inner)

    def _elements(self, path: Path, here: Here) -> Path | None:
        """Where the elements of a list of the source are, None where nobody knows."""
        if self.source is None or (here.source is None and not _is_whole(path, here)):
            return None
        first = (*self._full(path, here), 0)
        return None if isinstance(find(self.source, first, "source"), Unknown) else first

    def _no_list(self, line: MappingLine, here: Here) -> Iterator[Problem]:
        """A field that is there and holds no list."""
        if self.source is None or line.source is None:
            return
        if here.source is None and not _is_whole(line.source, here):
            return
        full = self._full(line.source, here)
        found = find(self.source, full, "source")
        if isinstance(found, Field) and self._elements(line.source, here) is None:
            yield Problem(
                "not_a_list",
                f"'each' needs a list, and {format_path(full)!r} is none at the source.",
                "Name a list, make one of text with the step `split`, or put rows together with "
                "`group:`.",
                path=format_path(line.to),
                line=line.line,
            )

    def _unknown_source(self, path: Path, here: Here, line: str) -> Iterator[Problem]:
        whole = _is_whole(path, here)
        if self.source is None or (here.source is None and not whole):
            return
        full = self._full(path, here)
        found = find(self.source, full, "source")
        if isinstance(found, Unknown) and path == (VALUE,) and here.source:
            element = find(self.source, here.source, "source")
            if isinstance(element, Field) and element.type not in ("object", "map"):
                return
        yield from unknown(found, full, line)

    def _money(self, each: Compiled, to: Path, here: Here) -> Iterator[Problem]:
        """Text that goes into an amount of money as it is: 12 would be 12 cents."""
        line = each.line
        if self.schema is None or self.source is None or line.source is None:
            return
        if here.source is None and not _is_whole(line.source, here):
            return
        target = find(self.schema, to, "target")
        source = find(self.source, self._full(line.source, here), "source")
        if (
            isinstance(target, Field)
            and isinstance(source, Field)
            and target.format == "minor-units"
            and source.type == "string"
            and all(_keeps_text(call.step) for call in line.steps)
        ):
            path = format_path(to)
            yield Problem(
                "money_without_currency",
                f"{path!r} takes an amount in the smallest unit of its currency, and the line "
                "doesn't say of which currency the text is: 12 would be 0.12 usd, or 12 jpy.",
                "Add the step `money_to_minor` with a currency; or `to_integer`, where the "
                "source has the smallest unit already.",
                path=path,
                line=line.line,
            )

    def _file(self, each: Compiled, to: Path) -> Iterator[Problem]:
        """A bare path in place of a file: what it holds may change before it is sent."""
        line = each.line
        target = None if self.schema is None else find(self.schema, to, "target")
        steps = [call.step for call in line.steps]
        if (
            isinstance(target, Field)
            and target.type == "file"
            and not any(step.name == FILE_STEP or step.own for step in steps)
        ):
            path = format_path(to)
            yield Problem(
                "file_without_step",
                f"{path!r} takes a file, and the line gives only a path: until it is sent, "
                "another content may stand there.",
                "Add the step `file`, which also checks that the file exists.",
                path=path,
                line=line.line,
            )

    def _full(self, path: Path, here: Here) -> Path:
        """A path of a line as one into the whole record."""
        return path[1:] if _is_whole(path, here) else (*(here.source or ()), *path)

    def _constants(self, lines: Sequence[Compiled], here: Here) -> Iterator[Problem]:
        """Faults of values that no record changes, each tried through the steps behind it and
        against its field."""
        for each in lines:
            to = (*here.target, *each.line.to)
            if each.inner:
                yield from self._constants(each.inner, Here((*to, 0)))
            for values, place, first in self._certain(each):
                different = {
                    orjson.dumps(None if value is ABSENT else value): value for value in values
                }
                told = (
                    problem
                    for value in different.values()
                    for problem in self._tried(each, to, value, place, first)
                )
                yield from islice(told, _TELL)

    def _certain(self, each: Compiled) -> Iterator[tuple[Sequence[Value], str, int]]:
        """Values that come sooner or later, the place that says so, and the first step behind
        it."""
        line = each.line
        if line.source is None and not line.expression and line.lookup is None:
            yield [line.value], line.line, 0
        for index, call in enumerate(line.steps):
            yield call.step.constants(call.arguments, self.around), call.line, index + 1

    def _tried(
        self, each: Compiled, to: Path, value: Value, place: str, first: int
    ) -> Iterator[Problem]:
        line = each.line
        if any(call.reads() for call in line.steps[first:]):
            return
        try:
            made = each.run(value, {}, first)
        except StepFaultError as fault:
            yield step_problem(fault, line, value)._replace(line=place)
            return
        field = None if self.schema is None else find(self.schema, to, "target")
        if isinstance(field, Field) and made is not ABSENT:
            for problem in conform(field, made, dotted(to)).problems:
                yield problem._replace(line=place)

    def _missing(self, lines: Sequence[Compiled]) -> Iterator[Problem]:
        if self.schema is None or not lines:
            return
        for path in missing(self.schema, _targets(lines, ())):
            name, home = format_path(path), _home(lines, path, ())
            near, line = (home[0], home[1]) if home else (path, self.line)
            where = " to the lines below it" if home else ""
            yield Problem(
                "missing_field",
                f"The target requires {name!r}, and no line of the mapping gives it a value.",
                f"Add a line with `to: {format_path(near)}`{where}.",
                path=name,
                line=line,
            )


def _keeps_text(step: Step) -> bool:
    """Whether a step leaves text what it is, or says what blank text is."""
    return not step.own and (step.gives == "text" or step.sees_blank)


def _is_whole(path: Path, here: Here) -> bool:
    """Whether a path of a line in a list leads to the whole record."""
    return bool(here.target) and len(path) > 1 and path[0] == RECORD


def _targets(lines: Sequence[Compiled], above: Path) -> Iterator[Path]:
    for each in lines:
        to = (*above, *each.line.to)
        if each.inner:
            yield from _targets(each.inner, (*to, 0))
        else:
            yield to


def _home(lines: Sequence[Compiled], path: Path, above: Path) -> tuple[Path, str] | None:
    """Where the path would be written by a line below one that makes a list: the path there,
    and the place of that one."""
    for each in lines:
        to = (*above, *each.line.to, 0)
        if each.inner and path[: len(to)] == to:
            return _home(each.inner, path, to) or (path[len(to) :], each.line.line)
    return None


def dotted(path: Path) -> str:
    """A path as `conform` writes it: names are never quoted there."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        else:
            text += f".{segment}" if text else segment
    return text
