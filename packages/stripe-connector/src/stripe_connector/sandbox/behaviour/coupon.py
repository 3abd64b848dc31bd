"""Coupons and promotion codes. Discounts are not calculated."""

from collections.abc import Mapping

from connector_sdk import JSON

from stripe_connector.sandbox.listing import agrees
from stripe_connector.sandbox.refusal import RefusalError, missing
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


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
    above = dict(turn.registry.plan(turn.operation).holders)[name]
    turn.find(above, owner, name)
    raise RefusalError(404, f"No active discount for {above}: {owner}", "resource_missing", name)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "coupon": Behaviour(before_create=before_create_coupon),
    "promotion_code": Behaviour(after_create=after_create_code, filters={"coupon": is_code_of}),
}
ACTIONS: Mapping[str, Verb] = {
    "customers.delete_discount": delete_discount,
    "subscriptions.delete_discount": delete_discount,
}
