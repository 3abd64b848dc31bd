"""Stripe's ceilings, and which of them one call falls under.

The numbers are those of docs.stripe.com/rate-limits (2026); each can be overridden by the
connection, since Stripe raises them on request.
"""

from collections.abc import Mapping
from typing import NamedTuple

from connector_sdk import Limit

from stripe_connector.catalogue.model import Operation
from stripe_connector.client.settings import Settings

ACCOUNT = "account"
SEARCH = "search"
FILES = "files"


class _Ceiling(NamedTuple):
    live: float
    test: float
    in_flight: int = 0


_GENERAL: Mapping[str, _Ceiling] = {
    ACCOUNT: _Ceiling(100, 25),
    "endpoint": _Ceiling(25, 25),
    SEARCH: _Ceiling(20, 20),
    FILES: _Ceiling(20, 20),
}
_BY_OPERATION: Mapping[str, _Ceiling] = {
    "payouts.create": _Ceiling(15, 15, in_flight=30),
    "accounts.create": _Ceiling(30, 5),
    "billing.meter_events.create": _Ceiling(1000, 25),
    "v2.billing.meter_event_stream.create": _Ceiling(10_000, 25),
}
_REASONS = {"global": ACCOUNT, "endpoint": "endpoint"}


def limits_of(operation: Operation, settings: Settings) -> tuple[Limit, ...]:
    """The limits of one call. An endpoint is a method and a path template; live meter events
    don't count against the account. On this machine (a sandbox) only overrides hold."""
    own = endpoint_name(operation)
    special = _BY_OPERATION.get(operation.id)
    counted = special is None or special.live < _GENERAL[ACCOUNT].live or settings.mode == "test"
    found = [
        _limit(ACCOUNT, ACCOUNT, _GENERAL[ACCOUNT], operation, settings) if counted else None,
        _limit(own, operation.id, special, operation, settings)
        if special or operation.id in settings.limits
        else _limit(own, "endpoint", _GENERAL["endpoint"], operation, settings),
    ]
    if operation.shape == "search":
        found.append(_limit(SEARCH, SEARCH, _GENERAL[SEARCH], operation, settings))
    if operation.object == "files":
        found.append(_limit(FILES, FILES, _GENERAL[FILES], operation, settings))
    return tuple(limit for limit in found if limit is not None)


def limit_hit(operation: Operation, reason: str) -> str:
    """The limit that a 429 names in its Stripe-Rate-Limited-Reason header ("global-rate",
    "endpoint-concurrency" ...); the account's when it names none, "" for "resource-specific",
    which no limit here stands for."""
    if not reason:
        return ACCOUNT
    name = _REASONS.get(reason.partition("-")[0], "")
    return endpoint_name(operation) if name == "endpoint" else name


def endpoint_name(operation: Operation) -> str:
    """An endpoint as Stripe counts it."""
    return f"{operation.method} {operation.path}"


def _limit(
    name: str, setting: str, ceiling: _Ceiling | None, operation: Operation, settings: Settings
) -> Limit | None:
    if settings.local(operation.host) and settings.mode != "live":
        ceiling = None
    per_second = settings.limits.get(setting)
    if per_second is None and ceiling is not None:
        per_second = ceiling.live if settings.mode == "live" else ceiling.test
    if not per_second:
        return None
    return Limit(name, per_second, in_flight=ceiling.in_flight if ceiling else 0)
