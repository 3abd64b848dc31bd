"""What a step of a mapping is: declared once, for running, checking, help and tests."""

import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from connector_sdk import JSON, Field

from connector_agent.mapping.value import Value

Kind = Literal["any", "text", "number", "integer", "boolean", "list"]
"""What a step takes or gives. "number" takes text that is one, too; "any" is not checked."""

Run: TypeAlias = Callable[[Any, dict[str, JSON]], Value]
"""Changes one value; gets the source record for steps that look at another of its fields.
Raises StepFaultError."""

Arguments: TypeAlias = Mapping[str, Any]
_NONE: Mapping[str, Any] = MappingProxyType({})


class Surroundings(NamedTuple):
    """What a step may look at beside its arguments: the decimals of each currency at the
    target, the project's folder (None: there is none), the decimals at the source, and how many
    of those at the target an amount may have where that is fewer."""

    minor_units: Mapping[str, int] = _NONE
    folder: pathlib.Path | None = None
    source_units: Mapping[str, int] = _NONE
    amount_decimals: Mapping[str, int] = _NONE


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
    StepFaultError that is expected instead of a result; `files` are those of the project."""

    value: Value
    arguments: Mapping[str, JSON]
    result: Value = None
    record: Mapping[str, JSON] = _NONE
    fault: str = ""
    files: Mapping[str, str] = _NONE


def _nothing_known(arguments: Arguments, around: Surroundings) -> Sequence[JSON]:
    return ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step by its name in a mapping.

    `build` makes the function that runs, from arguments that `arguments` describes and the
    surroundings; it raises StepFaultError for arguments that make no sense together. `short`
    names the argument that may stand alone (`default: x`). Without `sees_blank` the step is
    passed over by values that are absent or null; with `starts` it makes a value of nothing.
    """

    name: str
    label: str
    help: str
    takes: Kind
    gives: Kind
    build: Callable[[Arguments, Surroundings], Run]
    arguments: tuple[Field, ...] = ()
    short: str = ""
    sees_blank: bool = False
    starts: bool = False
    paths: tuple[str, ...] = ()
    """The arguments that are paths into the source record, or lists of objects with one in
    their `from`."""
    constants: Callable[[Arguments, Surroundings], Sequence[JSON]] = field(
        default=_nothing_known, repr=False
    )
    """Values that come out sooner or later, whatever the record says; so that the check can
    try them. Raises StepFaultError."""
    examples: tuple[StepExample, ...] = field(default=(), repr=False)
    own: bool = False
    """Whether the project declares it."""
    slow: bool = False
    """Whether it may take its time, and is kept off the event loop."""

    def schema(self) -> Field:
        """The arguments as one schema."""
        return Field(name="", type="object", fields=self.arguments)

    def reads(self, arguments: Arguments) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Each path into the source record, with the keys that lead to it in `arguments`."""
        for name in self.paths:
            given = arguments.get(name)
            if isinstance(given, str):
                yield (name,), given
            elif isinstance(given, list):
                for index, part in enumerate(given):
                    if isinstance(part, dict):
                        yield (name, index, "from"), part["from"]
