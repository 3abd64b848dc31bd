"""Conditions on a field: `when` of a line, `where` of a list or of an operation."""

from dataclasses import dataclass
from typing import Literal

from connector_sdk import JSON
from connector_sdk.path import Path, read_path

from connector_agent.mapping.number_text import plain_number
from connector_agent.mapping.state import ABSENT, Value, is_blank

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
