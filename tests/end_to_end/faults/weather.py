"""Which fault each request meets, drawn from a seed: the same request of the same record meets
the same faults, in whatever order requests come in."""

import random
from collections.abc import Mapping
from typing import NamedTuple

GOOD = "good"
LOST = "lost"
CUT = "cut"
SLOW = "slow"
LATE = "late"
EARLY = "early"
BUSY = "busy"
BROKEN = "broken"
BROKEN_DONE = "broken, done"
STORED = "stored failure"
STORED_DONE = "stored failure, done"
HOSTILE = "hostile"
HOSTILE_DONE = "hostile, done"
DENIED = "denied"

WRITES: Mapping[str, int] = {
    LOST: 8,
    CUT: 3,
    SLOW: 1,
    LATE: 1,
    EARLY: 4,
    BUSY: 4,
    BROKEN: 4,
    BROKEN_DONE: 4,
    STORED: 4,
    STORED_DONE: 8,
    HOSTILE: 4,
    HOSTILE_DONE: 4,
    DENIED: 4,
}
"""What a write can meet besides good answers, and how often against each other."""

READS: Mapping[str, int] = {EARLY: 3, CUT: 3, BROKEN: 3, BUSY: 2, HOSTILE: 1}

UNANSWERED = (LOST, CUT, SLOW, BROKEN_DONE, HOSTILE_DONE)
"""After these the client can't know that the write was done, and no failure is remembered."""

FOR_GOOD = 99
"""A denial that outlasts every attempt of one send."""


class Denial(NamedTuple):
    """How the next so many requests with the key of a lost answer are turned away, without any
    look at what became of the first: as locks, limits and machines in between do."""

    status: int
    type: str
    code: str
    times: int


_DENIALS = (
    (409, "invalid_request_error", "lock_timeout"),
    (400, "invalid_request_error", "parameter_invalid_empty"),
    (402, "card_error", "card_declined"),
    (404, "invalid_request_error", "resource_missing"),
    (408, "invalid_request_error", ""),
    (413, "invalid_request_error", ""),
    (413, "", ""),
    (422, "invalid_request_error", ""),
    (425, "invalid_request_error", ""),
    (409, "idempotency_error", "idempotency_key_in_use"),
    (401, "invalid_request_error", ""),
)


class Weather:
    """The faults of one seed. `share` of the writes meet one; some kinds never do with this
    seed, so that each comes with the others and without."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        chance = random.Random(f"weather {seed}")
        self.share = chance.choice((0.05, 0.15, 0.4))
        self.reads = chance.choice((0.0, 0.03, 0.1))
        self.denied = chance.choice((0.2, 0.5, 1.0))
        self.writes = {kind: many for kind, many in WRITES.items() if chance.random() < 0.6}
        self.calm = False

    def write(self, token: str, number: int) -> str:
        """What the write meets that comes as the `number`th with this key."""
        chance = random.Random(f"{self._seed} write {token} {number}")
        if self.calm or not self.writes or chance.random() >= self.share:
            return GOOD
        return chance.choices([*self.writes], [*self.writes.values()])[0]

    def read(self, token: str, number: int) -> str:
        """The same for a read."""
        chance = random.Random(f"{self._seed} read {token} {number}")
        if self.calm or chance.random() >= self.reads:
            return GOOD
        return chance.choices([*READS], [*READS.values()])[0]

    def denial(self, token: str) -> Denial | None:
        """How requests after a lost answer are turned away; None where they aren't."""
        chance = random.Random(f"{self._seed} denial {token}")
        if self.calm or chance.random() >= self.denied:
            return None
        return Denial(*chance.choice(_DENIALS), chance.choice((1, FOR_GOOD, FOR_GOOD)))

    def choice(self, token: str, count: int) -> int:
        """One of so many, the same one for the same token."""
        return random.Random(f"{self._seed} choice {token}").randrange(count)
