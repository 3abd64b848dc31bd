"""Everything outside of the process under test: time, chance, and what is under way."""

import heapq
import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b
from itertools import count

BEGIN = 1_790_000_000.0
"""The Unix time at which every world begins."""


class World:
    """Simulated time and chance of one seed.

    `now` is seconds since the world began and moves only by `advance`. Stripe's clock is right;
    the local one is `skew` seconds ahead of it. `trace` tells all that happened.
    """

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.now = 0.0
        self.skew = 0.0
        self.booted = -7_000.0
        self.trace: list[str] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()

    def chance(self, *names: object) -> random.Random:
        """A source of chance for one purpose, so that what is drawn for another changes
        nothing in it."""
        return random.Random("/".join(map(str, (self.seed, *names))))

    def true(self) -> float:
        """The time by Stripe's clock."""
        return BEGIN + self.now

    def local(self) -> float:
        """The time by the clock of the machine under test."""
        return BEGIN + self.now + self.skew

    def steady(self) -> float:
        """Seconds since the machine was started."""
        return self.now - self.booted

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        """Lets something happen later, whatever becomes of the process."""
        heapq.heappush(self._events, (self.now + seconds, next(self._number), event))

    def next(self) -> float | None:
        """When the next event is due."""
        return self._events[0][0] if self._events else None

    def advance(self, to: float) -> None:
        """Lets time pass, with every event that is due by then."""
        while self._events and self._events[0][0] <= to:
            at, _, event = heapq.heappop(self._events)
            self.now = max(self.now, at)
            event()
        self.now = max(self.now, to)

    def note(self, text: str) -> None:
        """Adds a line to the trace."""
        self.trace.append(f"{self.now:14.3f}  {text}")

    def fingerprint(self) -> str:
        """A hash of the whole trace."""
        return blake2b("\n".join(self.trace).encode(), digest_size=16).hexdigest()


def http_date(moment: float) -> str:
    """A time as the header `Date` writes it."""
    return format_datetime(datetime.fromtimestamp(int(moment), UTC), usegmt=True)
