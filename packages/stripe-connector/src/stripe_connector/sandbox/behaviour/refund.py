"""Refunds of charges, whole or in parts."""

from collections.abc import Mapping
from typing import cast

from stripe_connector.sandbox.behaviour.balance import book
from stripe_connector.sandbox.refusal import missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def before_create_refund(turn: Turn, params: Body) -> None:
    """Finds the charge and completes the parameters of a refund."""
    charge = _refunded(turn, params)
    whole = cast(int, charge.body["amount_captured"]) or cast(int, charge.body["amount"])
    left = whole - cast(int, charge.private.get("refunded", 0))
    amount = params.get("amount", left)
    if left <= 0:
        raise not_allowed(
            f"Charge {charge.id} has already been refunded.", "charge_already_refunded"
        )
    if cast(int, amount) > left:
        raise not_allowed(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            "",
            "amount",
        )
    params["charge"] = charge.id
    params["amount"] = amount
    params["currency"] = charge.body["currency"]
    params["payment_intent"] = charge.body["payment_intent"]


def _refunded(turn: Turn, params: Body) -> Stored:
    if params.get("charge"):
        return turn.find("charge", params["charge"], "charge", 400)
    if not params.get("payment_intent"):
        raise missing("payment_intent")
    intent = turn.find("payment_intent", params["payment_intent"], "payment_intent", 400)
    if intent.body["status"] != "succeeded":
        raise not_allowed(
            f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.",
            "",
            "payment_intent",
        )
    return turn.find("charge", intent.body["latest_charge"])


def after_create_refund(turn: Turn, stored: Stored, params: Body) -> None:
    charge = turn.find("charge", stored.body["charge"])
    amount = cast(int, stored.body["amount"])
    body = turn.work.edit(charge)
    charge.private["refunded"] = cast(int, charge.private.get("refunded", 0)) + amount
    body["amount_refunded"] = cast(int, body["amount_refunded"]) + amount
    body["refunded"] = body["amount_refunded"] == body["amount"]
    stored.body["status"] = "succeeded"
    stored.body["balance_transaction"] = book(turn, stored, "refund", -amount)


BEHAVIOURS: Mapping[str, Behaviour] = {"refund": Behaviour(before_create=before_create_refund, after_create=after_create_refund)}
ACTIONS: Mapping[str, Verb] = {}
