"""Subscriptions and their items: trials, payments, open invoices, changes and cancellation."""

import calendar
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.behaviour.invoice import collect, finalize
from stripe_connector.sandbox.behaviour.invoice_item import add_line, priced, total
from stripe_connector.sandbox.behaviour.payment_method import default_of
from stripe_connector.sandbox.behaviour.price import amount_of, as_plan
from stripe_connector.sandbox.listing import agrees
from stripe_connector.sandbox.refusal import RefusalError, missing, not_allowed
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


def before_create_item(turn: Turn, params: Body) -> None:
    params["price"] = price_for(turn, params, "").id


def after_create_item(turn: Turn, stored: Stored, params: Body) -> None:
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


def after_update_item(turn: Turn, stored: Stored, params: Body) -> None:
    if params.get("price") or params.get("price_data"):
        price = price_for(turn, params, "").body
        stored.body["price"] = dict(price)
        stored.body["plan"] = as_plan(turn, price)


def before_delete_item(turn: Turn, stored: Stored) -> None:
    if len(turn.children("subscription_item", str(stored.body["subscription"]))) == 1:
        raise not_allowed(
            "A subscription must have at least one active plan. Cancel the subscription instead."
        )


_DAY = 86400
_ITEM_FILTERS = ("current_period_end", "current_period_start", "plan", "price")
_ENDED = ("canceled", "incomplete_expired")


def before_create(turn: Turn, params: Body) -> None:
    for name in ("customer", "items"):
        if not params.get(name):
            raise missing(name)
    if params.get("collection_method") == "send_invoice" and not params.get("days_until_due"):
        raise missing("days_until_due")


