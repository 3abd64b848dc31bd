"""Values of JSON for the columns of a database: the same value, or a Problem. Pure."""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal, Inexact
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from connector_sdk import Problem, shown

from connector_database.columns import Column

Convert = Callable[[Any], Any]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_EXACT = Context(prec=20_000, traps=[Inexact])
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)?([Zz]|[+-]\d\d(:?\d\d)?)?", re.ASCII
)


class ValueFaultError(Exception):
    """A value that a column can't hold as it is."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy or "Correct the value, or convert it with a step of the mapping."


def converter_of(column: Column, dialect: str) -> Convert:
    """What makes the value for the driver. The function raises ValueFaultError, whose message
    follows the name of the column."""
    match column.kind:
        case "text":
            return partial(_text, column)
        case "integer":
            return partial(_integer, column)
        case "decimal":
            return partial(_sqlite_number if dialect == "sqlite" else _decimal, column)
        case "float":
            return _float
        case "boolean":
            return _boolean
        case "moment" | "local":
            return partial(_moment, zoned=column.kind == "moment", as_text=dialect == "sqlite")
        case "date":
            return partial(_date, as_text=dialect == "sqlite")
        case "time":
            return partial(_time, as_text=dialect == "sqlite")
        case "json":
            return _json_text if dialect == "sqlite" else _same
        case "bytes":
            return _bytes
        case "uuid":
            return partial(_uuid, as_text=dialect == "sqlite")
        case "list" if column.item is not None:
            return partial(_list, converter_of(column.item, dialect))
        case "any":
            return _any
    return _other


def value_problem(column: str, fault: ValueFaultError, value: Any) -> Problem:
    """The Problem of a value in a column."""
    return Problem(
        "value_unfit",
        f"{column} {fault.message}.",
        fault.remedy,
        path=column,
        value=shown(value),
    )


def _same(value: Any) -> Any:
    return value


def _text(column: Column, value: Any) -> str:
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, str):
        text = value
    elif isinstance(value, int | Decimal):
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    else:
        raise _wrong("text", value)
    if column.length and len(text) > column.length:
        raise ValueFaultError(
            f"has {len(text)} characters; {column.length} are allowed", "Shorten it."
        )
    if column.choices and text not in column.choices:
        listed = ", ".join(column.choices[:12])
        raise ValueFaultError(f"can't be {shown(text)!r}; it has to be one of {listed}")
    return text


def _integer(column: Column, value: Any) -> int:
    number = _number(value)
    if number is None or number != number.to_integral_value():
        raise _wrong("a whole number", value)
    whole = int(number)
    if not column.low <= whole <= column.high:
        raise ValueFaultError(f"holds numbers from {column.low} to {column.high}, not {whole}")
    return whole


def _decimal(column: Column, value: Any) -> Decimal:
    number = _number(value)
    if number is None:
        raise _wrong("a decimal number", value)
    if column.precision is not None:
        # A database would round silently; MySQL and SQL Server count no decimals as none.
        scale = column.scale or 0
        _, digits, exponent = number.normalize(_EXACT).as_tuple()
        if isinstance(exponent, int) and number:
            if -exponent > scale:
                raise ValueFaultError(
                    f"has {scale} decimals, and {shown(value)} has {-exponent}",
                    "Round it with `round_number`, or give the column more decimals.",
                )
            if len(digits) + exponent > column.precision - scale:
                raise ValueFaultError(
                    f"has {column.precision - scale} digits before the point, and "
                    f"{shown(value)} has {len(digits) + exponent}"
                )
    return number


def _sqlite_number(column: Column, value: Any) -> int | float:
    """SQLite keeps a decimal as an integer or as a float."""
    number = _decimal(column, value)
    if number == number.to_integral_value() and abs(number) < 1 << 63:
        return int(number)
    return _float(number)


def _float(value: Any) -> float:
    number = _number(value)
    if number is None:
        raise _wrong("a number", value)
    as_float = float(number)
    if Decimal(repr(as_float)) != number:
        raise ValueFaultError(
            f"is kept with about 16 digits, and {shown(value)} has more",
            "Make it a column of text or of decimals, or round it with `round_number`.",
        )
    return as_float


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        known = {"true": True, "false": False}.get(value.strip().lower())
        if known is not None:
            return known
    raise _wrong("true or false", value)


def _moment(value: Any, *, zoned: bool, as_text: bool) -> Any:
    """A moment with an offset is kept in UTC where the column has none; one without an offset
    is taken only by columns without."""
    moment = None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        moment = _of_unix(value)
    elif isinstance(value, str) and _MOMENT.fullmatch(value.strip()):
        try:
            moment = datetime.fromisoformat(value.strip().upper())
        except ValueError:
            moment = None
    if moment is None:
        example = "2026-01-31T12:00:00Z" if zoned else "2026-01-31T12:00:00"
        raise _wrong(f"a moment such as {example}", value)
    if moment.tzinfo is None and zoned:
        raise ValueFaultError(
            f"needs a moment with its offset, and {shown(value)!r} has none",
            "Make a moment of it with the step `date_to_unix` and its zone.",
        )
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
        if not zoned:
            moment = moment.replace(tzinfo=None)
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds") if as_text else moment


def _of_unix(value: int | Decimal) -> datetime | None:
    try:
        whole = int(value)
        moment = datetime.fromtimestamp(whole, UTC)
        return moment.replace(microsecond=int((Decimal(value) - whole) * 1_000_000))
    except (ValueError, OverflowError, OSError):
        return None


def _date(value: Any, *, as_text: bool) -> Any:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        day = None
    if day is None:
        raise _wrong("a date such as 2026-01-31", value)
    return day.isoformat() if as_text else day


def _time(value: Any, *, as_text: bool) -> Any:
    try:
        moment = time.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise _wrong("a time of the day such as 12:30:00", value)
    return moment.isoformat() if as_text else moment


def _json_text(value: Any) -> str:
    return _ENCODER.encode(value).decode()


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else _no_bytes()
    except (binascii.Error, ValueError):
        raise _wrong("bytes as base64", value) from None


def _no_bytes() -> bytes:
    raise ValueError


def _uuid(value: Any, *, as_text: bool) -> Any:
    try:
        found = UUID(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise _wrong("a UUID", value)
    return str(found) if as_text else found


def _list(convert: Convert, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong("a list", value)
    # A list of PostgreSQL may have any number of dimensions, whatever its column says.
    return [
        _list(convert, each) if isinstance(each, list) else None if each is None else convert(each)
        for each in value
    ]


def _any(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _float(value)
    return _json_text(value) if isinstance(value, list | dict) else value


def _other(value: Any) -> Any:
    """The database reads its own types from text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return _json_text(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    return None


def _wrong(wanted: str, value: Any) -> ValueFaultError:
    return ValueFaultError(f"has to be {wanted}, not {shown(value)!r}")
