"""A mapping, compiled once and applied to every record."""

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from connector_sdk import JSON, Field, Problem, SettingError, conform, shown

from connector_agent.mapping.expression import ExpressionFault, Expressions
from connector_agent.mapping.fields import find, missing, unknown
from connector_agent.mapping.lines import MappingLine
from connector_agent.mapping.path import Path, format_path, read_path
from connector_agent.mapping.state import ABSENT, Value
from connector_agent.mapping.step import Kind, Run, StepFaultError, Surroundings
from connector_agent.mapping.tree import PlaceError, clashes, put

_NO_TEXT: tuple[Kind, ...] = ("integer", "boolean")


class _Compiled(NamedTuple):
    line: MappingLine
    column: str | None
    """The name of the source field where the path is nothing but that."""
    runs: tuple[tuple[Run, bool], ...]
    """Each step, and whether it sees blank values."""
    target: str
    """The name of the target field where the path is nothing but that, else ""."""
    number: int | None
    """Which of the mapper's expressions the line starts from."""
    listed: bool
    """Whether the target field is a list: JSONata gives a list of one as that one."""

    def start(self, record: dict[str, JSON]) -> Value:
        """What the line starts from: the field of the source, or the constant."""
        if self.column is not None:
            return record.get(self.column, ABSENT)
        return self.line.value if self.line.source is None else read_path(record, self.line.source)

    def run(self, value: Value, record: dict[str, JSON]) -> Value:
        """`value` after all steps. Raises StepFaultError."""
        for run, sees_blank in self.runs:
            if sees_blank or (value is not ABSENT and value is not None):
                value = run(value, record)
        return value


