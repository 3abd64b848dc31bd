"""Disputes, which begin with a payment by one of Stripe's cards for it, and end by evidence
(docs.stripe.com/testing#disputes)."""

from collections.abc import Mapping
from typing import cast

from stripe_connector.sandbox.behaviour.balance import book
from stripe_connector.sandbox.refusal import not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_FEE = 1500
_DAYS = 7 * 86_400
_INQUIRY = "warning_needs_response"
_OPEN = ("needs_response", _INQUIRY)
_ENDS = {"winning_evidence": "won", "losing_evidence": "lost"}
"""Texts by which Stripe lets a test dispute end."""


def begin(turn: Turn, charge: Stored) -> None:
    """Disputes the whole of a charge where its card is made for that."""
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
    cast(Body, body["evidence_details"])["due_by"] = turn.now + _DAYS
    if inquiry:
        body["status"] = _INQUIRY
    else:
        line = book(turn, stored, "adjustment", -cast(int, body["amount"]), _FEE)
        booked: Body = dict(turn.find("balance_transaction", line).body)
        body["balance_transactions"] = [booked]
    turn.work.edit(charge)["disputed"] = True


def before_update_dispute(turn: Turn, stored: Stored, params: Body) -> None:
    if params.get("evidence") and stored.body["status"] not in _OPEN:
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
    body["status"] = _ENDS.get(str(evidence.get("uncategorized_text")), review)


BEHAVIOURS: Mapping[str, Behaviour] = {"dispute": Behaviour(before_update=before_update_dispute, after_update=after_update_dispute)}
ACTIONS: Mapping[str, Verb] = {}
