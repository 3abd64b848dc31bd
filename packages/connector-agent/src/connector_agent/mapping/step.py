"""What a step of a mapping is: declared once, for running, checking, help and tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from connector_sdk import JSON, Field

from connector_agent.mapping.state import Value

Kind = Literal["any", "text", "number", "integer", "boolean"]
"""What a step takes or gives. "number" takes text that is one, too; "any" is not checked."""

Run: TypeAlias = Callable[[Any, dict[str, JSON]], Value]
"""Changes one value; gets the source record for steps that look at another of its fields.
Raises StepFaultError."""


class StepFaultError(Exception):
    """A value that a step can't change, or arguments that make no sense.

    `message` is a sentence about the value, `remedy` what to do.
    """

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy


class StepExample(NamedTuple):
    """One use of a step: shown in the help and run as a test. `fault` is the code of the
    StepFaultError that is expected instead of a result."""

    value: Value
    arguments: Mapping[str, JSON]
    result: Value = None
    record: Mapping[str, JSON] = MappingProxyType({})
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step by its name in a mapping.

    `build` makes the function that runs, from arguments that `arguments` describes and the
    decimals of each currency at the target; it raises StepFaultError for arguments that make
    no sense together. `short` names the argument that may stand alone (`default: x`). Without
    `sees_blank` the step is passed over by values that are absent or null.
    """

    name: str
    label: str
    help: str
    takes: Kind
    gives: Kind
    build: Callable[[Mapping[str, Any], Mapping[str, int]], Run]
    arguments: tuple[Field, ...] = ()
    short: str = ""
    sees_blank: bool = False
    paths: tuple[str, ...] = ()
    """The arguments that are paths into the source record."""
    examples: tuple[StepExample, ...] = field(default=(), repr=False)

    def schema(self) -> Field:
        """The arguments as one schema."""
        return Field(name="", type="object", fields=self.arguments)
