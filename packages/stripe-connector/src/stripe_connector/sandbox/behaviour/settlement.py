"""What follows when an invoice is paid, by whichever way."""

from typing import cast

from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Turn


def subscription_of(invoice: Stored) -> str:
    """The id of the subscription that an invoice belongs to, "" for none."""
    parent = invoice.body["parent"]
    details = parent.get("subscription_details") if isinstance(parent, dict) else None
    return str(details["subscription"]) if isinstance(details, dict) else ""


def settle(turn: Turn, invoice: Stored, *, out_of_band: bool = False) -> None:
    """Marks an invoice as paid; a subscription that waited for it becomes active."""
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


def settle_intent(turn: Turn, intent: Stored) -> None:
    """Follows a payment intent that succeeded to the invoice that it pays, if any."""
    invoice = turn.peek("invoice", intent.private.get("invoice", ""))
    if invoice is not None and invoice.body["status"] in ("open", "uncollectible"):
        settle(turn, invoice)
