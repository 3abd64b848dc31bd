"""Stripe's clock, as its answers tell it: by that one, keys are kept and objects dated."""

import time
from email.utils import parsedate_to_datetime


class Clock:
    """Stripe's time, carried on from the last `Date` header by a clock that nobody can set."""

    def __init__(self) -> None:
        self._difference: float | None = None

    def observe(self, date: str) -> None:
        """Takes the `Date` header of an answer that has just come; "" tells nothing."""
        try:
            moment = parsedate_to_datetime(date)
        except ValueError:
            return
        self._difference = moment.timestamp() - steady()

    def now(self) -> float | None:
        """Unix seconds, right to within a second and the time that an answer travels; None
        before the first answer."""
        return None if self._difference is None else steady() + self._difference


def steady() -> float:
    """Seconds of a clock that is never set and goes on while the machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
