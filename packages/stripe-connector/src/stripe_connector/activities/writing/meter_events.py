"""Meter events: usage that is billed by its identifier, not by an id of Stripe."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from connector_sdk import JSON, Problem, shown

from stripe_connector.activities.choices.parameters import STREAM

EVENTS = frozenset({"billing.meter_events.create", "v2.billing.meter_events.create", STREAM})

OLDEST, NEWEST = 35 * 86_400, 300
"""Seconds before and behind now within which an event may have happened:
https://docs.stripe.com/api/billing/meter-event/create."""

_DUPLICATE = "event already exists with identifier"
"""What API v1 says, without a code, to an identifier of the last day or more; v2 has the code
duplicate_meter_event."""


def identified(params: Mapping[str, JSON], key: str) -> Mapping[str, JSON]:
    """The parameters of an event with an identifier: the key of the call, which stays the same
    for the same record, unless the request has its own. Stripe takes an identifier once within at
    least 24 hours."""
    if params.get("identifier"):
        return params
    return {**params, "identifier": key}


def is_repeat(operation: str, problem: Problem) -> bool:
    """Whether an event was refused because its identifier was taken before."""
    return operation in EVENTS and (
        problem.code == "duplicate_meter_event" or _DUPLICATE in problem.message.casefold()
    )


def own_name(operation: str, params: Mapping[str, JSON]) -> str:
    """What stands for the id of an event; "" for other operations."""
    return str(params.get("identifier", "")) if operation in EVENTS else ""


def stream_of(params: Mapping[str, JSON]) -> str:
    """What takes one event at a time: a meter for a customer
    (https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api). The customer
    stands under the name that is usual for it; "" where there is none."""
    payload = params.get("payload")
    if not isinstance(payload, dict):
        return ""
    customer = payload.get("stripe_customer_id")
    return f"{params.get('event_name')} {customer}" if customer else ""


def timestamp_fault(params: Mapping[str, JSON], now: Callable[[], float]) -> Problem | None:
    """What Stripe would refuse in the time of an event; `now` gives Unix seconds."""
    moment = params.get("timestamp")
    if moment is None:
        return None
    seconds = float(moment) if isinstance(moment, (int, float)) else _seconds(str(moment))
    if seconds is None:
        return Problem(
            "wrong_timestamp",
            f"timestamp {shown(moment)!r} is no time as RFC 3339 writes it.",
            "Write it like 2026-01-31T12:00:00Z, or leave it out for now.",
            path="timestamp",
            value=shown(moment),
        )
    if -OLDEST <= seconds - now() <= NEWEST:
        return None
    told = datetime.fromtimestamp(seconds, UTC).isoformat() if abs(seconds) < 1e11 else moment
    return Problem(
        "timestamp_out_of_range",
        f"The event is of {told}; Stripe takes events of the past {OLDEST // 86_400} days, and "
        f"at most {NEWEST // 60} minutes ahead.",
        "Correct the time. What is older can only be billed otherwise, by an invoice item.",
        path="timestamp",
        value=shown(moment),
    )


def _seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None
