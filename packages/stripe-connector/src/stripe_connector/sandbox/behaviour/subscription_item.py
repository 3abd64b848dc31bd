"""The items of subscriptions: price, quantity and period."""

import calendar
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

from stripe_connector.sandbox.behaviour.price import as_plan
from stripe_connector.sandbox.refusal import missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def later(start: int, interval: str, count: int) -> int:
    """Unix seconds, in UTC. Short months end on their last day."""
    begin = datetime.fromtimestamp(start, UTC)
    if interval in _DAYS:
        return int((begin + timedelta(days=_DAYS[interval] * count)).timestamp())
    months = begin.month - 1 + _MONTHS[interval] * count
    year, month = begin.year + months // 12, months % 12 + 1
    day = min(begin.day, calendar.monthrange(year, month)[1])
    return int(begin.replace(year=year, month=month, day=day).timestamp())


def price_for(turn: Turn, data: Body, param: str) -> Stored:
    """Raises RefusalError."""
    described = data.get("price_data")
    if isinstance(described, dict):
        return turn.create("price", dict(described))
    named = data.get("price") or data.get("plan")
    if not named:
        raise missing(f"{param}[price]" if param else "price")
    price = turn.find("price", named, f"{param}[price]" if param else "price", 400)
    if price.body["type"] != "recurring":
        raise not_allowed(
            "The price specified is set to `type=one_time` but this field only accepts prices "
            "with `type=recurring`.",
            "",
            f"{param}[price]" if param else "price",
        )
    return price


def before_create(turn: Turn, params: Body) -> None:
    params["price"] = price_for(turn, params, "").id


def after_create(turn: Turn, stored: Stored, params: Body) -> None:
    subscription = turn.find("subscription", params["subscription"], "subscription", 400)
    body = stored.body
    price = turn.find("price", params["price"]).body
    body["price"] = dict(price)
    body["plan"] = as_plan(turn, price)
    recurring = cast(Body, price["recurring"])
    metered = recurring["usage_type"] == "metered"
    body["quantity"] = None if metered else params.get("quantity", 1)
    start = cast(int, subscription.body["billing_cycle_anchor"])
    body["current_period_start"] = subscription.body["trial_start"] or start
    body["current_period_end"] = subscription.body["trial_end"] or later(
        start, str(recurring["interval"]), cast(int, recurring["interval_count"])
    )


def after_update(turn: Turn, stored: Stored, params: Body) -> None:
    if params.get("price") or params.get("price_data"):
        price = price_for(turn, params, "").body
        stored.body["price"] = dict(price)
        stored.body["plan"] = as_plan(turn, price)


def before_delete(turn: Turn, stored: Stored) -> None:
    if len(turn.children("subscription_item", str(stored.body["subscription"]))) == 1:
        raise not_allowed(
            "A subscription must have at least one active plan. Cancel the subscription instead."
        )


BEHAVIOURS: Mapping[str, Behaviour] = {
    "subscription_item": Behaviour(
        before_create=before_create,
        after_create=after_create,
        after_update=after_update,
        before_delete=before_delete,
        parent_params=("subscription",),
    ),
}
ACTIONS: Mapping[str, Verb] = {}
