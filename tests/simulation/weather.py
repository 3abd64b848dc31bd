"""What befalls requests on their way, as a seed draws it."""

import random
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

ODD = (
    (400, "parameter_invalid_empty"),
    (402, "card_declined"),
    (404, "resource_missing"),
    (408, ""),
    (409, "lock_timeout"),
    (413, ""),
    (422, ""),
    (425, ""),
)
"""Refusals that something in front of the memory of keys may give, also to a key whose request
was done before."""

NEVER_FINAL = (408, 409, 425)
"""Those that say nothing of the record."""

SKEWS = (-90_000.0, -660.0, 660.0, 90_000.0)
"""Seconds by which a wrong clock is ahead."""

HOSTILE = ("{}", "null id", "number id", "other type", "other id", "page", "deep", "list")
"""Answers with status 200 that are not the object; one that is not the one asked for."""


class Fate(NamedTuple):
    """What befalls one request. `travel` and `back` are seconds on the way, `work` at Stripe.

    `lost` is after how many seconds the client sees its connection break, None for never; with
    `arrives` False the request never gets to Stripe. `front` is the status and code of an answer
    that something else gave in Stripe's place. `end` is how the execution ends (see `Work`),
    `hostile` what the answer is replaced with. An `undated` answer has no header Date; where a
    proxy answers, its clock is `proxy_clock` seconds ahead (0: it doesn't tell).
    """

    travel: float = 0.05
    work: float = 0.1
    back: float = 0.05
    unreachable: bool = False
    arrives: bool = True
    lost: float | None = None
    front: tuple[int, str] | None = None
    end: str = ""
    hostile: str = ""
    undated: bool = False
    proxy_clock: float = 0.0


class Outage(NamedTuple):
    """A time in which Stripe gives no answers to writes, or to nothing at all: "503" or "dropped"
    or "silent"."""

    begin: float
    end: float
    how: str
    reads: bool


@dataclass(frozen=True)
class Weather:
    """How likely each fault is. `refused_later` holds for a key that was sent before."""

    unreachable: float = 0.0
    lost_before: float = 0.0
    lost_after: float = 0.0
    late: float = 0.0
    refused_first: float = 0.0
    refused_later: float = 0.0
    too_fast: float = 0.0
    broken: float = 0.0
    unavailable: float = 0.0
    slow: float = 0.0
    hostile: float = 0.0
    undated: float = 0.0
    proxy_clock: float = 0.0
    outages: tuple[Outage, ...] = ()
    crash: float = 0.0
    stop: float = 0.0
    clock: float = 0.0
    pause: float = 0.0

    def fate(self, chance: random.Random, now: float, *, write: bool, again: bool) -> Fate:
        """What befalls a request that is sent at `now`, `again` where its key was sent before."""
        spread = chance.random
        fate = Fate(0.01 + 0.1 * spread(), 0.05 + 0.3 * spread(), 0.01 + 0.1 * spread())
        fate = fate._replace(undated=spread() < self.undated)
        if spread() < self.proxy_clock:
            fate = fate._replace(proxy_clock=chance.choice(SKEWS))
        for outage in self.outages:
            if outage.begin <= now < outage.end and (write or outage.reads):
                return _in_outage(fate, outage, chance)
        if spread() < self.slow:
            fate = fate._replace(work=fate.work + chance.uniform(20, 200) * write)
        draw = spread()
        for name, likely in self._likely(write=write, again=again):
            draw -= likely
            if draw < 0:
                return _changed(fate, name, chance)
        return fate

    def _likely(self, *, write: bool, again: bool) -> list[tuple[str, float]]:
        refused = (self.refused_later if again else self.refused_first) if write else 0.0
        return [
            ("refused", refused),
            ("unreachable", self.unreachable),
            ("lost before", self.lost_before),
            ("lost after", self.lost_after),
            ("late", self.late * write),
            ("too fast", self.too_fast),
            ("broken", self.broken * write),
            ("unavailable", self.unavailable),
            ("hostile", self.hostile),
        ]


