"""Steps that a project declares in Python: `@step` on a typed function of its steps.py."""

import copy
import inspect
import json
import typing
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeVar

from connector_sdk import JSON, Field, conform, shown

from connector_agent.mapping.declaration import (
    Arguments,
    Kind,
    Run,
    Step,
    StepExample,
    StepFaultError,
)
from connector_agent.mapping.value import ABSENT, Absent, Value

FILE = "steps.py"
"""The file of a project that holds its own steps."""

_MARK = "__connector_step__"
_PLAIN: Mapping[Any, tuple[Field, Kind]] = {
    str: (Field("", "string"), "text"),
    int: (Field("", "integer"), "integer"),
    float: (Field("", "number"), "number"),
    Decimal: (Field("", "string", format="decimal"), "number"),
    bool: (Field("", "boolean"), "boolean"),
    list: (Field("", "list"), "list"),
    dict: (Field("", "map"), "any"),
    object: (Field("", "any"), "any"),
    Any: (Field("", "any"), "any"),
}
_TYPES = "str, int, float, Decimal, bool, list, list[str], dict or Any"
F = TypeVar("F", bound=Callable[..., Any])


def step(*, examples: Sequence[StepExample]) -> Callable[[F], F]:
    """Makes a step of a function. Its name is the step's, its docstring the help, its first
    parameter the value, and every other one an argument. All are typed, and so is what it
    gives: ABSENT writes nothing, None clears the field. A value that it can't change it tells
    by an exception. `examples` are run by `connector check`."""

    def declare(function: F) -> F:
        setattr(function, _MARK, tuple(examples))
        return function

    return declare


def is_declared(value: object) -> bool:
    """Whether `value` is a function with `@step`."""
    return inspect.isfunction(value) and hasattr(value, _MARK)


class DeclarationError(Exception):
    """A function that can't be a step. Its text says why, as a sentence."""


def step_of(function: Callable[..., Any]) -> Step:
    """The step that a function declares. Raises DeclarationError."""
    name = function.__name__
    doc = inspect.getdoc(function) or ""
    if not doc:
        raise DeclarationError("It has no docstring, which is its help.")
    examples: Sequence[StepExample] = getattr(function, _MARK)
    if not examples or not all(isinstance(each, StepExample) for each in examples):
        raise DeclarationError("It needs examples, each a StepExample.")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise DeclarationError("It has to be a plain function, neither async nor a generator.")
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception as error:
        raise DeclarationError(f"Its types can't be read: {error}.") from None
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters or any(
        each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for each in parameters
    ):
        raise DeclarationError("It has to take the value and named arguments, without * and **.")
    value, *arguments = parameters
    takes = _typed(hints, value.name)
    gives = _typed(hints, "return")
    return Step(
        name,
        name.replace("_", " ").capitalize(),
        " ".join(doc.partition("\n\n")[0].split()),
        takes.kind,
        gives.kind,
        lambda given, around: _run(function, takes, gives, given),
        arguments=tuple(_argument(hints, each) for each in arguments),
        examples=tuple(examples),
        own=True,
        slow=True,
    )


class _Type(NamedTuple):
    """A type as a field, and what else may come in its place."""

    field: Field
    kind: Kind
    decimal: bool
    none: bool
    absent: bool


def _typed(hints: Mapping[str, Any], name: str) -> _Type:
    if name not in hints:
        what = "what it gives" if name == "return" else f"{name!r}"
        raise DeclarationError(f"The type of {what} is missing.")
    options = _options(hints[name])
    real = [each for each in options if each not in (NoneType, Absent)]
    if len(real) != 1:
        raise DeclarationError(f"{name!r} has to be one of {_TYPES}.")
    field, kind = _field(real[0], name)
    return _Type(field, kind, real[0] is Decimal, NoneType in options, Absent in options)


def _options(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a type; what is annotated to it is left out."""
    if typing.get_origin(hint) is typing.Annotated:
        return _options(typing.get_args(hint)[0])
    if typing.get_origin(hint) in (typing.Union, UnionType):
        return typing.get_args(hint)
    return (hint,)


def _field(hint: Any, name: str) -> tuple[Field, Kind]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal and all(isinstance(each, str) for each in inner):
        return Field("", "string", choices=inner), "text"
    if origin is list and len(inner) == 1 and inner[0] in _PLAIN and inner[0] is not Decimal:
        return Field("", "list", items=_PLAIN[inner[0]][0]), "list"
    if origin is dict:
        return _PLAIN[dict]
    try:
        return _PLAIN[hint]
    except (KeyError, TypeError):
        raise DeclarationError(f"{name!r} has to be one of {_TYPES}.") from None


def _argument(hints: Mapping[str, Any], parameter: inspect.Parameter) -> Field:
    name = parameter.name
    typed = _typed(hints, name)
    if typed.decimal:
        raise DeclarationError(f"The argument {name!r} has to be another type than Decimal.")
    notes = getattr(hints[name], "__metadata__", ())
    return Field(
        name,
        typed.field.type,
        required=parameter.default is inspect.Parameter.empty,
        choices=typed.field.choices,
        items=typed.field.items,
        description=next((each for each in notes if isinstance(each, str)), ""),
    )


def _run(function: Callable[..., Any], takes: _Type, gives: _Type, given: Arguments) -> Run:
    name = function.__name__

    def run(value: Any, record: dict[str, JSON]) -> Value:
        taken = _taken(name, takes, value)
        try:
            result = function(taken, **given)
        except StepFaultError:
            raise
        except (Exception, SystemExit) as error:
            text = f": {shown(str(error))}" if str(error) else ""
            raise StepFaultError(
                "step_failed",
                f"The step {name!r} failed in {place_of(error)}: {type(error).__name__}{text}.",
                f"Correct {FILE}, or the value that it can't change.",
            ) from None
        return _given(name, gives, result)

    return run


def _taken(name: str, takes: _Type, value: Any) -> Any:
    fitted = conform(takes.field, value)
    if fitted.problems:
        raise StepFaultError(
            fitted.problems[0].code,
            f"The step {name!r} can't take it: {fitted.problems[0].message}",
            "Put a step before it that makes what it takes.",
        )
    if takes.decimal:
        return Decimal(str(fitted.value))
    # A copy: the other lines shall find the record as it was.
    return copy.deepcopy(value) if isinstance(value, (list, dict)) else fitted.value


def _given(name: str, gives: _Type, result: Any) -> Value:
    if (result is None and gives.none) or (result is ABSENT and gives.absent):
        found: Value = result
        return found
    if gives.decimal and isinstance(result, Decimal):
        result = f"{result:f}"
    reason = f"it gave {shown(result)!r}"
    if result is not None and result is not ABSENT:
        try:
            plain: JSON = json.loads(json.dumps(result, allow_nan=False))
            fitted = conform(gives.field, plain)
        except (TypeError, ValueError, RecursionError):
            reason = f"it gave a {type(result).__name__}, which is no JSON value"
        else:
            if not fitted.problems:
                return fitted.value
    raise StepFaultError(
        "step_gave_other_type",
        f"The step {name!r} doesn't give what it says: {reason}.",
        f"Correct its type or what it gives in {FILE}; None has to be named in the type "
        "and clears the field, ABSENT of type Absent writes nothing.",
    )


def place_of(error: BaseException) -> str:
    """ "steps.py:12:1", the innermost place of the project's own code in a traceback."""
    line = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{FILE}:{line or 1}:1"