def after_create(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    anchor = params.get("billing_cycle_anchor")
    body["start_date"] = turn.now
    body["billing_cycle_anchor"] = anchor if isinstance(anchor, int) else turn.now
    _begin_trial(turn, body, params)
    prices = [
        price_for(turn, data, f"items[{index}]")
        for index, data in enumerate(cast(list[Body], params["items"]))
    ]
    body["currency"] = prices[0].body["currency"]
    for data, price in zip(cast(list[Body], params["items"]), prices, strict=True):
        item = {name: value for name, value in data.items() if name != "price_data"}
        turn.create("subscription_item", {**item, "price": price.id, "subscription": stored.id})
    _bill(turn, stored, params)


def _begin_trial(turn: Turn, body: Body, params: Body) -> None:
    days, end = params.get("trial_period_days"), params.get("trial_end")
    if isinstance(days, int) and days > 0:
        end = turn.now + days * _DAY
    if isinstance(end, int):
        body.update(trial_start=turn.now, trial_end=end, status="trialing")
        body["billing_cycle_anchor"] = end


def _bill(turn: Turn, stored: Stored, params: Body) -> None:
    """The first invoice decides the status."""
    body = stored.body
    sends = body["collection_method"] == "send_invoice"
    wants = params.get("payment_behavior") or "allow_incomplete"
    invoice = _invoice(turn, stored)
    body["latest_invoice"] = invoice.id
    if not sends or invoice.body["amount_due"] == 0:
        finalize(turn, invoice)
    if body["status"] == "trialing":
        return
    if sends or invoice.body["status"] == "paid":
        body["status"] = "active"
        return
    body["status"] = "incomplete"
    if wants == "default_incomplete":
        return
    method = default_of(turn, body)
    if method is None:
        raise not_allowed(
            "This customer has no attached payment source or default payment method. Set a "
            "default payment method, or create the subscription with "
            "payment_behavior=default_incomplete.",
            "resource_missing",
        )
    try:
        collect(turn, invoice, method)
    except RefusalError as declined:
        if wants == "error_if_incomplete":
            declined.kept = False
            raise


def _invoice(turn: Turn, stored: Stored) -> Stored:
    body = stored.body
    params: Body = {
        "billing_reason": "subscription_create",
        "collection_method": body["collection_method"],
        "currency": body["currency"],
        "customer": body["customer"],
        "default_payment_method": body["default_payment_method"],
        "days_until_due": body["days_until_due"],
    }
    invoice = turn.create("invoice", params)
    invoice.body["parent"] = {
        "type": "subscription_details",
        "subscription_details": {"metadata": body["metadata"], "subscription": stored.id},
        "quote_details": None,
    }
    for item in turn.children("subscription_item", stored.id):
        _line(turn, invoice, stored, item)
    total(turn, invoice)
    return invoice


def _line(turn: Turn, invoice: Stored, stored: Stored, item: Stored) -> None:
    price = cast(Body, item.body["price"])
    quantity = item.body["quantity"]
    trial = stored.body["status"] == "trialing"
    count = quantity if isinstance(quantity, int) else 0
    fields: Body = {
        "amount": 0 if trial else amount_of(price, count),
        "currency": price["currency"],
        "period": {
            "start": item.body["current_period_start"],
            "end": item.body["current_period_end"],
        },
        "pricing": priced(price),
        "quantity": count,
        "subscription": stored.id,
    }
    parent: Body = {
        "type": "subscription_item_details",
        "subscription_item_details": {
            "invoice_item": None,
            "proration": False,
            "proration_details": None,
            "subscription": stored.id,
            "subscription_item": item.id,
        },
        "invoice_item_details": None,
    }
    add_line(turn, invoice, fields, parent)


def before_update(turn: Turn, stored: Stored, params: Body) -> None:
    if stored.body["status"] in _ENDED:
        raise not_allowed(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    given = params.get("items")
    for index, data in enumerate(given if isinstance(given, list) else ()):
        if isinstance(data, dict):
            _change_item(turn, stored, data, f"items[{index}]")


def _change_item(turn: Turn, stored: Stored, data: Body, param: str) -> None:
    """Prorations are not calculated."""
    named = data.get("id")
    if named is None:
        price = price_for(turn, data, param)
        turn.create("subscription_item", {**data, "price": price.id, "subscription": stored.id})
        return
    item = turn.find("subscription_item", named, f"{param}[id]", 400)
    if data.get("deleted"):
        turn.delete(item)
    else:
        turn.update(item, {name: value for name, value in data.items() if name != "id"})


def after_update(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    if "cancel_at_period_end" in params:
        ends = bool(params["cancel_at_period_end"])
        items = turn.children("subscription_item", stored.id)
        body["cancel_at"] = items[0].body["current_period_end"] if ends else None
        body["canceled_at"] = turn.now if ends else None
    elif isinstance(params.get("cancel_at"), int):
        body["canceled_at"] = turn.now
    if params.get("trial_end") == "now" and body["status"] == "trialing":
        body.update(status="active", trial_end=turn.now)


def end(turn: Turn, stored: Stored) -> None:
    turn.work.edit(stored).update(
        status="canceled", canceled_at=turn.now, ended_at=turn.now, cancel_at_period_end=False
    )


def cancel(turn: Turn) -> Body:
    stored = turn.own()
    if stored.body["status"] in _ENDED:
        name = turn.registry.catalogue.resource("subscription").object_name
        raise RefusalError(404, f"No such {name}: '{stored.id}'", "resource_missing", "id")
    end(turn, stored)
    details = turn.params.get("cancellation_details")
    if isinstance(details, dict):
        fields: Body = {"comment": None, "feedback": None, "reason": "cancellation_requested"}
        stored.body["cancellation_details"] = {**fields, **details}
    return turn.shown(stored)


def _of_item(name: str) -> Callable[[Turn, Stored, JSON], bool]:

    def holds(turn: Turn, stored: Stored, value: JSON) -> bool:
        items = turn.children("subscription_item", stored.id)
        return any(agrees(item.body[name], value) for item in items)

    return holds


def has_status(turn: Turn, stored: Stored, value: JSON) -> bool:
    if value == "all":
        return True
    status = stored.body["status"]
    return status in _ENDED if value == "ended" else status == value


def hides(turn: Turn, stored: Stored) -> bool:
    """Canceled ones are listed only by status."""
    return stored.body["status"] == "canceled" and "status" not in turn.params


BEHAVIOURS: Mapping[str, Behaviour] = {
    "subscription": Behaviour(
        before_create=before_create,
        after_create=after_create,
        before_update=before_update,
        after_update=after_update,
        filters={
            "status": has_status,
            **{name: _of_item(name) for name in _ITEM_FILTERS},
        },
        hides=hides,
    ),
    "subscription_item": Behaviour(
        before_create=before_create_item,
        after_create=after_create_item,
        after_update=after_update_item,
        before_delete=before_delete_item,
        parent_params=("subscription",),
    ),
}
ACTIONS: Mapping[str, Verb] = {
    "subscriptions.cancel": cancel,
}
