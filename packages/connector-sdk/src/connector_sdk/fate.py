"""Calls whose fate is open: which they are, and what a look at the target makes of them."""

from connector_sdk.record import Outcome

REPLAYED_FAILURE = "replayed_failure"
OTHER_BODY = "idempotency_error"
"""Codes of problems that mean: this key leads nowhere any more."""


def is_open(outcome: Outcome) -> bool:
    """Whether the outcome must be looked up at the target."""
    problem = outcome.problem
    return (
        outcome.open
        or outcome.kind == "unknown"
        or (problem is not None and problem.code == OTHER_BODY)
    )


def is_other_body(outcome: Outcome) -> bool:
    """Whether something else was sent under the key before."""
    return _code(outcome) == OTHER_BODY


def is_burnt(outcome: Outcome) -> bool:
    """Whether nothing can be done under this key any more."""
    return _code(outcome) in (REPLAYED_FAILURE, OTHER_BODY)


def found_out(outcome: Outcome, found: Outcome | None) -> Outcome:
    """The outcome after a look. Where an earlier run sent another body under the key, and it
    got through, this one was not written: the object is there as it was sent then. A refusal
    holds if nothing was found, and stays open: the lost send may still be under way."""
    if found is not None:
        if is_other_body(outcome) and found.kind == "written":
            return found._replace(kind="skipped")
        return _with_refusal(found, outcome)
    if outcome.open:
        return outcome
    return outcome._replace(kind="unknown" if is_burnt(outcome) else "failed")


def _with_refusal(found: Outcome, outcome: Outcome) -> Outcome:
    """What was refused is worth knowing where nothing could be found out."""
    if found.problem is None or outcome.problem is None or not outcome.open:
        return found
    said = f"{found.problem.message} A repeat of it was declined: {outcome.problem.message}"
    return found._replace(problem=found.problem._replace(message=said))


def _code(outcome: Outcome) -> str:
    return outcome.problem.code if outcome.problem is not None else ""
