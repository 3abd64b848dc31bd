"""What searches see: all of it, or what was there some time ago."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

import orjson

from stripe_connector.sandbox.store import Account, Stored


class SearchIndex:
    """The objects of one account as a search finds them `delay` seconds after they were
    written, as at Stripe; without a delay at once."""

    def __init__(self, account: Account, delay: float) -> None:
        self._account = account
        self._delay = delay
        self._waiting: deque[tuple[float, Stored]] = deque()
        self._seen: dict[str, dict[int, Stored]] = {}
        if delay:
            for collection in account.collections.values():
                self._take(_copy(stored) for stored in collection.rows)

    def note(self, touched: Iterable[Stored], now: float) -> None:
        """What a request has written at `now`."""
        if self._delay:
            self._waiting.extend((now, _copy(stored)) for stored in touched)

    def rows(self, resource: str, now: float) -> Sequence[Stored]:
        """What a search at `now` looks through, oldest first."""
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
    """The object as it is now: bodies are changed in place."""
    return replace(stored, body=orjson.loads(orjson.dumps(stored.body)))
