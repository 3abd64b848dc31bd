"""Products."""

from collections.abc import Mapping

from stripe_connector.sandbox.refusal import not_allowed
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


BEHAVIOURS: Mapping[str, Behaviour] = {
    "product": Behaviour(after_create=after_create_product, after_update=after_update_product, before_delete=before_delete_product)
}
ACTIONS: Mapping[str, Verb] = {}
