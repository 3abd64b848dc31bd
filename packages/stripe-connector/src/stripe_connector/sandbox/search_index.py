"""What searches find: everything, or everything that is old enough."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import orjson

from stripe_connector.sandbox.store import Account, Stored


@dataclass(frozen=True, slots=True)
class Searching:
    """A write stays hidden for `delay` seconds. `offered` False refuses searches. A page's token
    lives `page_life` seconds, 0 for ever."""

    delay: float = 0.0
    offered: bool = True
    page_life: float = 0.0


class SearchIndex:
    def __init__(self, account: Account, searching: Searching) -> None:
        self.searching = searching
        self._account = account
        self._delay = delay = searching.delay
        self._waiting: deque[tuple[float, Stored]] = deque()
        self._seen: dict[str, dict[int, Stored]] = {}
        if delay:
            for collection in account.collections.values():
                self._take(_copy(stored) for stored in collection.rows)

    def note(self, touched: Iterable[Stored], now: float) -> None:
        if self._delay:
            self._waiting.extend((now, _copy(stored)) for stored in touched)

    def rows(self, resource: str, now: float) -> Sequence[Stored]:
        """Oldest first."""
        if not self._delay:
            return list(self._account.live(resource))
        while self._waiting and self._waiting[0][0] <= now - self._delay:
            self._take([self._waiting.popleft()[1]])
        seen = self._seen.get(resource, {})
        return [seen[seq] for seq in sorted(seen)]

    def _take(self, copies: Iterable[Stored]) -> None:
        for stored in copies:
            rows = self._seen.setdefault(stored.resource, {})
            if stored.deleted:
                rows.pop(stored.seq, None)
            else:
                rows[stored.seq] = stored


def _copy(stored: Stored) -> Stored:
    """Bodies are changed in place."""
    return replace(stored, body=orjson.loads(orjson.dumps(stored.body)))
