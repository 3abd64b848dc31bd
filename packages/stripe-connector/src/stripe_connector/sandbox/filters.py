"""List parameters that are no fields of the objects: where in an object they look, and how."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from connector_sdk import JSON

from stripe_connector.sandbox import refusal

Holds = Callable[[JSON, JSON], bool]
"""Takes what stands in the object and what the parameter says."""

_BOUNDS = frozenset({"gt", "gte", "lt", "lte"})


class Look(NamedTuple):
    """`path` leads to a field ("usage_threshold.meter")."""

    path: str
    holds: Holds

    def at(self, body: JSON) -> JSON:
        for step in self.path.split("."):
            body = body.get(step) if isinstance(body, dict) else None
        return body


def of(value: JSON) -> JSON:
    """An object that stands where an id may stand counts as its id."""
    return value["id"] if isinstance(value, dict) and "id" in value else value


def agrees(have: JSON, wanted: JSON) -> bool:
    """Whether a field has the value, lies within the bounds, or has the parts asked for."""
    if isinstance(wanted, dict):
        if wanted and wanted.keys() <= _BOUNDS:
            return all(_within(have, name, bound) for name, bound in wanted.items())
        if not isinstance(have, dict):
            return False
        return all(agrees(have.get(name), part) for name, part in wanted.items())
    if isinstance(wanted, list):
        return of(have) in wanted
    return of(have) == wanted


def _within(have: JSON, name: str, bound: JSON) -> bool:
    at, limit = _moment(have), _moment(bound)
    if limit is None:
        return True
    if at is None:
        return False
    return {"gt": at > limit, "gte": at >= limit, "lt": at < limit, "lte": at <= limit}[name]


def _moment(value: JSON) -> float | None:
    """A time in Unix seconds, from a number or from text of API v2. Raises RefusalError for text
    that is none."""
    if not isinstance(value, str):
        return value if isinstance(value, int) else None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise refusal.invalid("timestamp", value, "created") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _differs(have: JSON, wanted: JSON) -> bool:
    return have != wanted


def _bound(name: str) -> Holds:
    return lambda have, wanted: _within(have, name, wanted)


def _waits(have: JSON, wanted: JSON) -> bool:
    return (have == "not_started") == wanted


FILTERS: Mapping[str, Mapping[str, Look]] = {
    "billing.alert": {"meter": Look("usage_threshold.meter", agrees)},
    "entitlements.feature": {"archived": Look("active", _differs)},
    "payment_record": {
        "created_after": Look("created", _bound("gt")),
        "created_before": Look("created", _bound("lt")),
    },
    "shipping_rate": {"currency": Look("fixed_amount.currency", agrees)},
    "subscription_schedule": {"scheduled": Look("status", _waits)},
    "v2.commerce.product_catalog_import": {
        f"created_{name}": Look("created", _bound(name)) for name in sorted(_BOUNDS)
    },
    "v2.core.vault.us_bank_account": {"verification_status": Look("verification.status", agrees)},
    "v2.money_management.outbound_payment": {"recipient": Look("to.recipient", agrees)},
}
"""By resource and parameter (the descriptions of the parameters in docs.stripe.com/api)."""
