"""Dates in the settings of an activity, where Stripe wants Unix times."""

import re
from datetime import UTC, datetime

from connector_sdk import JSON, Field

_DAY = 86_400
_WHOLE = ("lte", "gt")
"""Bounds that mean the whole day: up to its end, and what comes after it."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def dated(schema: Field, value: JSON) -> JSON:
    """The value with the first second in UTC for a date ("2026-01-31"), wherever the schema
    wants a Unix time; as a bound `lte` or `gt` the last one, so that no part of a day is left
    out that is meant. Moments need no help; anything else stays, and is refused. In a mapping
    a date has to say its zone by a step, as it comes from somewhere else."""
    if isinstance(value, dict):
        return {
            name: _named(name, child, part) if (child := _child(schema, name)) is not None else part
            for name, part in value.items()
        }
    if isinstance(value, list):
        items = schema.items
        return value if items is None else [dated(items, part) for part in value]
    if isinstance(value, str) and any(option.format == "unix-time" for option in _shapes(schema)):
        return _seconds(value)
    return value


def _named(name: str, schema: Field, part: JSON) -> JSON:
    found = dated(schema, part)
    if name in _WHOLE and isinstance(part, str) and isinstance(found, int):
        return found + _DAY - 1
    return found


def _seconds(text: str) -> JSON:
    if not _DATE.fullmatch(text):
        return text
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return text


def _shapes(schema: Field) -> tuple[Field, ...]:
    return (schema, *(shape for option in schema.any_of for shape in _shapes(option)))


def _child(schema: Field, name: str) -> Field | None:
    for shape in _shapes(schema):
        child = shape.child(name)
        if child is not None:
            return child
    return None