class Mapper:
    """Makes requests of records.

    `schema` is what the target takes (None: anything), `minor_units` the decimals of each
    currency there, `source_schema` what the source gives, `line` the place of the mapping in
    the project. Without lines a record is the request. A Mapper keeps nothing between records.
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
        folder: pathlib.Path | None = None,
        line: str = "",
    ) -> None:
        self._schema = schema
        self._source_schema = source_schema
        self._around = Surroundings(minor_units or {}, folder, source_units or {})
        self._line = line
        self._faults: list[Problem] = []
        texts = [each.expression for each in lines if each.expression]
        self._expressions = Expressions(texts) if texts else None
        self._texts = texts
        self._compiled = [self._compile(each) for each in sorted(lines, key=_list_places)]
        self._faults += clashes(lines)
        self._lines = {_dotted(each.to): each.line for each in reversed(lines)}

    def check(self) -> tuple[Problem, ...]:
        """Everything wrong with the mapping that shows without a record."""
        return (
            *self._faults,
            *self._expression_faults(),
            *self._unknown_fields(),
            *self._constants(),
            *self._missing(),
        )

    @property
    def blocking(self) -> bool:
        """Whether `apply` may wait for another process."""
        return self._expressions is not None

    def close(self) -> None:
        """Ends the process that evaluates expressions. May be called twice."""
        if self._expressions is not None:
            self._expressions.close()

    def apply(self, record: dict[str, JSON], at: str = "") -> dict[str, JSON] | tuple[Problem, ...]:
        """The request for one record, as the target's schema wants it, or every Problem that
        keeps it from being made. `at` is the place of the record ("customers.csv row 17").

        Raises SettingError when the lines themselves can't be run; `check` tells that before.
        """
        if self._faults:
            raise SettingError(*self._faults)
        problems: list[Problem] = []
        request: dict[str, JSON] = {} if self._compiled else record
        evaluated = self._evaluated(record)
        for each in self._compiled:
            self._apply_line(each, record, evaluated, at, request, problems)
        if self._schema is not None:
            fitted = conform(self._schema, request)
            if fitted.problems:
                problems += self._placed(fitted.problems, problems, at)
            if isinstance(fitted.value, dict):
                request = fitted.value
        return tuple(problems) if problems else request

    def _apply_line(
        self,
        each: _Compiled,
        record: dict[str, JSON],
        evaluated: Mapping[int, Value | ExpressionFault],
        at: str,
        request: dict[str, JSON],
        problems: list[Problem],
    ) -> None:
        line, target = each.line, each.target
        if line.when is not None and not line.when.holds(record):
            return
        start = each.start(record) if each.number is None else evaluated[each.number]
        if isinstance(start, ExpressionFault):
            problems.append(_expression_problem(start, line)._replace(at=at))
            return
        try:
            value = each.run(start, record)
            if value is ABSENT:
                return
            if each.listed and value is not None and not isinstance(value, list):
                value = [value]
            if target and target not in request:
                request[target] = value
            else:
                put(request, line.to, value)
        except (StepFaultError, PlaceError) as fault:
            problems.append(_problem(fault, line, start)._replace(at=at))

    def _evaluated(self, record: dict[str, JSON]) -> Mapping[int, Value | ExpressionFault]:
        """What the expressions of the lines that apply give, in one go."""
        if self._expressions is None:
            return {}
        numbers = [
            each.number
            for each in self._compiled
            if each.number is not None and (each.line.when is None or each.line.when.holds(record))
        ]
        return dict(zip(numbers, self._expressions.evaluate(numbers, record), strict=True))

    def _expression_faults(self) -> Iterator[Problem]:
        if self._expressions is None:
            return
        faults = self._expressions.faults()
        for each in self._compiled:
            fault = faults[each.number] if each.number is not None else None
            if fault is not None:
                yield _expression_problem(fault, each.line)

    def _placed(
        self, found: Sequence[Problem], before: Sequence[Problem], at: str
    ) -> Iterator[Problem]:
        """Problems of the schema with their place; without those that only follow from a
        line that failed before."""
        failed = {problem.line for problem in before}
        for problem in found:
            line = self._line_of(problem.path)
            if (line and line in failed) or (
                problem.code == "missing_field"
                and any(_below(each.path, problem.path) for each in before)
            ):
                continue
            yield problem._replace(at=at, line=line)

    def _line_of(self, path: str) -> str:
        while path:
            line = self._lines.get(path)
            if line is not None:
                return line
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self._line

    def _compile(self, line: MappingLine) -> _Compiled:
        runs: list[tuple[Run, bool]] = []
        gives: Kind = "any"
        for call in line.steps:
            step = call.step
            if (step.takes == "text" and gives in _NO_TEXT) or (
                step.takes == "number" and gives == "boolean"
            ):
                self._faults.append(
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
                runs.append((step.build(call.arguments, self._around), step.sees_blank))
            except StepFaultError as fault:
                self._faults.append(
                    Problem(
                        fault.code,
                        f"The step {step.name!r} is not set up right: {fault.message}",
                        fault.remedy,
                        path=format_path(line.to),
                        line=call.line,
                    )
                )
        number = self._texts.index(line.expression) if line.expression else None
        field = None if self._schema is None else find(self._schema, line.to, "target")
        listed = number is not None and isinstance(field, Field) and field.type == "list"
        return _Compiled(
            line, _only(line.source), tuple(runs), _only(line.to) or "", number, listed
        )

    def _unknown_fields(self) -> Iterator[Problem]:
        for each in self._compiled:
            line = each.line
            if self._schema is not None:
                yield from unknown(find(self._schema, line.to, "target"), line.to, line.line)
            if self._source_schema is None:
                continue
            places = [] if line.source is None else [(line.source, line.line)]
            if line.when is not None:
                places.append((line.when.source, line.when.line))
            places += [(path, call.line) for call in line.steps for path in call.reads()]
            for path, place in places:
                yield from unknown(find(self._source_schema, path, "source"), path, place)

    def _constants(self) -> Iterator[Problem]:
        """Faults of constants, each tried through its steps and against its field."""
        for each in self._compiled:
            line = each.line
            reads = any(call.reads() for call in line.steps)
            if self._faults or line.source is not None or line.expression or reads:
                continue
            try:
                value = each.run(line.value, {})
            except StepFaultError as fault:
                yield _problem(fault, line, line.value)
                continue
            field = None if self._schema is None else find(self._schema, line.to, "target")
            if isinstance(field, Field) and value is not ABSENT:
                for problem in conform(field, value, _dotted(line.to)).problems:
                    yield problem._replace(line=line.line)

    def _missing(self) -> Iterator[Problem]:
        if self._schema is None or not self._compiled:
            return
        for path in missing(self._schema, [each.line.to for each in self._compiled]):
            name = format_path(path)
            yield Problem(
                "missing_field",
                f"The target requires {name!r}, and no line of the mapping gives it a value.",
                f"Add a line with `to: {name}`.",
                path=name,
                line=self._line,
            )


def _list_places(line: MappingLine) -> tuple[int, ...]:
    """Orders lines so that places of lists are filled from 0 on."""
    return tuple(segment for segment in line.to if isinstance(segment, int))


def _problem(fault: StepFaultError | PlaceError, line: MappingLine, start: Value) -> Problem:
    path = format_path(line.to)
    value = "" if start is ABSENT else shown(start)
    return Problem(
        fault.code,
        f"{path}: {fault.message}",
        fault.remedy,
        path=path,
        value=value,
        line=line.line,
    )


def _expression_problem(fault: ExpressionFault, line: MappingLine) -> Problem:
    path = format_path(line.to)
    where = f" at character {fault.at}" if fault.at else ""
    return Problem(
        fault.code,
        f"{path}: the expression can't be evaluated{where}: {fault.message}.",
        "Correct the expression; https://docs.jsonata.org tells the language."
        if fault.code in ("expression_syntax", "expression_fault")
        else "Make the expression simpler, or the record smaller.",
        path=path,
        value=shown(line.expression),
        line=line.line,
    )


def _only(path: Path | None) -> str | None:
    """The name in a path that is one name."""
    if path is not None and len(path) == 1 and isinstance(path[0], str):
        return path[0]
    return None


def _dotted(path: Path) -> str:
    """A path as `conform` writes it: names are never quoted there."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        else:
            text += f".{segment}" if text else segment
    return text


def _below(path: str, above: str) -> bool:
    """Whether `path` is `above` or a part of it."""
    return path == above or (path.startswith(above) and path[len(above)] in ".[")
