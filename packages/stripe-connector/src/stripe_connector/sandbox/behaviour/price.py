"""Products, prices and plans; coupons and promotion codes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.listing import agrees
from stripe_connector.sandbox.refusal import RefusalError, missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def after_create_product(turn: Turn, stored: Stored, params: Body) -> None:
    stored.body["updated"] = turn.now
    stored.body["type"] = params.get("type") or "service"
    data = params.get("default_price_data")
    if isinstance(data, dict):
        stored.body["default_price"] = turn.create("price", {**data, "product": stored.id}).id


def after_update_product(turn: Turn, stored: Stored, params: Body) -> None:
    stored.body["updated"] = turn.now


def before_delete_product(turn: Turn, stored: Stored) -> None:
    if any(price.body["product"] == stored.id for price in turn.work.account.live("price")):
        raise not_allowed(
            "This product cannot be deleted because it has one or more user-created prices."
        )


_PRICED = ("unit_amount", "unit_amount_decimal", "custom_unit_amount", "tiers")


def before_create_price(turn: Turn, params: Body) -> None:
    data = params.get("product_data")
    if isinstance(data, dict):
        params["product"] = turn.create("product", dict(data)).id
    if not params.get("product"):
        raise missing("product")
    if all(params.get(name) is None for name in _PRICED):
        raise missing("unit_amount")
    _take_lookup_key(turn, params)


def _take_lookup_key(turn: Turn, params: Body, own: str = "") -> None:
    """A key belongs to one price; another may take it over."""
    key = params.get("lookup_key")
    for other in turn.work.account.live("price") if key else ():
        if other.body["lookup_key"] != key or other.id == own:
            continue
        if not params.get("transfer_lookup_key"):
            raise not_allowed(
                f"A price (`{other.id}`) already uses that lookup key.", "", "lookup_key"
            )
        turn.work.edit(other)["lookup_key"] = None


def after_create_price(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    recurring = body["recurring"]
    body["type"] = "recurring" if recurring else "one_time"
    if isinstance(recurring, dict):
        recurring["interval_count"] = recurring["interval_count"] or 1
    decimal = params.get("unit_amount_decimal")
    if decimal is not None:
        amount = Decimal(str(decimal))
        body["unit_amount"] = int(amount) if amount == int(amount) else None
    elif body["unit_amount"] is not None:
        body["unit_amount_decimal"] = str(body["unit_amount"])


def before_update_price(turn: Turn, stored: Stored, params: Body) -> None:
    _take_lookup_key(turn, params, stored.id)


def amount_of(price: Mapping[str, JSON], quantity: Decimal | int) -> int:
    """Minor units, 0 for metered use. Raises RefusalError for tiers."""
    recurring = price.get("recurring")
    if isinstance(recurring, dict) and recurring.get("usage_type") == "metered":
        return 0
    decimal = price.get("unit_amount_decimal")
    if decimal is None:
        raise RefusalError(
            400,
            f"The sandbox can't calculate the price {price['id']}: it has no amount per unit.",
            "",
            "price",
        )
    return int((Decimal(str(decimal)) * quantity).to_integral_value("ROUND_HALF_UP"))


def as_plan(turn: Turn, price: Mapping[str, JSON]) -> Body:
    plan = turn.registry.shapes.new("plan", str(price["id"]), cast(int, price["created"]))
    recurring = price["recurring"] if isinstance(price["recurring"], dict) else {}
    for name in ("active", "billing_scheme", "currency", "nickname", "product", "tiers_mode"):
        plan[name] = price.get(name)
    for name in ("interval", "interval_count", "meter", "trial_period_days", "usage_type"):
        plan[name] = recurring.get(name)
    plan["amount"] = price["unit_amount"]
    plan["amount_decimal"] = price["unit_amount_decimal"]
    plan["metadata"] = price["metadata"]
    return plan


def after_create_plan(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    product = params.get("product")
    if isinstance(product, dict):
        body["product"] = turn.create("product", dict(product)).id
    body["interval_count"] = body["interval_count"] or 1
    if body["amount"] is not None and body["amount_decimal"] is None:
        body["amount_decimal"] = str(body["amount"])


def before_create_coupon(turn: Turn, params: Body) -> None:
    percent, amount = params.get("percent_off"), params.get("amount_off")
    if (percent is None) == (amount is None):
        raise RefusalError(
            400,
            "Give either percent_off or amount_off.",
            "parameter_missing" if percent is None else "",
            "percent_off",
        )
    if amount is not None and not params.get("currency"):
        raise missing("currency")
    if params.get("duration") == "repeating" and not params.get("duration_in_months"):
        raise missing("duration_in_months")
    params["id"] = params.get("id") or turn.ids.text(8)


def after_create_code(turn: Turn, stored: Stored, params: Body) -> None:
    stored.body["code"] = stored.body["code"] or turn.ids.code()


def is_code_of(turn: Turn, stored: Stored, value: JSON) -> bool:
    return agrees(stored.body["promotion"], {"coupon": value})


def delete_discount(turn: Turn) -> Body:
    [(name, owner)] = turn.path.items()
    above = dict(turn.registry.plan(turn.api_call).holders)[name]
    turn.find(above, owner, name)
    raise RefusalError(404, f"No active discount for {above}: {owner}", "resource_missing", name)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "product": Behaviour(
        after_create=after_create_product,
        after_update=after_update_product,
        before_delete=before_delete_product,
    ),
    "price": Behaviour(
        before_create=before_create_price,
        after_create=after_create_price,
        before_update=before_update_price,
    ),
    "plan": Behaviour(after_create=after_create_plan),
    "coupon": Behaviour(before_create=before_create_coupon),
    "promotion_code": Behaviour(after_create=after_create_code, filters={"coupon": is_code_of}),
}
ACTIONS: Mapping[str, Verb] = {
    "customers.delete_discount": delete_discount,
    "subscriptions.delete_discount": delete_discount,
}
