"""One request on its way: what the lines of a mapping make of a record and of its lists."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from connector_sdk import JSON, Problem, shown
from connector_sdk.path import format_path

from connector_agent.mapping.compiled import Compiled, Element
from connector_agent.mapping.declaration import StepFaultError
from connector_agent.mapping.expression import ExpressionFault, Expressions
from connector_agent.mapping.lines import MappingLine
from connector_agent.mapping.number_text import NumberText
from connector_agent.mapping.tree import PlaceError, put
from connector_agent.mapping.value import ABSENT, Value, identity_of


class Wanted(NamedTuple):
    """An id to look up: what the operation wrote for the identity."""

    operation: str
    identity: str


Found: TypeAlias = Mapping[Wanted, str]
"""The ids that are known; what was never written is not in it."""

_MAY_HOLD_NUMBERS = (NumberText, list)
"""What is given to the target without the numbers that text knows."""

_Evaluated: TypeAlias = Mapping[tuple[int, int], Value | ExpressionFault]
"""What expressions give, by their number and that of the element."""


class Making:
    """The request for one record, whose place is `at`; `problems` is what keeps it from being
    made. `found` holds the ids that its lookups asked for."""

    def __init__(
        self, record: dict[str, JSON], at: str, expressions: Expressions | None, found: Found
    ) -> None:
        self.problems: list[Problem] = []
        self._record = record
        self._at = at
        self._expressions = expressions
        self._found = found

    def objects(
        self, lines: Sequence[Compiled], elements: Sequence[Element], above: str = ""
    ) -> list[dict[str, JSON]]:
        """What the lines make of each element; `above` is the path of their list."""
        evaluated = self._evaluated(lines, elements) if self._expressions is not None else {}
        made: list[dict[str, JSON]] = []
        for index, element in enumerate(elements):
            request: dict[str, JSON] = {}
            place = f"{above}[{index}]" if above else ""
            for each in lines:
                start = evaluated.get((each.number, index)) if each.number is not None else None
                self._line(each, element.scope, start, request, place)
            made.append(request)
        return made

    def _line(
        self,
        each: Compiled,
        scope: dict[str, JSON],
        start: Value | ExpressionFault,
        request: dict[str, JSON],
        place: str,
    ) -> None:
        line, target = each.line, each.target
        if line.when is not None and not each.applies(scope):
            return
        if isinstance(start, ExpressionFault):
            self.problems.append(expression_problem(start, line, place)._replace(at=self._at))
            return
        begin: Value = start
        if each.number is None:
            begin = each.start(scope) if each.column is None else scope.get(each.column, ABSENT)
        try:
            if line.lookup is not None:
                begin = self._looked_up(each, scope)
            value = each.run(begin, scope) if each.runs else begin
            if line.inner is not None and value is not ABSENT and value is not None:
                elements = each.elements(value, self._record)
                value = [*self.objects(each.inner, elements, below(place, line))]
            if type(value) in _MAY_HOLD_NUMBERS:
                value = each.given(value)
            if value is ABSENT:
                return
            if each.listed and value is not None and not isinstance(value, list):
                value = [value]
            if target and target not in request:
                request[target] = value
            else:
                put(request, line.to, value)
        except (StepFaultError, PlaceError) as fault:
            self.problems.append(step_problem(fault, line, begin, place)._replace(at=self._at))

    def _looked_up(self, each: Compiled, scope: dict[str, JSON]) -> Value:
        """The id that a lookup asks for, ABSENT where it may be left out. Raises
        StepFaultError."""
        lookup = each.line.lookup
        if lookup is None:
            return ABSENT
        identity = identity_of(scope, lookup.by)
        found = self._found.get(Wanted(lookup.operation, identity), "") if identity else ""
        if found:
            return found
        if lookup.leave_out:
            return ABSENT
        names = " and ".join(map(format_path, lookup.by))
        if not identity:
            raise StepFaultError(
                "lookup_blank",
                f"The record has no {names}, by which an id is to be looked up.",
                "Fill it in, or say `missing: leave_out`.",
            )
        raise StepFaultError(
            "not_written_yet",
            f"The operation {lookup.operation!r} has written nothing for {names} "
            f"{shown(identity)!r} on this account yet.",
            f"Run it first, with that record in its source: connector run "
            f'"{lookup.operation}"; then retry this one. Or say `missing: leave_out`.',
        )

    def _evaluated(self, lines: Sequence[Compiled], elements: Sequence[Element]) -> _Evaluated:
        """What the expressions of the lines that apply give, in one go."""
        if self._expressions is None:
            return {}
        runs = [
            (each.number, index)
            for index, element in enumerate(elements)
            for each in lines
            if each.number is not None and each.applies(element.scope)
        ]
        values = [element.value for element in elements]
        found = self._expressions.evaluate_each(runs, values, self._record) if runs else []
        return dict(zip(runs, found, strict=True))


def wanted(
    lines: Sequence[Compiled], scope: dict[str, JSON], record: dict[str, JSON]
) -> list[Wanted]:
    """The ids that the lines look up for what is in `scope`, a part of `record`."""
    asked: list[Wanted] = []
    for each in lines:
        if not (each.looks_up and each.applies(scope)):
            continue
        if each.line.lookup is not None:
            identity = identity_of(scope, each.line.lookup.by)
            if identity:
                asked.append(Wanted(each.line.lookup.operation, identity))
            continue
        try:
            value = each.run(each.start(scope), scope)
            elements = [] if value is ABSENT or value is None else each.elements(value, record)
        except StepFaultError:
            continue  # told when the line is run
        for element in elements:
            asked += wanted(each.inner, element.scope, record)
    return asked


def below(place: str, line: MappingLine) -> str:
    """The path of what a line writes, inside of `place`."""
    path = format_path(line.to)
    return f"{place}.{path}" if place else path


def step_problem(
    fault: StepFaultError | PlaceError, line: MappingLine, start: Value, place: str = ""
) -> Problem:
    """What a value could not be changed or written for; `place` is the element of a list."""
    path = below(place, line)
    value = "" if start is ABSENT else shown(start)
    return Problem(
        fault.code,
        f"{path}: {fault.message}",
        fault.remedy,
        path=path,
        value=value,
        line=line.line,
    )


def expression_problem(fault: ExpressionFault, line: MappingLine, place: str = "") -> Problem:
    """Why the expression of a line has no value."""
    path = below(place, line)
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
