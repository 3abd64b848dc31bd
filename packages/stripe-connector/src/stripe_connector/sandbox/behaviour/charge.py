"""Charges: paid by a card, captured, or declined."""

from collections.abc import Mapping
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.behaviour import dispute
from stripe_connector.sandbox.behaviour.balance import book
from stripe_connector.sandbox.behaviour.card import BY_TOKEN, declined
from stripe_connector.sandbox.behaviour.payment_method import default_of, obtain
from stripe_connector.sandbox.refusal import RefusalError, missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_PERCENT_FEE = 0.029
_FIXED_FEE = 30


def pay(turn: Turn, method: Stored, params: Body, *, capture: bool = True) -> Stored:
    """A charge by a payment method. A declined card leaves a failed charge; the caller says
    what else becomes of it."""
    decline = method.private.get("decline")
    charge = turn.create("charge", {**params, "payment_method": method.id})
    body = charge.body
    body["payment_method_details"] = _details(turn, method)
    if decline:
        reason = method.private.get("reason")
        body["status"] = "failed"
        body["failure_code"] = decline
        body["failure_message"] = "The card was declined."
        body["outcome"] = _outcome("issuer_declined", cast(str, reason or decline))
        return charge
    body["paid"] = True
    body["outcome"] = _outcome("authorized", None)
    body["status"] = "succeeded"
    if capture:
        take(turn, charge, None)
    return charge


def _details(turn: Turn, method: Stored) -> JSON:
    """What a charge shows of a payment method: fewer fields than the payment method itself."""
    kind = str(method.body["type"])
    own = method.body.get(kind)
    schema = turn.registry.shapes.fields("charge")["payment_method_details"].child(kind)
    if not isinstance(own, dict) or schema is None:
        return {"type": kind}
    known = [field.name for field in schema.fields]
    return {"type": kind, kind: {name: own[name] for name in known if name in own}}


def _outcome(kind: str, reason: str | None) -> JSON:
    network = {"authorized": "approved_by_network"}.get(kind, "declined_by_network")
    return {
        "network_status": network,
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": None,
        "type": kind,
    }


def take(turn: Turn, charge: Stored, amount: int | None) -> None:
    """Captures a charge, all of it unless `amount` says less; the rest is released."""
    body = turn.work.edit(charge)
    whole = cast(int, body["amount"])
    taken = whole if amount is None else amount
    if not 0 < taken <= whole:
        raise not_allowed(
            "The amount to capture has to be above 0 and not above the amount of the charge.",
            "amount_too_large",
            "amount_to_capture",
        )
    body["captured"] = True
    body["amount_captured"] = taken
    body["amount_refunded"] = whole - taken
    fee = round(taken * _PERCENT_FEE) + _FIXED_FEE
    body["balance_transaction"] = book(turn, charge, "charge", taken, fee)
    dispute.begin(turn, charge)


def create(turn: Turn) -> Body:
    """POST /v1/charges: by a test token, or by the customer's default payment method."""
    params = turn.params
    for name in ("amount", "currency"):
        if name not in params:
            raise missing(name)
    charge = pay(turn, _method(turn), params, capture=params.get("capture") is not False)
    if charge.body["status"] == "failed":
        code, reason = charge.body["failure_code"], charge.body["outcome"]
        why = str(reason["reason"]) if isinstance(reason, dict) else ""
        raise declined(str(code), why if why != code else "", charge=charge.id)
    return turn.shown(charge)


def _method(turn: Turn) -> Stored:
    source = turn.params.get("source")
    if source in BY_TOKEN:
        made = obtain(turn, f"pm_card_{BY_TOKEN[str(source)].name}")
        return turn.find("payment_method", made)
    if source:
        raise RefusalError(400, f"No such token: '{source}'", "resource_missing", "source")
    found = default_of(turn, turn.params) if turn.params.get("customer") else None
    if found is None:
        raise RefusalError(400, "Must provide source or customer.", "parameter_missing", "source")
    return found


def capture(turn: Turn) -> Body:
    charge = turn.own()
    if charge.body["captured"]:
        raise not_allowed(
            f"Charge {charge.id} has already been captured.", "charge_already_captured"
        )
    amount = turn.params.get("amount")
    take(turn, charge, amount if isinstance(amount, int) else None)
    return turn.shown(charge)


BEHAVIOURS: Mapping[str, Behaviour] = {}
ACTIONS: Mapping[str, Verb] = {
    "charges.create": create,
    "charges.capture": capture,
}
