"""Charges by card, their refunds and their disputes."""

from collections.abc import Mapping
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.behaviour.account import book
from stripe_connector.sandbox.behaviour.payment_method import BY_TOKEN, declined, default_of, obtain
from stripe_connector.sandbox.refusal import RefusalError, missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_PERCENT_FEE = 0.029
_FIXED_FEE = 30


def pay(turn: Turn, method: Stored, params: Body, *, capture: bool = True) -> Stored:
    """A failed charge if the card is declined."""
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
    """`amount` None captures all; the rest is released."""
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
    _begin_dispute(turn, charge)


def create(turn: Turn) -> Body:
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


def before_create_refund(turn: Turn, params: Body) -> None:
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


_DISPUTE_FEE = 1500
_EVIDENCE_TIME = 7 * 86_400
_INQUIRY = "warning_needs_response"
_TAKES_EVIDENCE = ("needs_response", _INQUIRY)
_VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}
"""The evidence by which a test dispute ends (docs.stripe.com/testing#disputes)."""


def _begin_dispute(turn: Turn, charge: Stored) -> None:
    """Disputes the whole charge if its card asks for it."""
    method = turn.peek("payment_method", charge.body["payment_method"])
    reason = method.private.get("dispute") if method else None
    if not reason:
        return
    params: Body = {
        "amount": charge.body["amount"],
        "charge": charge.id,
        "currency": charge.body["currency"],
        "payment_intent": charge.body["payment_intent"],
    }
    stored = turn.create("dispute", params)
    body = stored.body
    kind, _, inquiry = str(reason).partition(" ")
    body["reason"] = kind
    body["is_charge_refundable"] = bool(inquiry)
    cast(Body, body["evidence_details"])["due_by"] = turn.now + _EVIDENCE_TIME
    if inquiry:
        body["status"] = _INQUIRY
    else:
        line = book(turn, stored, "adjustment", -cast(int, body["amount"]), _DISPUTE_FEE)
        booked: Body = dict(turn.find("balance_transaction", line).body)
        body["balance_transactions"] = [booked]
    turn.work.edit(charge)["disputed"] = True


def before_update_dispute(turn: Turn, stored: Stored, params: Body) -> None:
    if params.get("evidence") and stored.body["status"] not in _TAKES_EVIDENCE:
        raise not_allowed(
            f"The dispute {stored.id} takes no more evidence, because its status is "
            f"{stored.body['status']}."
        )


def after_update_dispute(turn: Turn, stored: Stored, params: Body) -> None:
    evidence = params.get("evidence")
    if not isinstance(evidence, dict):
        return
    body = stored.body
    details = cast(Body, body["evidence_details"])
    details["has_evidence"] = True
    if params.get("submit") is False:
        return
    details["submission_count"] = cast(int, details["submission_count"]) + 1
    review = "warning_under_review" if body["status"] == _INQUIRY else "under_review"
    body["status"] = _VERDICTS.get(str(evidence.get("uncategorized_text")), review)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "refund": Behaviour(before_create=before_create_refund, after_create=after_create_refund),
    "dispute": Behaviour(before_update=before_update_dispute, after_update=after_update_dispute),
}
ACTIONS: Mapping[str, Verb] = {
    "charges.create": create,
    "charges.capture": capture,
}
