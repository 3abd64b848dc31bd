"""Where a read continues, and which of the latest records were given already."""

import base64
import hashlib
from collections import deque
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


_BYTES = 8


class Seen:
    """Remembers the ids of the last `most` results, eight bytes each."""

    def __init__(self, most: int, state: JSON = None) -> None:
        raw = base64.b64decode(state) if isinstance(state, str) else b""
        self._order = deque(
            (raw[at : at + _BYTES] for at in range(0, len(raw), _BYTES)), maxlen=most
        )
        self._known = set(self._order)

    def add(self, id: str) -> bool:
        """Whether the id is new; one that is empty always is."""
        mark = hashlib.blake2b(id.encode(), digest_size=_BYTES).digest()
        if not id:
            return True
        if mark in self._known:
            return False
        if len(self._order) == self._order.maxlen:
            self._known.discard(self._order[0])
        self._order.append(mark)
        self._known.add(mark)
        return True

    def state(self) -> str:
        """What is remembered, as text."""
        return base64.b64encode(b"".join(self._order)).decode()
