"""Stripe's clock, as its answers tell it: by that one, keys are kept and objects dated."""

import time
from email.utils import parsedate_to_datetime

STEP = 5.0
"""Seconds by which a header must differ from what is known to count as another time."""


class Clock:
    """Stripe's time, carried on from its `Date` headers by a clock that nobody can set."""

    def __init__(self) -> None:
        self._difference: float | None = None

    def observe(self, date: str) -> None:
        """Takes the `Date` header of an answer that has just come; "" tells nothing."""
        try:
            moment = parsedate_to_datetime(date)
        except ValueError:  # none, or no date
            return
        if moment.tzinfo is None:
            return
        difference = moment.timestamp() - steady()
        known = self._difference
        # The header has no fractions and travels a while: the largest difference is the nearest,
        # and the time never runs backwards by less than a real step.
        if known is None or difference > known or difference < known - STEP:
            self._difference = difference

    def now(self) -> float | None:
        """Unix seconds, right to within about a second; None before the first answer."""
        return None if self._difference is None else steady() + self._difference


def steady() -> float:
    """Seconds of a clock that is never set and goes on while the machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
