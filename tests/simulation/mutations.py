"""Faults that the write path had, put back one at a time: the seeds have to find them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from connector_agent.runs import identities, settlement
from connector_sdk import open_outcomes
from connector_sdk.open_outcomes import Outage
from stripe_connector.activities.writing import answers, target
from stripe_connector.activities.writing.target import StripeTarget
from stripe_connector.client import client, decision

Patch = tuple[Any, str, Any]


def refusal_after_a_lost_answer() -> list[Patch]:
    """A refusal is taken for one, whatever was sent before it."""
    conclude = decision.conclude

    def hasty(request: Any, got: Any, problem: Any, perhaps_done: bool, earlier: bool) -> Any:
        refused = 400 <= getattr(got, "status", 0) < 500 and problem.code != "lock_timeout"
        return conclude(
            request, got, problem, perhaps_done and not refused, earlier and not refused
        )

    return [(client, "conclude", hasty)]


def local_clock() -> list[Patch]:
    """Windows and horizons go by the clock of this machine."""
    return [(StripeTarget, "clock", lambda self: time.time())]


def any_success() -> list[Patch]:
    """Whatever comes with status 200 counts as the object."""
    return [(target, "is_answer", lambda *given: True)]


def any_account() -> list[Patch]:
    """Whatever comes with status 200 counts as the account."""
    return [(answers, "is_answer", lambda *given: True)]


def no_outage() -> list[Patch]:
    """A run goes on, however often the target fails."""
    return [(Outage, "problem", lambda self: None)]


def new_key_after_any_refusal() -> list[Patch]:
    """A refusal is final though the send before it may still be under way."""
    found_out = open_outcomes.found_out

    def final(outcome: Any, found: Any) -> Any:
        return found_out(outcome, found)._replace(open=False)

    return [(settlement, "found_out", final)]


def declined_charge_counts() -> list[Patch]:
    """The object that a declined charge leaves behind counts as what the record wrote."""
    remember = identities.Identities.remember

    def forgetful(self: Any, database: Any, verdicts: Any) -> None:
        kept = [
            each._replace(outcome=each.outcome._replace(kind="skipped"))
            if each.outcome.id and each.outcome.kind == "refused"
            else each
            for each in verdicts
        ]
        remember(self, database, kept)

    return [(identities.Identities, "remember", forgetful)]


@contextmanager
def taken_out(mutation: Callable[[], list[Patch]]) -> Iterator[None]:
    """The product with one of its fixes taken out."""
    changed = [patch.object(*each) for each in mutation()]
    for each in changed:
        each.start()
    try:
        yield
    finally:
        for each in changed:
            each.stop()
