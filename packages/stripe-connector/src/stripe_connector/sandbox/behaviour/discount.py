"""Discounts are not calculated, so that there is never one to take away."""

from collections.abc import Mapping

from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.store import Body
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def delete(turn: Turn) -> Body:
    [(name, owner)] = turn.path.items()
    above = dict(turn.registry.plan(turn.operation).holders)[name]
    turn.find(above, owner, name)
    raise RefusalError(404, f"No active discount for {above}: {owner}", "resource_missing", name)


BEHAVIOURS: Mapping[str, Behaviour] = {}
ACTIONS: Mapping[str, Verb] = {
    "customers.delete_discount": delete,
    "subscriptions.delete_discount": delete,
}