CALM = Weather()

KINDS: dict[str, Weather] = {
    "lost answers": Weather(lost_after=0.25, lost_before=0.1, late=0.05, crash=0.3, stop=0.2),
    "refused after a lost answer": Weather(
        lost_after=0.4, late=0.05, refused_later=0.6, refused_first=0.03, crash=0.3
    ),
    "clocks": Weather(broken=0.2, lost_after=0.2, crash=0.5, clock=0.9, pause=0.7, undated=0.02),
    "clocks without dates": Weather(
        broken=0.2, lost_after=0.2, crash=0.5, clock=0.7, pause=0.7, undated=0.6
    ),
    "hostile": Weather(hostile=0.2, lost_after=0.1, crash=0.2),
    "slow": Weather(slow=0.25, lost_after=0.1, refused_later=0.1, crash=0.3),
    "too fast": Weather(too_fast=0.4, lost_after=0.1, unavailable=0.1, crash=0.2, stop=0.2),
    "broken": Weather(broken=0.3, lost_after=0.1, crash=0.3, pause=0.5),
    "proxy": Weather(
        hostile=0.05, unavailable=0.2, lost_after=0.2, broken=0.2, proxy_clock=0.9, crash=0.3
    ),
    "kills": Weather(lost_after=0.03, crash=0.95, stop=0.3, pause=0.3),
}
"""Weathers that know few faults, so that each is met often."""


def names() -> tuple[str, ...]:
    """Every weather that can be asked for."""
    return (*KINDS, "outage", "mixed")


def draw_weather(chance: random.Random, wanted: str = "") -> tuple[str, Weather]:
    """The weather of a seed and its name: one of KINDS, an outage, or a mix of everything."""
    name = chance.choice((*names(), "mixed"))
    name = wanted or name
    if name == "outage":
        return name, replace(Weather(crash=0.1, pause=0.2), outages=_outages(chance, 1))
    if name == "mixed":
        drawn = {
            field.name: chance.choice((0.0, 0.0, 0.05, 0.2)) * chance.random()
            for field in fields(Weather)
            if field.name != "outages"
        }
        outages = _outages(chance, chance.choice((0, 0, 1)))
        mixed = Weather(outages=outages, **drawn)
        return name, replace(mixed, crash=chance.random(), stop=chance.random() * 0.3)
    return name, KINDS[name]


def _outages(chance: random.Random, count: int) -> tuple[Outage, ...]:
    return tuple(
        Outage(
            begin := chance.uniform(0, 2),
            begin + chance.choice((20.0, 600.0, 7_200.0)),
            chance.choice(("503", "dropped", "silent")),
            chance.random() < 0.3,
        )
        for _ in range(count)
    )


def _in_outage(fate: Fate, outage: Outage, chance: random.Random) -> Fate:
    match outage.how:
        case "503":
            return fate._replace(front=(503, ""))
        case "dropped":
            return fate._replace(lost=chance.uniform(0.01, 1.0), arrives=False)
    return fate._replace(arrives=False)


def _changed(fate: Fate, name: str, chance: random.Random) -> Fate:
    whole = fate.travel + fate.work + fate.back
    match name:
        case "refused":
            return fate._replace(front=chance.choice(ODD))
        case "unreachable":
            return fate._replace(unreachable=True, arrives=False)
        case "lost before":
            return fate._replace(lost=chance.uniform(0, 1), arrives=False)
        case "lost after":
            return fate._replace(lost=chance.uniform(fate.travel, whole))
        case "late":
            return fate._replace(lost=chance.uniform(0, 1), travel=chance.uniform(1, 60))
        case "too fast":
            return fate._replace(front=(429, chance.choice(("", "lock_timeout"))))
        case "broken":
            return fate._replace(end=chance.choice(("broken before", "broken after")))
        case "unavailable":
            return fate._replace(front=(chance.choice((500, 502, 503, 504)), ""))
        case "hostile":
            return fate._replace(hostile=chance.choice(HOSTILE))
    return fate
