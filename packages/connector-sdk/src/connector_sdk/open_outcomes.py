"""Calls of unknown outcome: which they are, what a look at the target makes of them, and when so
many in a row mean an outage."""

from collections.abc import Sequence

from connector_sdk.record import Outcome, Problem

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


MOST = 10
"""Failures in a row, none of them the record's fault, that are taken for an outage."""

OUT = "target_failing"
"""The code of the problem that says so."""


class Outage:
    """Holds failures back until something succeeds: then they were single ones. With MOST of
    them in a row the target is out, and their records stay pending."""

    def __init__(self) -> None:
        self._held: list[Outcome] = []

    def pass_on(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Of outcomes in the order in which they came, those that may be stored now: all up to
        the last that is no failure. The others are held."""
        waiting = [*self._held, *outcomes]
        last = 0
        for place, outcome in enumerate(waiting, start=1):
            if outcome.kind not in ("failed", "unknown"):
                last = place
        self._held = waiting[last:]
        return waiting[:last]

    def given_up(self) -> list[Outcome]:
        """Everything that is held, to be stored after all: the run is over."""
        held, self._held = self._held, []
        return held

    def problem(self) -> Problem | None:
        """What to say where the target is out."""
        if len(self._held) < MOST:
            return None
        last = self._held[-1].problem
        why = f" The last time: {last.message}" if last is not None else ""
        return Problem(
            OUT,
            f"The target failed {len(self._held)} times in a row, through no fault of the "
            f"records.{why}",
            "Wait until the target works again, then send what was not written once more.",
            request_id=last.request_id if last is not None else "",
        )
