"""Payments of invoices: the intent that asks, and the effects of being paid."""

from typing import cast

from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Turn


def subscription_of(invoice: Stored) -> str:
    """ "" for none."""
    parent = invoice.body["parent"]
    details = parent.get("subscription_details") if isinstance(parent, dict) else None
    return str(details["subscription"]) if isinstance(details, dict) else ""


def ask_payment(turn: Turn, stored: Stored) -> None:
    body = stored.body
    intent = turn.create(
        "payment_intent",
        {
            "amount": body["amount_due"],
            "currency": body["currency"],
            "customer": body["customer"],
            "description": body["description"],
        },
    )
    intent.private["invoice"] = stored.id
    stored.private["payment_intent"] = intent.id
    body["confirmation_secret"] = {
        "client_secret": intent.body["client_secret"],
        "type": "payment_intent",
    }
    payment = turn.create("invoice_payment", {}, {"invoice": stored.id})
    payment.body.update(
        amount_requested=body["amount_due"],
        currency=body["currency"],
        is_default=True,
        payment={"type": "payment_intent", "payment_intent": intent.id},
        status="open",
    )


def mark_paid(turn: Turn, invoice: Stored, *, out_of_band: bool = False) -> None:
    """A subscription that waited for this becomes active."""
    body = turn.work.edit(invoice)
    due = cast(int, body["amount_due"])
    body.update(status="paid", attempted=True, amount_paid=due, amount_remaining=0)
    body["auto_advance"] = False
    if out_of_band:
        body["amount_paid_off_stripe"] = due
    cast(Body, body["status_transitions"])["paid_at"] = turn.now
    for payment in turn.children("invoice_payment", invoice.id):
        line = turn.work.edit(payment)
        line.update(status="canceled" if out_of_band else "paid", amount_paid=due)
        cast(Body, line["status_transitions"])["paid_at"] = turn.now
    subscription = turn.peek("subscription", subscription_of(invoice))
    if subscription and subscription.body["status"] in ("incomplete", "past_due", "unpaid"):
        turn.work.edit(subscription)["status"] = "active"


def follow_intent(turn: Turn, intent: Stored) -> None:
    invoice = turn.peek("invoice", intent.private.get("invoice", ""))
    if invoice is not None and invoice.body["status"] in ("open", "uncollectible"):
        mark_paid(turn, invoice)
