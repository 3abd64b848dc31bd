"""Bodies and query strings of API v1: parameters as a form with brackets.

`{"items": [{"price": "p"}], "metadata": {"a": "b"}}` is `items[0][price]=p&metadata[a]=b`.
Written exactly as the official Python SDK writes it, with two exceptions where that loses
something: a boolean inside of a list is "true", and a float has no exponent.
"""

import math
from collections.abc import Mapping
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


def pairs(params: Mapping[str, JSON]) -> list[tuple[str, JSON]]:
    """Every single value with its name on the wire, in order. Raises WireError."""
    found: list[tuple[str, JSON]] = []
    _flatten(params, "", 0, found)
    return found


def _joined(params: Mapping[str, JSON]) -> str:
    fields = []
    key = ""
    try:
        found: list[tuple[str, JSON]] = []
        _flatten(params, "", 0, found)
        for key, value in found:
            text = value if type(value) is str else plain_text(key, value)
            fields.append(f"{quote_plus(key)}={quote_plus(text)}")
    except UnicodeEncodeError:
        raise WireError(
            key.encode("utf-8", "replace").decode(),
            "The request holds half of a surrogate pair, which is no character.",
            "Read the source with its true encoding.",
        ) from None
    return "&".join(fields)


def _flatten(
    node: Mapping[str, JSON] | list[JSON], key: str, depth: int, found: list[tuple[str, JSON]]
) -> None:
    """Adds the values below a container, which is at `key` and so many levels deep."""
    if depth >= DEPTH:
        raise WireError(
            key, f"{shown(key)} is nested more than {DEPTH} levels deep.", "Nest it less."
        )
    for name, part in enumerate(node) if isinstance(node, list) else node.items():
        if isinstance(name, str) and (not name or "[" in name or "]" in name):
            raise _bad_name(name, key or name)
        below = f"{key}[{name}]" if key else str(name)
        if isinstance(part, (dict, list)):
            _flatten(part, below, depth + 1, found)
        else:
            found.append((below, part))


def _bad_name(name: str, key: str) -> WireError:
    """A bracket in a name would be read as nesting, an empty name as a list."""
    return WireError(
        key,
        f"{name!r} can't be the name of a parameter or of a metadata entry.",
        "Take the brackets out of the name; nested parameters are written as nested objects."
        if name
        else "Give the entry a name.",
    )
