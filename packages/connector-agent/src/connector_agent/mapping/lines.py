"""The lines of a mapping, read from what stands below `mapping:` in an operation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from connector_sdk import JSON, Problem, conform, did_you_mean

from connector_agent.mapping.path import Path, PathError, format_path, parse_path, read_path
from connector_agent.mapping.registry import STEPS
from connector_agent.mapping.state import ABSENT, Value, is_blank
from connector_agent.mapping.step import Step

Position: TypeAlias = Callable[[tuple[str | int, ...]], str]
"""Tells the place ("operations/import.yaml:12:5") of a part of the mapping by its keys."""

Test = Literal["equals", "not_equals", "in", "blank"]
_TESTS: tuple[Test, ...] = ("equals", "not_equals", "in", "blank")
_KEYS = ("to", "from", "value", "expression", "steps", "when")


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


@dataclass(frozen=True, slots=True)
class MappingLine:
    """One line: where its value goes, where it comes from, and what is done in between.

    Without a `source` the line starts from what `expression`, a JSONata expression, gives, or
    from `value`, a constant or ABSENT.
    """

    to: Path
    source: Path | None = None
    value: Value = ABSENT
    steps: tuple[StepCall, ...] = ()
    when: When | None = None
    line: str = ""
    expression: str = ""


def read_lines(
    raw: Sequence[JSON], position: Position
) -> tuple[tuple[MappingLine, ...], tuple[Problem, ...]]:
    """The lines that can be read, and a Problem for each fault of the others."""
    reader = _Reader(position)
    lines = [line for index, value in enumerate(raw) if (line := reader.line(value, index))]
    return tuple(lines), tuple(reader.problems)


class _Reader:
    def __init__(self, position: Position) -> None:
        self.position = position
        self.problems: list[Problem] = []

    def line(self, value: JSON, index: int) -> MappingLine | None:
        before = len(self.problems)
        if not isinstance(value, dict):
            self._fault(
                "bad_line",
                "A line of a mapping has to say where its value goes.",
                "Write it as `- to: email` with `from: email` below it.",
                (index,),
            )
            return None
        self._unknown(value, _KEYS, "A line of a mapping", (index,))
        to = self._path(value, "to", (index,))
        if "to" not in value:
            self._fault(
                "no_target",
                "The line doesn't say where its value goes.",
                "Add `to:` with a field of the target.",
                (index,),
            )
        source = self._path(value, "from", (index,)) if "from" in value else None
        steps = self._steps(value.get("steps", []), (index, "steps"))
        when = self._when(value["when"], (index, "when")) if "when" in value else None
        origins = [key for key in ("from", "value", "expression") if key in value]
        if len(origins) > 1:
            self._fault(
                "two_origins",
                f"The line says both {origins[0]!r} and {origins[1]!r}.",
                "Keep one; `default` as a step gives a value where the source has none.",
                (index, origins[1]),
            )
        elif not (origins or _starts(steps)):
            self._fault(
                "no_origin",
                "The line doesn't say where its value comes from.",
                "Add `from:` with a field of the source, `expression:`, or `value:` with a "
                "constant.",
                (index,),
            )
        expression = self._expression(value, (index, "expression"))
        if len(self.problems) > before:
            return None
        constant: Value = value.get("value", ABSENT)
        place = self.position((index, "to"))
        return MappingLine(to, source, constant, steps, when, place, expression)

    def _expression(self, entry: Mapping[str, JSON], keys: Path) -> str:
        text = entry.get("expression", "")
        if isinstance(text, str) and (text.strip() or "expression" not in entry):
            return text
        self._fault(
            "bad_expression",
            "'expression' has to be a JSONata expression.",
            "Write it as in `expression: first_name & ' ' & last_name`.",
            keys,
        )
        return ""

    def _steps(self, value: JSON, keys: Path) -> tuple[StepCall, ...]:
        if not isinstance(value, list):
            self._fault(
                "bad_steps",
                "'steps' has to be a list.",
                "Write it as `steps: [trim, lower]`, or one `- step` a line.",
                keys,
            )
            return ()
        calls = [self._step(part, (*keys, index)) for index, part in enumerate(value)]
        return tuple(call for call in calls if call is not None)

    def _step(self, value: JSON, keys: Path) -> StepCall | None:
        given: JSON = {}
        name: JSON = value
        if isinstance(value, dict) and len(value) == 1:
            ((name, given),) = value.items()
        if not isinstance(name, str):
            self._fault(
                "bad_step",
                "A step is a name, or a name with its arguments.",
                "Write `- trim` or `- default: GB`, each step as an item of its own.",
                keys,
            )
            return None
        step = STEPS.get(name)
        if step is None:
            self._fault(
                "unknown_step",
                f"There is no step {name!r}.",
                did_you_mean(name, STEPS) or f"There are: {', '.join(STEPS)}.",
                keys,
            )
            return None
        inner = (*keys, name) if isinstance(value, dict) else keys
        if step.short and isinstance(value, dict):
            given = {step.short: given}
        before = len(self.problems)
        fitted = conform(step.schema(), given)
        for problem in fitted.problems:
            names = problem.path.split(".") if problem.path and not step.short else []
            place = (*inner, *names)
            message = f"The step {name!r} is not set up right: {problem.message}"
            self._note(problem._replace(message=message), place)
        arguments = fitted.value if isinstance(fitted.value, dict) else {}
        if len(self.problems) == before:
            for below, text in step.reads(arguments):
                self._parsed(text, (*inner, *(() if step.short else below)))
        if len(self.problems) > before:
            return None
        return StepCall(step, arguments, self.position(keys))

    def _when(self, value: JSON, keys: Path) -> When | None:
        before = len(self.problems)
        if not isinstance(value, dict):
            value = {}
        self._unknown(value, ("from", *_TESTS), "A 'when'", keys)
        tests = [test for test in _TESTS if test in value]
        if "from" not in value or len(tests) != 1:
            self._fault(
                "bad_when",
                f"'when' has to name a field in 'from' and one of {', '.join(_TESTS)}.",
                "Write it as `when: {from: status, equals: active}`.",
                keys,
            )
            return None
        source = self._path(value, "from", keys)
        test = tests[0]
        operand = value[test]
        wanted = {"in": list, "blank": bool}.get(test)
        if wanted is not None and not isinstance(operand, wanted):
            example = "[open, paid]" if test == "in" else "true"
            self._fault(
                "bad_when",
                f"{test!r} has to be {'a list' if test == 'in' else 'true or false'}.",
                f"Write it as `{test}: {example}`.",
                (*keys, test),
            )
        if len(self.problems) > before:
            return None
        return When(source, test, operand, self.position((*keys, "from")))

    def _path(self, entry: Mapping[str, JSON], key: str, keys: Path) -> Path:
        return self._parsed(entry[key], (*keys, key)) if key in entry else ()

    def _parsed(self, text: JSON, keys: Path) -> Path:
        try:
            return parse_path(text if isinstance(text, str) else "")
        except PathError as error:
            self._fault(
                "bad_path",
                f"{text!r} is no path to a field: {error}.",
                "Write names with dots between, list places as items[0], and other names in "
                "double quotes inside single ones, as in '\"Customer.Name\"'.",
                keys,
            )
            return ()

    def _unknown(
        self, entry: Mapping[str, JSON], known: Sequence[str], what: str, keys: Path
    ) -> None:
        for key in entry:
            if key not in known:
                self._fault(
                    "unknown_key",
                    f"{what} has no {key!r}.",
                    did_you_mean(key, known) or f"It has: {', '.join(known)}.",
                    (*keys, key),
                )

    def _fault(self, code: str, message: str, remedy: str, keys: Path) -> None:
        self._note(Problem(code, message, remedy), keys)

    def _note(self, problem: Problem, keys: Path) -> None:
        path = format_path(("mapping", *keys))
        self.problems.append(problem._replace(path=path, line=self.position(keys)))


def _starts(steps: tuple[StepCall, ...]) -> bool:
    """Whether the steps make a value of nothing."""
    return bool(steps) and steps[0].step.starts


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
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if not isinstance(value, str) else value
