"""Stripe's clock, by its answers, and for how long Stripe knows the key of a write."""

import time
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from connector_sdk import Problem

from stripe_connector.catalogue.model import ApiCall

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


HORIZON = 72_000.0
"""Seconds for which a key is safe in API v1: Stripe keeps them for at least 24 hours, and
four are left for clocks and slow calls (https://docs.stripe.com/api/idempotent_requests)."""

HORIZON_V2 = 29 * 86_400.0
"""The same for API v2, where Stripe keeps keys for 30 days."""

KEY_TOO_OLD = Problem(
    "key_too_old",
    "The write was sent first so long ago that Stripe may have forgotten its key; it may or may "
    "not have been done then.",
    "Look in Stripe whether it was done before sending it again.",
)


class Earlier(NamedTuple):
    """A call that may have been sent before; `first_sent` says when, by Stripe's clock in Unix
    seconds, None where that isn't known."""

    first_sent: float | None


def horizon(api_call: ApiCall) -> float:
    """Seconds after its first send for which a repeat of this call with its key is safe."""
    return HORIZON_V2 if api_call.v2 else HORIZON


def seconds_left(api_call: ApiCall, earlier: Earlier | None, now: float | None) -> float:
    """Seconds from `now`, by Stripe's clock, for which Stripe surely knows the key of a call."""
    lasts = horizon(api_call)
    if earlier is None or earlier.first_sent is None or now is None:
        return lasts
    return min(lasts, earlier.first_sent + lasts - now)
