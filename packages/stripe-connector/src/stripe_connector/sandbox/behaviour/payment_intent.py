"""Payment intents: created, confirmed, captured and cancelled with test cards."""

from collections.abc import Mapping
from typing import cast

from stripe_connector.sandbox.behaviour import charge as charges
from stripe_connector.sandbox.behaviour.card import declined
from stripe_connector.sandbox.behaviour.settlement import settle_intent
from stripe_connector.sandbox.refusal import RefusalError, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_CONFIRMABLE = ("requires_payment_method", "requires_confirmation")
_COPIED = (
    "amount",
    "currency",
    "customer",
    "description",
    "metadata",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)


def after_create_payment_intent(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    body["client_secret"] = f"{stored.id}_secret_{turn.ids.text(25)}"
    if not body["payment_method_types"]:
        body["payment_method_types"] = ["card"]
        if body.get("automatic_payment_methods") is None:
            body["automatic_payment_methods"] = {"allow_redirects": "always", "enabled": True}
    _take_data(turn, body, params)
    body["status"] = "requires_confirmation" if body["payment_method"] else _CONFIRMABLE[0]
    if params.get("confirm"):
        confirm_it(turn, stored)


def _take_data(turn: Turn, body: Body, params: Body) -> None:
    data = params.get("payment_method_data")
    if isinstance(data, dict):
        body["payment_method"] = turn.create("payment_method", dict(data)).id


def before_update_payment_intent(turn: Turn, stored: Stored, params: Body) -> None:
    _expect(stored, "updated", *_CONFIRMABLE, "requires_action")


def after_update_payment_intent(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    _take_data(turn, body, params)
    body["status"] = "requires_confirmation" if body["payment_method"] else _CONFIRMABLE[0]


def _expect(stored: Stored, done: str, *states: str) -> None:
    status = stored.body["status"]
    if status not in states:
        raise RefusalError(
            400,
            f"This PaymentIntent could not be {done} because it has a status of {status}.",
            "payment_intent_unexpected_state",
            stored=True,
            more={"payment_intent": stored.body},
        )


def confirm(turn: Turn) -> Body:
    stored = turn.own()
    method = turn.params.get("payment_method")
    _expect(stored, "confirmed", *_CONFIRMABLE)
    body = turn.work.edit(stored)
    _take_data(turn, body, turn.params)
    if method:
        body["payment_method"] = method
    confirm_it(turn, stored)
    return turn.shown(stored)


def confirm_it(turn: Turn, stored: Stored) -> None:
    """Raises RefusalError card_error when the card is declined; intent and charge stay."""
    body = turn.work.edit(stored)
    method = turn.peek("payment_method", body["payment_method"])
    if method is None:
        raise not_allowed(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            "payment_intent_unexpected_state",
        )
    manual = body["capture_method"] == "manual"
    params: Body = {name: body[name] for name in _COPIED if body.get(name) is not None}
    params["payment_intent"] = stored.id
    charge = charges.pay(turn, method, params, capture=not manual)
    body["latest_charge"] = charge.id
    if charge.body["status"] == "failed":
        raise _declined(turn, stored, method, charge)
    amount = cast(int, body["amount"])
    body["last_payment_error"] = None
    if manual:
        body.update(status="requires_capture", amount_capturable=amount)
    else:
        body.update(status="succeeded", amount_received=amount)
        settle_intent(turn, stored)


def _declined(turn: Turn, stored: Stored, method: Stored, charge: Stored) -> RefusalError:
    body = stored.body
    error = declined(
        str(method.private["decline"]),
        str(method.private["reason"]),
        charge=charge.id,
        payment_method=turn.shown(method),
    )
    said = cast(Body, error.body["error"])
    body["last_payment_error"] = dict(said)
    body["payment_method"] = None
    body["status"] = "requires_payment_method"
    said["payment_intent"] = turn.shown(stored)
    return error


def capture(turn: Turn) -> Body:
    stored = turn.own()
    _expect(stored, "captured", "requires_capture")
    body = turn.work.edit(stored)
    charge = turn.find("charge", body["latest_charge"])
    amount = turn.params.get("amount_to_capture")
    charges.take(turn, charge, amount if isinstance(amount, int) else None)
    received = charge.body["amount_captured"]
    body.update(status="succeeded", amount_capturable=0, amount_received=received)
    return turn.shown(stored)


def cancel(turn: Turn) -> Body:
    stored = turn.own()
    _expect(stored, "canceled", *_CONFIRMABLE, "requires_capture", "requires_action", "processing")
    reason = turn.params.get("cancellation_reason")
    turn.work.edit(stored).update(
        status="canceled",
        canceled_at=turn.now,
        cancellation_reason=reason,
        amount_capturable=0,
    )
    return turn.shown(stored)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "payment_intent": Behaviour(after_create=after_create_payment_intent, before_update=before_update_payment_intent, after_update=after_update_payment_intent),
}
ACTIONS: Mapping[str, Verb] = {
    "payment_intents.confirm": confirm,
    "payment_intents.capture": capture,
    "payment_intents.cancel": cancel,
}
