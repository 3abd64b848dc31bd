"""When to send again, and after how long; pure.

By Stripe's rules: its Stripe-Should-Retry header goes first, then network faults, 408, 409,
425, 429 and 5xx are worth another attempt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

PATIENCE = 4
"""How many times more attempts a 429 gets: it says "later", not "broken"."""
LONGEST_WAIT = 60.0
"""Seconds; a Retry-After beyond it isn't obeyed but taken for a mistake."""


@dataclass(frozen=True, slots=True)
class Retry:
    """`first` and `most` bound the backoff in seconds: before attempt n it is drawn evenly
    from 0 to first · 2ⁿ⁻², at most `most` (full jitter, so that clients don't march in step)."""

    retries: int = 5
    first: float = 0.5
    most: float = 8.0
    random: Random = field(default_factory=Random)

    def wait(
        self, attempts: int, status: int, headers: Mapping[str, str], code: str = ""
    ) -> float | None:
        """Seconds to wait before the next attempt, or None to stop.

        `attempts` failed so far, those with a 429 counted apart. `status` is 0 where no answer
        came; `code` is that of Stripe's error body.
        """
        retries = self.retries * PATIENCE if status == 429 else self.retries
        if attempts > retries or not worth_another(status, headers, code):
            return None
        wait = self.random.uniform(0.0, min(self.most, self.first * 2.0 ** min(attempts - 1, 30)))
        return max(wait, retry_after(headers) or 0.0)


def worth_another(status: int, headers: Mapping[str, str], code: str = "") -> bool:
    """Whether another attempt could end otherwise."""
    if status >= 500 and headers.get("Idempotent-Replayed") == "true":
        return False
    match headers.get("Stripe-Should-Retry"):
        case "true":
            return True
        case "false":
            # SDKs that obey this on a 429 give records up that only came too fast.
            return status == 429
    if status == 409 and code == "idempotency_error":
        return False
    return status in (0, 408, 409, 425, 429) or status >= 500


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the answer asks for; None where it asks nothing, or nothing sane."""
    text = headers.get("Retry-After", "")
    if not (text.isascii() and text.isdecimal()):
        return None
    seconds = float(text)
    return seconds if seconds <= LONGEST_WAIT else None
