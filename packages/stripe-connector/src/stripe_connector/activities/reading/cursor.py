"""Cursors: where a later read goes on."""

from collections.abc import Mapping

import msgspec
from connector_sdk import JSON


def cursor(**parts: JSON) -> bytes:
    """A cursor: what a later read needs to go on, as JSON."""
    return msgspec.json.encode(parts)


def parse_cursor(after: bytes | None) -> Mapping[str, JSON]:
    """What a cursor says; nothing for the start."""
    if after is None:
        return {}
    parts: dict[str, JSON] = msgspec.json.decode(after, type=dict)
    return parts
