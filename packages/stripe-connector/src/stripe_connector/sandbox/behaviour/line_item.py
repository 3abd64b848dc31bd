"""Line items of quotes, checkout sessions and payment links."""

from collections.abc import Mapping
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.behaviour.price import amount_of
from stripe_connector.sandbox.refusal import missing
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_RESOURCE = "line_item"
_TOTALS = ("amount_subtotal", "amount_total")


def after_create(turn: Turn, owner: Stored, params: Body) -> None:
    for index, data in enumerate(_given(params)):
        _add(turn, owner, data, f"line_items[{index}]")
    _total(turn, owner)


def after_update(turn: Turn, owner: Stored, params: Body) -> None:
    """Deletes items that aren't named by id."""
    if "line_items" not in params:
        return
    given = _given(params)
    kept = {str(data["id"]) for data in given if data.get("id")}
    for item in items(turn, owner):
        if item.id not in kept:
            turn.work.delete(item)
    for index, data in enumerate(given):
        param = f"line_items[{index}]"
        if data.get("id"):
            item = turn.find(_RESOURCE, data["id"], f"{param}[id]", 400)
            turn.work.edit(item)
            _fill(turn, item, {"price": item.private["held price"], **data}, param)
        else:
            _add(turn, owner, data, param)
    _total(turn, owner)


def items(turn: Turn, owner: Stored) -> list[Stored]:
    return turn.children(_RESOURCE, owner.id)


def _given(params: Body) -> list[Body]:
    given = params.get("line_items")
    return [cast(Body, data) for data in given] if isinstance(given, list) else []


def _add(turn: Turn, owner: Stored, data: Body, param: str) -> None:
    item = turn.create(_RESOURCE, {}, {owner.resource: owner.id})
    _fill(turn, item, data, param)


def _fill(turn: Turn, item: Stored, data: Body, param: str) -> None:
    described = data.get("price_data")
    if isinstance(described, dict):
        price = turn.create("price", dict(described))
    elif data.get("price"):
        price = turn.find("price", data["price"], f"{param}[price]", 400)
    else:
        raise missing(f"{param}[price]")
    body = item.body
    quantity = data.get("quantity", body["quantity"])
    body["quantity"] = quantity if isinstance(quantity, int) else 1
    body["currency"] = price.body["currency"]
    amount = amount_of(price.body, cast(int, body["quantity"]))
    body["amount_subtotal"] = body["amount_total"] = amount
    product = turn.peek("product", price.body["product"])
    body["description"] = product.body["name"] if product else None
    body["metadata"] = data.get("metadata") or body["metadata"]
    item.private["held price"] = price.id


def _total(turn: Turn, owner: Stored) -> None:
    """Without tax and discounts."""
    found = items(turn, owner)
    if not found:
        return
    amount = sum(cast(int, item.body["amount_total"]) for item in found)
    totals: dict[str, JSON] = dict.fromkeys(_TOTALS, amount)
    for name, value in {**totals, "currency": found[0].body["currency"]}.items():
        if name in owner.body:
            owner.body[name] = value


BEHAVIOURS: Mapping[str, Behaviour] = {
    "checkout.session": Behaviour(after_create=after_create, after_update=after_update),
    "payment_link": Behaviour(after_create=after_create, after_update=after_update),
}
ACTIONS: Mapping[str, Verb] = {}
