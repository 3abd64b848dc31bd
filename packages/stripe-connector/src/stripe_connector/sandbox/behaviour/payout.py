"""Payouts: pending until they are cancelled; nothing is sent to a bank."""

from collections.abc import Mapping
from typing import cast

from stripe_connector.sandbox.refusal import not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def after_create_payout(turn: Turn, stored: Stored, params: Body) -> None:
    stored.body["arrival_date"] = turn.now
    stored.body["method"] = params.get("method") or "standard"
    stored.body["source_type"] = params.get("source_type") or "card"


def reverse(turn: Turn) -> Body:
    """A payout that was paid is answered by one in the other direction."""
    stored = turn.own()
    body = stored.body
    if body["status"] != "paid" or body["reversed_by"]:
        raise not_allowed(
            f"You can't reverse payout '{stored.id}', because its status is {body['status']}."
        )
    params: Body = {
        "amount": -cast(int, body["amount"]),
        "currency": body["currency"],
        "metadata": turn.params.get("metadata") or {},
    }
    reversal = turn.create("payout", params)
    reversal.body["original_payout"] = stored.id
    turn.work.edit(stored)["reversed_by"] = reversal.id
    return turn.shown(reversal)


BEHAVIOURS: Mapping[str, Behaviour] = {"payout": Behaviour(after_create=after_create_payout)}
ACTIONS: Mapping[str, Verb] = {"payouts.reverse": reverse}
