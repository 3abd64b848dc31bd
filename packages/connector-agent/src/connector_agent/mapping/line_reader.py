"""Reads the lines of a mapping from what stands below `mapping:` in an operation."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, get_args

from connector_sdk import JSON, Problem, conform, did_you_mean
from connector_sdk.path import Path, PathError, format_path, parse_path

from connector_agent.mapping.declaration import Step
from connector_agent.mapping.lines import TESTS, Lookup, MappingLine, Only, StepCall, When
from connector_agent.mapping.registry import STEPS
from connector_agent.mapping.value import ABSENT, Value

Position: TypeAlias = Callable[[tuple[str | int, ...]], str]
"""Tells the place ("operations/import.yaml:12:5") of a part of the mapping by its keys."""

_ORIGINS = ("from", "value", "expression", "lookup", "each")
_KEYS = ("to", *_ORIGINS, "mapping", "where", "steps", "when", "only")
_ONLY: tuple[Only, ...] = get_args(Only)
_LOOKUP = ("operation", "by", "missing")
_MISSING = ("refuse", "leave_out")


def read_lines(
    raw: Sequence[JSON], position: Position, steps: Mapping[str, Step] = STEPS
) -> tuple[tuple[MappingLine, ...], tuple[Problem, ...]]:
    """The lines that can be read, and a Problem for each fault of the others. `steps` are
    those that there are."""
    reader = _Reader(position, steps)
    return reader.lines(raw, ()), tuple(reader.problems)


class _Reader:
    def __init__(self, position: Position, steps: Mapping[str, Step]) -> None:
        self.position = position
        self.steps = steps
        self.problems: list[Problem] = []

    def lines(self, raw: Sequence[JSON], keys: Path) -> tuple[MappingLine, ...]:
        """The lines in a list that stands at `keys`."""
        read = (self._line(value, (*keys, index)) for index, value in enumerate(raw))
        return tuple(line for line in read if line is not None)

    def _line(self, value: JSON, keys: Path) -> MappingLine | None:
        before = len(self.problems)
        if not isinstance(value, dict):
            self._fault(
                "bad_line",
                "A line of a mapping has to say where its value goes.",
                "Write it as `- to: email` with `from: email` below it.",
                keys,
            )
            return None
        self._unknown(value, _KEYS, "A line of a mapping", keys)
        to = self._path(value, "to", keys)
        if "to" not in value:
            self._fault(
                "no_target",
                "The line doesn't say where its value goes.",
                "Add `to:` with a field of the target.",
                keys,
            )
        source = next(
            (self._path(value, key, keys) for key in ("from", "each") if key in value), None
        )
        steps = self._steps(value.get("steps", []), (*keys, "steps"))
        when = self._when(value["when"], (*keys, "when")) if "when" in value else None
        self._origin(value, steps, keys)
        expression = self._expression(value, (*keys, "expression"))
        lookup = self._lookup(value["lookup"], (*keys, "lookup")) if "lookup" in value else None
        inner = self._inner(value, keys)
        where = self._where(value["where"], (*keys, "where")) if "where" in value else ()
        only = self._only(value["only"], (*keys, "only")) if "only" in value else None
        if len(self.problems) > before:
            return None
        constant: Value = value.get("value", ABSENT)
        place = self.position((*keys, "to"))
        return MappingLine(
            to, source, constant, steps, when, place, expression, lookup, inner, where, only
        )

    def _origin(self, entry: Mapping[str, JSON], steps: Sequence[StepCall], keys: Path) -> None:
        origins = [key for key in _ORIGINS if key in entry]
        if len(origins) > 1:
            self._fault(
                "two_origins",
                f"The line says both {origins[0]!r} and {origins[1]!r}.",
                "Keep one; `default` as a step gives a value where the source has none.",
                (*keys, origins[1]),
            )
        elif not (origins or _starts(steps)):
            self._fault(
                "no_origin",
                "The line doesn't say where its value comes from.",
                "Add `from:` with a field of the source, `expression:`, `lookup:`, `each:` with "
                "a list, or `value:` with a constant.",
                keys,
            )

    def _inner(self, entry: Mapping[str, JSON], keys: Path) -> tuple[MappingLine, ...] | None:
        """The lines below `each`."""
        raw = entry.get("mapping")
        if "each" not in entry:
            for key in ("mapping", "where"):
                if key in entry:
                    self._fault(
                        "no_each",
                        f"{key!r} stands in a line that makes no list.",
                        "Add `each:` with the list that it is about, or take it out.",
                        (*keys, key),
                    )
            return None
        if not isinstance(raw, list) or not raw:
            self._fault(
                "each_without_mapping",
                "The line says 'each', and not what becomes of each element.",
                "Add `mapping:` with lines of its own, whose paths start in the element.",
                (*keys, "mapping" if "mapping" in entry else "each"),
            )
            return None
        return self.lines(raw, (*keys, "mapping"))

    def _where(self, value: JSON, keys: Path) -> tuple[When, ...]:
        """Tests that an element has to pass, one or a list of them."""
        tests = value if isinstance(value, list) else [value]
        places = [
            (*keys, index) if isinstance(value, list) else keys for index in range(len(tests))
        ]
        read = (self._when(test, place, "where") for test, place in zip(tests, places, strict=True))
        return tuple(test for test in read if test is not None)

    def _only(self, value: JSON, keys: Path) -> Only | None:
        found = next((each for each in _ONLY if each == value), None)
        if found is None:
            self._fault(
                "bad_only",
                f"'only' has to be one of {', '.join(_ONLY)}.",
                did_you_mean(str(value), _ONLY)
                or "Leave it out where the line counts for creates and for updates.",
                keys,
            )
        return found

    def _lookup(self, value: JSON, keys: Path) -> Lookup | None:
        before = len(self.problems)
        entry = value if isinstance(value, dict) else {}
        self._unknown(entry, _LOOKUP, "A 'lookup'", keys)
        operation, by = entry.get("operation"), entry.get("by")
        texts = by if isinstance(by, list) else [by]
        if not isinstance(operation, str) or not operation.strip() or by is None or not texts:
            self._fault(
                "bad_lookup",
                "'lookup' has to name an operation, and in 'by' the field with what is its "
                "identity there.",
                "Write it as in `lookup: {operation: import contacts, by: crm_id}`.",
                keys,
            )
            return None
        missing = entry.get("missing", "refuse")
        if missing not in _MISSING:
            self._fault(
                "bad_lookup",
                f"'missing' has to be one of {', '.join(_MISSING)}.",
                did_you_mean(str(missing), _MISSING) or "Leave it out to refuse such a record.",
                (*keys, "missing"),
            )
        paths = tuple(self._parsed(text, (*keys, "by")) for text in texts)
        if len(self.problems) > before:
            return None
        place = self.position((*keys, "operation"))
        return Lookup(operation.strip(), paths, missing == "leave_out", place)

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
        step = self.steps.get(name)
        if step is None:
            self._fault(
                "unknown_step",
                f"There is no step {name!r}.",
                did_you_mean(name, self.steps) or f"There are: {', '.join(self.steps)}.",
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

    def _when(self, value: JSON, keys: Path, word: str = "when") -> When | None:
        before = len(self.problems)
        if not isinstance(value, dict):
            value = {}
        self._unknown(value, ("from", *TESTS), f"A {word!r}", keys)
        tests = [test for test in TESTS if test in value]
        if "from" not in value or len(tests) != 1:
            self._fault(
                "bad_when",
                f"{word!r} has to name a field in 'from' and one of {', '.join(TESTS)}.",
                f"Write it as `{word}: {{from: status, equals: active}}`.",
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
                f"{text!r} isn't a path to a field: {error}.",
                "Write names with dots between, list places as items[0], and other names in "
                "double quotes inside single ones, as in '\"Contact.Name\"'.",
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


def _starts(steps: Sequence[StepCall]) -> bool:
    """Whether the steps make a value of nothing."""
    return bool(steps) and steps[0].step.starts
