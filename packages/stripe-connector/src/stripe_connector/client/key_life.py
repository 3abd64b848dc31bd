"""How long Stripe knows the key of a write, and calls that may have been sent before."""

from typing import NamedTuple

from connector_sdk import Problem

from stripe_connector.catalogue.model import Operation

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


def horizon(operation: Operation) -> float:
    """Seconds after its first send for which a repeat of this call with its key is safe."""
    return HORIZON_V2 if operation.v2 else HORIZON


def seconds_left(operation: Operation, earlier: Earlier | None, now: float | None) -> float:
    """Seconds from `now`, by Stripe's clock, for which Stripe surely knows the key of a call."""
    lasts = horizon(operation)
    if earlier is None or earlier.first_sent is None or now is None:
        return lasts
    return min(lasts, earlier.first_sent + lasts - now)
