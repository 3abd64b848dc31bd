"""The last results by their ids, so that none is given out twice."""

import base64
import hashlib
from collections import deque

from connector_sdk import JSON

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
