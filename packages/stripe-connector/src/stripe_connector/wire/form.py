"""Bodies and query strings of API v1: parameters as a form with brackets.

`{"items": [{"price": "p"}], "metadata": {"a": "b"}}` is `items[0][price]=p&metadata[a]=b`.
Written exactly as the official Python SDK writes it, with two exceptions where that loses
something: a boolean inside of a list is "true", and a float has no exponent.
"""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from urllib.parse import quote_plus

from connector_sdk import JSON, shown

from stripe_connector.wire.fault import WireError

DEPTH = 32
"""Levels of nesting that are written and read; Stripe's deepest parameter has 9."""


def encode_form(params: Mapping[str, JSON]) -> bytes:
    """The body of a v1 POST. None is written as "", which unsets; empty lists and maps write
    nothing, as in the SDK. Raises WireError for a name with brackets, and for a value that
    no text stands for (infinity, half of a surrogate pair)."""
    return _joined(params).replace("%5B", "[").replace("%5D", "]").encode()


def encode_query(params: Mapping[str, JSON]) -> str:
    """The same as a query string, without "?" and with brackets percent-encoded."""
    return _joined(params)


def plain_text(key: str, value: JSON) -> str:
    """A single value as v1 writes it. Raises WireError."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return f"{Decimal(repr(value)):f}"
    raise WireError(
        key,
        f"{shown(key)} holds {shown(value)}, which Stripe's API has no way to write.",
        "Give text, a finite number, true or false.",
    )


def pairs(params: Mapping[str, JSON]) -> Iterator[tuple[str, JSON]]:
    """Every single value with its name on the wire, in order. Raises WireError."""
    for name, value in params.items():
        _check_name(name, name)
        yield from _flat(name, value, 1)


def _joined(params: Mapping[str, JSON]) -> str:
    return "&".join(
        f"{_quoted(key, key)}={_quoted(key, plain_text(key, value))}"
        for key, value in pairs(params)
    )


def _flat(key: str, value: JSON, depth: int) -> Iterator[tuple[str, JSON]]:
    if not isinstance(value, (dict, list)):
        yield key, value
        return
    if depth >= DEPTH:
        raise WireError(
            key, f"{shown(key)} is nested more than {DEPTH} levels deep.", "Nest it less."
        )
    if isinstance(value, list):
        for index, part in enumerate(value):
            yield from _flat(f"{key}[{index}]", part, depth + 1)
        return
    for name, part in value.items():
        _check_name(name, key)
        yield from _flat(f"{key}[{name}]", part, depth + 1)


def _check_name(name: str, key: str) -> None:
    """A bracket inside of a name would be read as nesting, an empty name as a list."""
    if not name or "[" in name or "]" in name:
        raise WireError(
            key,
            f"{name!r} can't be the name of a parameter or of a metadata entry.",
            "Take the brackets out of the name; nested parameters are written as nested objects."
            if name
            else "Give the entry a name.",
        )


def _quoted(key: str, text: str) -> str:
    try:
        return quote_plus(text)
    except UnicodeEncodeError:
        raise WireError(
            key.encode("utf-8", "replace").decode(),
            "The request holds half of a surrogate pair, which is no character.",
            "Read the source with its true encoding.",
        ) from None
