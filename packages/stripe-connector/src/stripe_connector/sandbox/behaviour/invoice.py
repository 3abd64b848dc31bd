"""Invoices: drafted, finalized, paid, voided."""

from collections.abc import Mapping
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.behaviour import invoice_item
from stripe_connector.sandbox.behaviour.intent import pay_by_intent
from stripe_connector.sandbox.behaviour.invoice_payment import (
    ask_payment,
    mark_paid,
    subscription_of,
)
from stripe_connector.sandbox.behaviour.payment_method import default_of
from stripe_connector.sandbox.refusal import RefusalError, missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_DAY = 86400


def before_create(turn: Turn, params: Body) -> None:
    if not params.get("customer"):
        raise missing("customer")
    sends = params.get("collection_method") == "send_invoice"
    if sends and not (params.get("days_until_due") or params.get("due_date")):
        raise RefusalError(
            400,
            "Give days_until_due or due_date where collection_method is send_invoice.",
            "parameter_missing",
            "days_until_due",
        )


def after_create(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    customer = turn.find("customer", body["customer"], "customer", 400).body
    for name in ("address", "email", "name", "phone", "shipping", "tax_exempt"):
        body[f"customer_{name}"] = customer[name]
    body["currency"] = params.get("currency") or customer["currency"] or "usd"
    body["billing_reason"] = params.get("billing_reason") or "manual"
    body["period_start"] = body["period_end"] = turn.now
    days = params.get("days_until_due")
    if isinstance(days, int):
        body["due_date"] = turn.now + days * _DAY
    if params.get("pending_invoice_items_behavior") == "include":
        for item in list(turn.work.account.live("invoice_item")):
            if item.body["customer"] == body["customer"] and item.body["invoice"] is None:
                invoice_item.bill(turn, item, stored)


def before_update(turn: Turn, stored: Stored, params: Body) -> None:
    frozen = set(params) - {"metadata", "description", "auto_advance", "footer"}
    if stored.body["status"] != "draft" and frozen:
        raise not_allowed(
            f"The invoice {stored.id} is no longer a draft, so it can't be changed.",
            "invoice_not_editable",
        )


def before_delete(turn: Turn, stored: Stored) -> None:
    _expect(stored, "deleted", "draft")
    if subscription_of(stored):
        raise not_allowed("Invoices of subscriptions can't be deleted; void them instead.")
    for item in list(turn.work.account.live("invoice_item")):
        if item.body["invoice"] == stored.id:
            turn.work.delete(item)


def _expect(stored: Stored, done: str, *states: str) -> None:
    status = stored.body["status"]
    if status not in states:
        code = "invoice_not_editable" if status == "paid" else ""
        raise not_allowed(
            f"The invoice {stored.id} can't be {done}, because its status is {status}.", code
        )


def finalize(turn: Turn, stored: Stored) -> None:
    """Without anything to pay, it is paid."""
    _expect(stored, "finalized", "draft")
    body = turn.work.edit(stored)
    customer = turn.find("customer", body["customer"], "customer", 400)
    sequence = cast(int, customer.body["next_invoice_sequence"])
    body["number"] = body["number"] or f"{customer.body['invoice_prefix']}-{sequence:04d}"
    turn.work.edit(customer)["next_invoice_sequence"] = sequence + 1
    body["status"] = "open"
    body["effective_at"] = turn.now
    cast(Body, body["status_transitions"])["finalized_at"] = turn.now
    body["hosted_invoice_url"] = f"https://invoice.stripe.com/i/{turn.work.account.id}/{stored.id}"
    body["invoice_pdf"] = f"{body['hosted_invoice_url']}/pdf"
    if body["amount_due"] == 0:
        mark_paid(turn, stored)
    else:
        ask_payment(turn, stored)


def collect(turn: Turn, stored: Stored, method: Stored) -> None:
    """Raises RefusalError card_error."""
    body = turn.work.edit(stored)
    body["attempted"] = True
    body["attempt_count"] = cast(int, body["attempt_count"]) + 1
    if "payment_intent" not in stored.private:
        ask_payment(turn, stored)
    intent = turn.find("payment_intent", stored.private["payment_intent"])
    turn.work.edit(intent)["payment_method"] = method.id
    pay_by_intent(turn, intent)


def finalize_invoice(turn: Turn) -> Body:
    stored = turn.own()
    finalize(turn, stored)
    return turn.shown(stored)


def pay(turn: Turn) -> Body:
    stored = turn.own()
    if stored.body["status"] == "paid":
        raise not_allowed("Invoice is already paid", "invoice_already_paid")
    _expect(stored, "paid", "draft", "open", "uncollectible")
    if stored.body["status"] == "draft":
        finalize(turn, stored)
    if turn.params.get("paid_out_of_band"):
        mark_paid(turn, stored, out_of_band=True)
    elif stored.body["status"] != "paid":
        collect(turn, stored, _method(turn, stored))
    return turn.shown(stored)


def _method(turn: Turn, stored: Stored) -> Stored:
    chosen = turn.params.get("payment_method")
    if chosen:
        return turn.find("payment_method", chosen, "payment_method", 400)
    subscription = turn.peek("subscription", subscription_of(stored))
    holders = [stored.body, *([subscription.body] if subscription else [])]
    method = default_of(turn, *holders)
    if method is None:
        raise not_allowed(
            "There is no default payment method set on this invoice, its subscription or its "
            "customer. Set one, or give payment_method."
        )
    return method


def send(turn: Turn) -> Body:
    stored = turn.own()
    if stored.body["collection_method"] != "send_invoice":
        raise not_allowed(
            "You can only manually send an invoice if its collection method is 'send_invoice'."
        )
    if stored.body["status"] == "draft":
        finalize(turn, stored)
    _expect(stored, "sent", "open", "paid")
    return turn.shown(stored)


def void(turn: Turn) -> Body:
    stored = turn.own()
    _expect(stored, "voided", "open", "uncollectible")
    _close(turn, stored, "void", "voided_at")
    return turn.shown(stored)


def mark_uncollectible(turn: Turn) -> Body:
    stored = turn.own()
    _expect(stored, "marked as uncollectible", "draft", "open")
    _close(turn, stored, "uncollectible", "marked_uncollectible_at")
    return turn.shown(stored)


def _close(turn: Turn, stored: Stored, status: str, moment: str) -> None:
    body = turn.work.edit(stored)
    body.update(status=status, auto_advance=False)
    cast(Body, body["status_transitions"])[moment] = turn.now
    intent = turn.peek("payment_intent", stored.private.get("payment_intent", ""))
    if status == "void" and intent is not None:
        turn.work.edit(intent).update(status="canceled", canceled_at=turn.now)


def of_subscription(turn: Turn, stored: Stored, value: JSON) -> bool:
    return subscription_of(stored) == value


BEHAVIOURS: Mapping[str, Behaviour] = {
    "invoice": Behaviour(
        before_create=before_create,
        after_create=after_create,
        before_update=before_update,
        before_delete=before_delete,
        filters={"subscription": of_subscription},
    )
}
ACTIONS: Mapping[str, Verb] = {
    "invoices.finalize_invoice": finalize_invoice,
    "invoices.pay": pay,
    "invoices.send_invoice": send,
    "invoices.void_invoice": void,
    "invoices.mark_uncollectible": mark_uncollectible,
}
