"""The bodies of requests: forms with brackets (API v1), JSON (v2), uploads.

`{"items": [{"price": "p"}], "metadata": {"a": "b"}}` is `items[0][price]=p&metadata[a]=b`. Forms
are written as the official Python SDK writes them, with two exceptions where that loses
something: a boolean in a list is "true", and a float has no exponent.
"""

import json
import math
import re
import secrets
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote_plus

from connector_sdk import JSON, shown

from stripe_connector.wire.path import WireError

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


_PLAIN = re.compile(r"[\w.~-]*", re.ASCII).fullmatch
_quoted_name = lru_cache(maxsize=4096)(quote_plus)


def _joined(params: Mapping[str, JSON]) -> str:
    fields = []
    key = ""
    try:
        found: list[tuple[str, JSON]] = []
        _flatten(params, "", 0, found)
        for key, value in found:
            text = value if type(value) is str else plain_text(key, value)
            fields.append(f"{_quoted_name(key)}={text if _PLAIN(text) else quote_plus(text)}")
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


def encode_json(params: Mapping[str, JSON]) -> bytes:
    """The body of a v2 request: keys in the order given, null for None (which clears). Big
    integers and decimals that Stripe wants as text come as text from `conform`, which knows
    the schema. Raises WireError for what JSON can't hold."""
    try:
        return json.dumps(params, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, TypeError, RecursionError):
        raise WireError(
            "",
            "The request holds a value that JSON can't hold, or is nested without end.",
            "Give text, finite numbers, true, false, null, lists and objects.",
        ) from None


class Upload(NamedTuple):
    """The content of a file and the name under which Stripe keeps it."""

    name: str
    content: bytes


def encode_multipart(params: Mapping[str, JSON], files: Mapping[str, Upload]) -> tuple[bytes, str]:
    """The body and its content type. The boundary is random, so that no file can hold it.
    Raises WireError as `encode_form` does."""
    boundary = secrets.token_hex(30)
    chunks: list[bytes] = []
    for key, value in pairs(params):
        head = f'Content-Disposition: form-data; name="{_escaped(key)}"'
        chunks += _part(boundary, head, plain_text(key, value).encode())
    for key, file in files.items():
        head = (
            f'Content-Disposition: form-data; name="{_escaped(key)}"; '
            f'filename="{_escaped(file.name)}"\r\nContent-Type: application/octet-stream'
        )
        chunks += _part(boundary, head, file.content)
    chunks.append(f"--{boundary}--\r\n".encode())
    return b"".join(chunks), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, head: str, content: bytes) -> list[bytes]:
    return [f"--{boundary}\r\n{head}\r\n\r\n".encode(), content, b"\r\n"]


def _escaped(text: str) -> str:
    """As browsers do: what would end the quoted name or the line is percent-encoded."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
