"""Makes a value fit a schema, or says at which field and why it can't.

The same function checks the settings of a form, the request that a mapping made, and the
parameters that a Python caller hands over, so that each fault has one text everywhere.
"""

import difflib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from connector_sdk.record import JSON, Problem
from connector_sdk.schema import Field

_INTEGER = re.compile(r"[+-]?[0-9]+")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_SHOWN = 60
_DIGITS = 308
"""Numbers of more digits are refused: no float holds them, and "1e999999999" written out would
fill the memory."""


class Conformed(NamedTuple):
    """The value with its types mended, and every problem that was found in it."""

    value: JSON
    problems: tuple[Problem, ...]


def conform(schema: Field, value: JSON, path: str = "") -> Conformed:
    """`value` as `schema` wants it.

    Only changes that lose nothing are made: "12" becomes the integer 12 and 12 the string
    "12" where the schema says so, and a moment goes from RFC 3339 to Unix seconds or back.
    None stays None where the field can be cleared or is nullable, and is a problem elsewhere.
    Fields that the schema does not know are problems, with the nearest known name.
    """
    problems: list[Problem] = []
    return Conformed(_fit(schema, value, path, problems), tuple(problems))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ "Did you mean 'email'?", or "" when nothing known is near."""
    near = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else ""


def shown(value: object) -> str:
    """A value as a message shows it: in one line, and not longer than 60 characters."""
    text = value if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _fit(schema: Field, value: JSON, path: str, problems: list[Problem]) -> JSON:
    if value is None:
        if not (schema.clears or schema.nullable or schema.type == "any"):
            problems.append(
                Problem(
                    "null_not_allowed",
                    f"{path or 'The value'} can't be null.",
                    "Leave it out, or give a value.",
                    path=path,
                )
            )
        return None
    if schema.any_of:
        return _fit_any(schema, value, path, problems)
    if value == "" and schema.clears:
        return None
    match schema.type:
        case "object":
            return _fit_object(schema, value, path, problems)
        case "map":
            return _fit_map(schema, value, path, problems)
        case "list":
            return _fit_list(schema, value, path, problems)
        case "any":
            return value
    fitted = _fit_plain(schema, value)
    if fitted is None:
        problems.append(_wrong_type(schema, value, path))
        return value
    if schema.choices and not schema.open and fitted not in schema.choices:
        problems.append(_wrong_choice(schema, fitted, path))
    elif schema.max_length and isinstance(fitted, str) and len(fitted) > schema.max_length:
        problems.append(
            Problem(
                "too_long",
                f"{path} has {len(fitted)} characters; {schema.max_length} are allowed.",
                "Shorten it.",
                path=path,
                value=shown(fitted),
            )
        )
    return fitted


def _fit_object(schema: Field, value: JSON, path: str, problems: list[Problem]) -> JSON:
    if not isinstance(value, dict):
        problems.append(_wrong_type(schema, value, path))
        return value
    out: dict[str, JSON] = {}
    known = {child.name: child for child in schema.fields}
    for name, part in value.items():
        where = f"{path}.{name}" if path else name
        child = known.get(name)
        if child is None:
            hint = did_you_mean(name, known)
            problems.append(
                Problem(
                    "unknown_field",
                    f"There is no field {where!r}.",
                    hint or "Take it out, or look the name up in the schema.",
                    path=where,
                )
            )
            continue
        out[name] = _fit(child, part, where, problems)
    for child in schema.fields:
        if child.required and child.name not in value:
            where = f"{path}.{child.name}" if path else child.name
            problems.append(
                Problem(
                    "missing_field",
                    f"The required field {where!r} is missing.",
                    "Give it a value.",
                    path=where,
                )
            )
    return out


def _fit_map(schema: Field, value: JSON, path: str, problems: list[Problem]) -> JSON:
    if not isinstance(value, dict):
        problems.append(_wrong_type(schema, value, path))
        return value
    if schema.items is None:
        return value
    return {
        name: _fit(schema.items, part, f"{path}.{name}" if path else name, problems)
        for name, part in value.items()
    }


def _fit_list(schema: Field, value: JSON, path: str, problems: list[Problem]) -> JSON:
    if not isinstance(value, list):
        problems.append(_wrong_type(schema, value, path))
        return value
    if schema.items is None:
        return value
    return [
        _fit(schema.items, part, f"{path}[{index}]", problems) for index, part in enumerate(value)
    ]


def _fit_any(schema: Field, value: JSON, path: str, problems: list[Problem]) -> JSON:
    """The first alternative that fits; the native type of the value goes before a converted
    one, so that "12" stays text where both are allowed, and a moment becomes one."""
    best: list[Problem] | None = None
    options = sorted(schema.any_of, key=lambda option: not _is_native(option, value))
    for option in options:
        found: list[Problem] = []
        fitted = _fit(option, value, path, found)
        if not found:
            return fitted
        if best is None:
            best = found
    if value == "" and schema.clears:
        return None
    problems.extend(best or ())
    return value


def _is_native(option: Field, value: JSON) -> bool:
    match value:
        case bool():
            return option.type == "boolean"
        case int():
            return option.type in ("integer", "number")
        case float():
            return option.type == "number"
        case str():
            if _MOMENT.fullmatch(value):
                return option.format in ("unix-time", "date-time")
            return option.type in ("string", "file")
        case list():
            return option.type == "list"
        case dict():
            return option.type in ("object", "map")
    return False


def _fit_plain(schema: Field, value: JSON) -> JSON:
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
        return datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        return None


def _number(value: JSON) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            return None
        return float(number) if number.is_finite() and abs(number.adjusted()) < _DIGITS else None
    return None


def _decimal_text(value: JSON) -> str | None:
    """A number as plain decimal text: no exponent, no lost digit."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) >= _DIGITS:
        return None
    return f"{number:f}"


_ARTICLE = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "map": "an object of names and values",
    "list": "a list",
    "file": "the path of a file",
}


def _wrong_type(schema: Field, value: JSON, path: str) -> Problem:
    wanted = _ARTICLE.get(schema.type, schema.type)
    if schema.format == "decimal":
        wanted = "a decimal number"
    elif schema.format == "date-time":
        wanted = "a moment such as 2026-01-31T12:00:00Z"
    return Problem(
        f"not_{schema.type}",
        f"{path or 'The value'} has to be {wanted}, not {shown(value)!r}.",
        "Correct the value, or convert it with a step of the mapping.",
        path=path,
        value=shown(value),
    )


def _wrong_choice(schema: Field, value: JSON, path: str) -> Problem:
    names = [str(choice) for choice in schema.choices]
    listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    hint = did_you_mean(str(value), names)
    return Problem(
        "wrong_choice",
        f"{path} can't be {shown(value)!r}; it has to be one of {listed}.",
        hint or "Choose one of them.",
        path=path,
        value=shown(value),
    )
