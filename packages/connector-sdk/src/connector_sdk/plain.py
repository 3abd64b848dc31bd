"""One plain value as a field wants it: text, a number, a moment, true or false."""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from connector_sdk.record import JSON
from connector_sdk.schema import Field

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
"""A moment as RFC 3339 writes it."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""Python reads "1_000", digits of every script and "inf" as numbers, too."""
_DIGITS = 308
"""Numbers of more digits are refused: no float holds them, and "1e999999999" written out would
fill the memory."""


def fit_plain(schema: Field, value: JSON) -> JSON:
    """The value in the schema's plain type, or None when that would lose something."""
    if isinstance(value, (list, dict)):
        return None
    match schema.type:
        case "string" | "file":
            if schema.format == "decimal":
                return _decimal_text(value)
            if schema.format == "date-time":
                return _moment_text(value)
            if isinstance(value, bool):
                return "true" if value else "false"
            return value if isinstance(value, str) else _decimal_text(value)
        case "integer":
            if schema.format == "unix-time" and isinstance(value, str):
                return _unix_seconds(value)
            return _integer(value)
        case "number":
            return _number(value)
        case "boolean":
            if isinstance(value, bool):
                return value
            if isinstance(value, str):
                return {"true": True, "false": False}.get(value.strip().lower())
    return None


def _integer(value: JSON) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        try:
            return int(value)
        except ValueError:  # Python refuses to convert more than 4,300 digits
            return None
    return None


def _unix_seconds(text: str) -> int | None:
    moment = _moment(text)
    if moment is None:
        return _integer(text)
    return int(moment.timestamp()) if moment.microsecond == 0 else None


def _moment_text(value: JSON) -> str | None:
    """A moment as RFC 3339 writes it; a number counts Unix seconds."""
    if isinstance(value, str):
        return value if _moment(value) is not None else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        told = datetime.fromtimestamp(value, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None
    return told.replace("+00:00", "Z")


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if MOMENT.fullmatch(text) else None
    except ValueError:
        return None


def _number(value: JSON) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        number = _decimal(value)
        return None if number is None else float(number)
    return None


def _decimal_text(value: JSON) -> str | None:
    """A number as plain decimal text: no exponent, no lost digit."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    number = _decimal(str(value))
    return None if number is None else f"{number:f}"


def _decimal(text: str) -> Decimal | None:
    """The number that a text says, None where that is none or has too many digits."""
    if not _NUMBER.fullmatch(text.strip()):
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:  # an exponent that Python has no place for
        return None
    return number if abs(number.adjusted()) < _DIGITS else None
