"""Calls whose fate is open: which they are, and what a look at the target makes of them."""

from connector_sdk import Outcome

REPLAYED_FAILURE = "replayed_failure"
OTHER_BODY = "idempotency_error"
"""Codes of problems that mean: this key leads nowhere any more."""


def is_open(outcome: Outcome) -> bool:
    """Whether a look at the target has to tell what became of the call."""
    return outcome.kind == "unknown" or _code(outcome) == OTHER_BODY


def is_burnt(outcome: Outcome) -> bool:
    """Whether nothing can be done under this key any more."""
    return _code(outcome) in (REPLAYED_FAILURE, OTHER_BODY)


def told(outcome: Outcome, found: Outcome) -> Outcome:
    """What a look found. Where an earlier run sent another body under the key, and it got
    through, this one was not written: the object is there as it was sent then."""
    if _code(outcome) == OTHER_BODY and found.kind == "written":
        return found._replace(kind="skipped")
    return found


def _code(outcome: Outcome) -> str:
    return outcome.problem.code if outcome.problem is not None else ""
