"""Dates in the settings of an activity, where Stripe wants Unix times."""

import re
from datetime import UTC, datetime

from connector_sdk import JSON, Field

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)")


def dated(schema: Field, value: JSON) -> JSON:
    """The value with Unix times for dates ("2026-01-31", its first second in UTC) and for
    moments that name their zone ("2026-01-31T08:00:00+01:00"), wherever the schema wants a
    Unix time. Anything else stays, and is refused by the schema."""
    if isinstance(value, dict):
        return {
            name: dated(child, part) if (child := _child(schema, name)) is not None else part
            for name, part in value.items()
        }
    if isinstance(value, list):
        items = schema.items
        return value if items is None else [dated(items, part) for part in value]
    if isinstance(value, str) and any(option.format == "unix-time" for option in _shapes(schema)):
        return _seconds(value)
    return value


def _seconds(text: str) -> JSON:
    if not _DATE.fullmatch(text) and not _MOMENT.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return text


def _shapes(schema: Field) -> tuple[Field, ...]:
    return (schema, *(shape for option in schema.any_of for shape in _shapes(option)))


def _child(schema: Field, name: str) -> Field | None:
    for shape in _shapes(schema):
        child = shape.child(name)
        if child is not None:
            return child
    return None
