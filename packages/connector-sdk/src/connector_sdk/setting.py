"""Settings declared once: a frozen record whose attributes say what they are.

>>> @declared
... class NotesSettings:
...     file: str = setting("File", "The SQLite file that holds the notes.")
...     size: int = setting("Size", "Notes a page.", default=100, lowest=1)
>>> fitted(NotesSettings, {"file": "notes.db", "size": "20"})
NotesSettings(file='notes.db', size=20)
>>> [(field.name, field.type, field.required) for field in form_of(NotesSettings).fields]
[('file', 'string', True), ('size', 'integer', False)]
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from connector_sdk.activity import Form
from connector_sdk.conform import conform
from connector_sdk.errors import SettingError
from connector_sdk.record import JSON, Problem
from connector_sdk.schema import Field, Type

R = TypeVar("R")
Adapt = Callable[[Field, Any], Field | None]
"""The field of a setting for one use of its record, such as the object of an activity; None
where the use has no such setting."""

_DECLARED = "connector_sdk.setting"
_PLAIN: dict[Any, Type] = {str: "string", int: "integer", float: "number", bool: "boolean"}
_NOT_SHOWN: tuple[object, ...] = (None, "", (), {})
"""Defaults that mean "nothing" and are no default of a form."""


@dataclass(frozen=True, slots=True)
class _Declaration:
    field: Field
    adapt: Adapt | None


def setting(
    label: str,
    description: str,
    *,
    default: Any = dataclasses.MISSING,
    format: str = "",
    secret: bool = False,
    variable: str = "",
    lowest: float | None = None,
    highest: float | None = None,
    adapt: Adapt | None = None,
) -> Any:
    """An attribute of a declared record. Its annotation gives the type of the field: str, int,
    float, bool, Literal of texts, tuple[X, ...], Mapping[str, X], another declared record, or a
    union of these. Without a default it is required; None, "", () and {} mean that nothing is
    set, and other defaults are those of the form. `format`, `secret`, `variable`, `lowest` and
    `highest` are those of `Field`."""
    made = Field(
        name="",
        type="any",
        required=default is dataclasses.MISSING,
        default=None if default is dataclasses.MISSING or default in _NOT_SHOWN else default,
        label=label,
        description=description,
        format=format,
        secret=secret,
        variable=variable,
        lowest=lowest,
        highest=highest,
    )
    metadata = {_DECLARED: _Declaration(made, adapt)}
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=dict, metadata=metadata, repr=not secret)
    return dataclasses.field(default=default, metadata=metadata, repr=not secret)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(setting,))
def declared(cls: type[R]) -> type[R]:
    """Makes a class a frozen record of settings."""
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


@declared
class NoSettings:
    """Settings of what has none."""


def form_of(record: type, use: object = None, *, trial: Mapping[str, JSON] | None = None) -> Form:
    """The form of a record, in the order of its attributes; with a `use` as its settings adapt
    to that."""
    fields = (
        adapt(field, use) if adapt is not None and use is not None else field
        for field, adapt in _declarations(record).values()
    )
    return Form(tuple(field for field in fields if field is not None), dict(trial or {}))


def setting_of(record: type, name: str) -> Field:
    """The field of one setting. Raises KeyError."""
    return _declarations(record)[name][0]


def fitted(record: type[R], values: Mapping[str, JSON], form: Form | None = None) -> R:
    """The record of settings as they were given, checked by its form or by an adapted one.
    Raises SettingError with every fault; no message shows a secret."""
    known = form or form_of(record)
    secrets = [problem for field in known.fields if (problem := _secret_fault(field, values))]
    if secrets:
        raise SettingError(*secrets)
    fit = conform(known.as_field(), dict(values))
    if fit.problems:
        raise SettingError(*fit.problems)
    return made(record, cast("dict[str, JSON]", fit.value))


def made(record: type[R], values: Mapping[str, JSON]) -> R:
    """The record of values that fit its form; null is not given."""
    kinds = _kinds(cast("type", record))
    given = {name: value for name, value in values.items() if value is not None}
    return record(**{name: _made(kinds[name], value) for name, value in given.items()})


@cache
def _declarations(record: type) -> dict[str, tuple[Field, Adapt | None]]:
    found = {}
    kinds = _kinds(record)
    for attribute in dataclasses.fields(record):
        declaration: _Declaration = attribute.metadata[_DECLARED]
        shape = _shape(kinds[attribute.name])
        field = replace(
            declaration.field,
            name=attribute.name,
            type=shape.type,
            choices=shape.choices,
            fields=shape.fields,
            items=shape.items,
            any_of=shape.any_of,
        )
        found[attribute.name] = field, declaration.adapt
    return found


@cache
def _kinds(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def _shape(kind: Any) -> Field:
    origin, inner = get_origin(kind), get_args(kind)
    if kind in _PLAIN:
        return Field("", _PLAIN[kind])
    if origin is Literal:
        return Field("", "string", choices=inner)
    if origin is tuple:
        return Field("", "list", items=_shape(inner[0]))
    if origin is Mapping:
        return Field("", "map", items=_shape(inner[1]))
    if origin in (Union, UnionType):
        shapes = tuple(_shape(each) for each in inner if each is not NoneType)
        return shapes[0] if len(shapes) == 1 else Field("", "any", any_of=shapes)
    if dataclasses.is_dataclass(kind):
        return Field("", "object", fields=form_of(cast("type", kind)).fields)
    return Field("", "any")


def _made(kind: Any, value: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (kind,) = [each for each in inner if _takes(each, value)][:1] or (Any,)
        origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return tuple(_made(inner[0], each) for each in value)
    if origin is Mapping:
        return {name: _made(inner[1], each) for name, each in value.items()}
    if dataclasses.is_dataclass(kind):
        return made(cast("type", kind), value)
    return float(value) if kind is float else value


def _takes(kind: Any, value: JSON) -> bool:
    """Whether a value of this shape belongs to that member of a union."""
    if isinstance(value, list):
        return get_origin(kind) is tuple
    if isinstance(value, dict):
        return get_origin(kind) is Mapping or dataclasses.is_dataclass(kind)
    return kind is type(value) or (get_origin(kind) is Literal and value in get_args(kind))


def _secret_fault(field: Field, values: Mapping[str, JSON]) -> Problem | None:
    """A secret of the wrong type, without its value."""
    if not field.secret or isinstance(values.get(field.name, ""), str):
        return None
    return Problem(
        "not_string",
        f"The setting {field.name!r} has to be text.",
        f"Give a reference, for example {field.name}: ${{env:{field.variable or 'NAME'}}}.",
        path=field.name,
    )
