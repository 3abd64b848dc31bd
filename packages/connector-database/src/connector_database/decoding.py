"""Values of a database as JSON, without losing anything. Pure."""

import base64
import math
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from connector_database.columns import Column
from connector_database.engine import BadText

_SHORT_OFFSET = re.compile(r"([+-]\d\d)$")


class UnfitError(Exception):
    """A value that JSON has no place for; the text says what it is."""


def reader_of(column: Column) -> Callable[[Any], Any]:
    """What makes the JSON of a value that the driver gives. The function raises UnfitError."""
    return lambda value: None if value is None else _value(value, column)


def _value(value: Any, column: Column) -> Any:
    match value:
        case BadText():
            raise UnfitError("bytes that are no text")
        case str():
            return _text(value, column)
        case bool():
            return value
        case int():
            return bool(value) if column.kind == "boolean" and value in (0, 1) else value
        case float():
            if not math.isfinite(value):
                raise UnfitError("a number without a value" if math.isnan(value) else _BOUNDLESS)
            return value
        case Decimal():
            if not value.is_finite():
                raise UnfitError("a number without a value" if value.is_nan() else _BOUNDLESS)
            return value if column.is_number else f"{value:f}"
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode()
        case datetime() | date() | time():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return _duration(value)
        case list() | tuple():
            item = column.item or column
            return [None if each is None else _value(each, item) for each in value]
        case msgspec.Raw() | dict():
            return value
    return str(value)


_BOUNDLESS = "a number without bounds"


def _text(value: str, column: Column) -> Any:
    match column.kind:
        case "json":
            return _json(value)
        case "moment":
            return _moment(value)
        case "local" if value[4:5] == "-" and value[10:11] == " ":
            # SQLite and PostgreSQL write a blank where RFC 3339 has a T.
            return value.replace(" ", "T", 1).removesuffix(".000000")
    return value


def _json(text: str) -> Any:
    """JSON that is stored as text, its numbers as they are."""
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return msgspec.Raw(text.encode())


def _moment(text: str) -> str:
    """PostgreSQL's 2026-01-31 12:00:00+00 by RFC 3339; "infinity" and years before Christ stay
    as they are."""
    if text[4:5] != "-" or text.endswith("BC"):
        return text
    text = text.replace(" ", "T", 1)
    if text.endswith("+00"):
        return text[:-3] + "Z"
    return _SHORT_OFFSET.sub(r"\1:00", text)


def _duration(value: timedelta) -> str:
    """Hours, minutes and seconds, as MySQL writes its TIME."""
    seconds = abs(value).total_seconds()
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{hours:02}:{minutes:02}:{rest:02.0f}"
    if value.microseconds:
        text = f"{hours:02}:{minutes:02}:{rest:09.6f}"
    return f"-{text}" if value.days < 0 else text
