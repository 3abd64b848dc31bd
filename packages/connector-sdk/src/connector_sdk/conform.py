"""Makes a value fit a schema, or says at which field and why it can't.

The same function checks the settings of a form, the request that a mapping made, and the
parameters that a Python caller hands over, so that each fault has one text everywhere.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from connector_sdk.plain import MOMENT, fit_plain
from connector_sdk.record import JSON, Problem
from connector_sdk.schema import Field
from connector_sdk.terminal import visible

_CURRENCY = re.compile(r"[A-Za-z]{3,4}")
"""Three letters by ISO 4217; stablecoins have four."""

_SHOWN = 60
_LOOKED_AT = 10_000
"""Characters of a value from which those that are shown are taken."""


_NATIVE: Mapping[str, type] = {"string": str, "integer": int, "number": float, "boolean": bool}
"""Values of these types are taken as they are, unless their format has a notation of its own."""

_WRITTEN = ("decimal", "date-time")


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
    """A value as a message shows it: in one line, not longer than 60 characters, and without
    any that a terminal would act on."""
    text = value if isinstance(value, str) else str(value)
    text = visible(" ".join(text[:_LOOKED_AT].split()))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _fit(schema: Field, value: JSON, path: str, problems: list[Problem]) -> JSON:
    if value is None:
        if not (schema.clears or schema.nullable or schema.type == "any"):
            problems.append(
                Problem(
                    "null_not_allowed",
                    f"{path or 'The value'} can't be null.",
                    "Leave it out (a mapping does by `skip_when_blank`), or give a value.",
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
    is_native = type(value) is _NATIVE.get(schema.type) and schema.format not in _WRITTEN
    fitted = value if is_native else fit_plain(schema, value)
    if fitted is None:
        problems.append(_wrong_type(schema, value, path))
        return value
    bounded = schema.lowest is not None or schema.highest is not None
    if schema.choices and not schema.open and fitted not in schema.choices:
        problems.append(_wrong_choice(schema, fitted, path))
    elif schema.max_length and isinstance(fitted, str) and len(fitted) > schema.max_length:
        problems.append(_too_long(path, fitted, schema.max_length))
    elif bounded and isinstance(fitted, (int, float)) and not _is_within(schema, fitted):
        problems.append(_out_of_range(schema, fitted, path))
    elif schema.format == "currency" and not _CURRENCY.fullmatch(str(fitted)):
        problems.append(
            Problem(
                "invalid_currency",
                f"{path} has to be the code of a currency, not {shown(fitted)!r}.",
                "Write three letters, such as eur or usd.",
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
    known: dict[str, Field] = {}
    for child in schema.fields:
        known[child.name] = child
    for name, part in value.items():
        where = f"{path}.{name}" if path else name
        found = known.get(name)
        if found is None:
            hint = dict(schema.elsewhere).get(name) or did_you_mean(name, known)
            problems.append(
                Problem(
                    "unknown_field",
                    f"There is no field {where!r}.",
                    hint or "Take it out, or look the name up in the schema.",
                    path=where,
                )
            )
            continue
        out[name] = _fit(found, part, where, problems)
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
    if schema.max_items and len(value) > schema.max_items:
        problems.append(_too_many(path, len(value), schema.max_items))
    if schema.max_length:
        for name in value:
            if len(name) > schema.max_length:
                where = f"The name {shown(name)!r} in {path}"
                problems.append(_too_long(path, name, schema.max_length, where))
    if schema.items is None:
        return value
    out: dict[str, JSON] = {}
    for name, part in value.items():
        out[name] = _fit(schema.items, part, f"{path}.{name}" if path else name, problems)
    return out


def _fit_list(schema: Field, value: JSON, path: str, problems: list[Problem]) -> JSON:
    if not isinstance(value, list):
        problems.append(_wrong_type(schema, value, path))
        return value
    if schema.max_items and len(value) > schema.max_items:
        problems.append(_too_many(path, len(value), schema.max_items))
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
            if MOMENT.fullmatch(value):
                return option.format in ("unix-time", "date-time")
            return option.type in ("string", "file")
        case list():
            return option.type == "list"
        case dict():
            return option.type in ("object", "map")
    return False


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
    elif schema.format == "unix-time":
        wanted = "a moment, as Unix seconds or such as 2026-01-31T12:00:00Z"
    return Problem(
        f"not_{schema.type}",
        f"{path or 'The value'} has to be {wanted}, not {shown(value)!r}.",
        "Correct the value, or convert it with a step of the mapping.",
        path=path,
        value=shown(value),
    )


def _too_long(path: str, text: str, most: int, what: str = "") -> Problem:
    return Problem(
        "too_long",
        f"{what or path} has {len(text)} characters; {most} are allowed.",
        "Shorten it.",
        path=path,
        value=shown(text),
    )


def _too_many(path: str, count: int, most: int) -> Problem:
    return Problem(
        "too_many",
        f"{path} has {count} entries; {most} are allowed.",
        "Leave some out.",
        path=path,
    )


def _is_within(schema: Field, number: float) -> bool:
    return (schema.lowest is None or number >= schema.lowest) and (
        schema.highest is None or number <= schema.highest
    )


def _out_of_range(schema: Field, number: float, path: str) -> Problem:
    bounds = {"at least": schema.lowest, "at most": schema.highest}
    told = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None)
    return Problem(
        "out_of_range",
        f"{path} can't be {number}; it has to be {told}.",
        "Give a number within that range.",
        path=path,
        value=str(number),
    )


def _wrong_choice(schema: Field, value: JSON, path: str) -> Problem:
    names = [str(choice) for choice in schema.choices]
    listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    hint = did_you_mean(str(value), names)
    return Problem(
        "wrong_choice",
        f"{path} can't be {shown(value)!r}; it has to be one of {listed}.",
        f"{hint or 'Choose one of them.'} {schema.unlisted}".rstrip(),
        path=path,
        value=shown(value),
    )
