"""Issued cards, and the transactions that test helpers make."""

from collections.abc import Mapping
from typing import cast

from stripe_connector.sandbox.refusal import missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_RESOURCE = "issuing.transaction"


def before_create(turn: Turn, params: Body) -> None:
    if not params.get("cardholder") and not params.get("replacement_for"):
        raise missing("cardholder")


def after_create(turn: Turn, stored: Stored, params: Body) -> None:
    shipping = stored.body.get("shipping")
    if isinstance(shipping, dict):
        shipping["status"] = "pending"


def _made(kind: str, sign: int) -> Verb:
    def make(turn: Turn) -> Body:
        card = turn.find("issuing.card", turn.params["card"], "card", 400)
        params: Body = {
            **turn.params,
            "amount": sign * cast(int, turn.params["amount"]),
            "currency": turn.params.get("currency") or card.body["currency"],
            "type": kind,
        }
        stored = turn.create(_RESOURCE, params)
        body = stored.body
        holder = card.body["cardholder"]
        body["cardholder"] = holder["id"] if isinstance(holder, dict) else holder
        body["merchant_amount"], body["merchant_currency"] = body["amount"], body["currency"]
        return turn.shown(stored)

    return make


def refund(turn: Turn) -> Body:
    stored = turn.own()
    whole = abs(cast(int, stored.body["amount"]))
    amount = turn.params.get("refund_amount")
    wanted = amount if isinstance(amount, int) else whole
    if not 0 < wanted <= whole:
        raise not_allowed(
            "The amount of a refund has to be above 0 and not above that of the transaction.",
            "amount_too_large",
            "refund_amount",
        )
    copied = ("authorization", "card", "cardholder", "currency", "merchant_currency")
    params: Body = {name: stored.body[name] for name in copied}
    refunded = turn.create(_RESOURCE, {**params, "amount": wanted, "type": "refund"})
    refunded.body["merchant_amount"] = wanted
    return turn.shown(refunded)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "issuing.card": Behaviour(before_create=before_create, after_create=after_create)
}
ACTIONS: Mapping[str, Verb] = {
    "test_helpers.issuing.transactions.create_force_capture": _made("capture", -1),
    "test_helpers.issuing.transactions.create_unlinked_refund": _made("refund", 1),
    "test_helpers.issuing.transactions.refund": refund,
}
