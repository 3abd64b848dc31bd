"""Payment intents and setup intents."""

from collections.abc import Mapping
from typing import cast

from stripe_connector.sandbox.behaviour import charge as charges
from stripe_connector.sandbox.behaviour.invoice_payment import follow_intent
from stripe_connector.sandbox.behaviour.payment_method import attach_to, declined
from stripe_connector.sandbox.refusal import RefusalError, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_CONFIRMABLE = ("requires_payment_method", "requires_confirmation")
_CALLED = {"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}
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
    _take_method(turn, body, params)
    if params.get("confirm"):
        pay_by_intent(turn, stored)


def _take_method(turn: Turn, body: Body, params: Body) -> None:
    """Sets the status too."""
    data = params.get("payment_method_data")
    if isinstance(data, dict):
        body["payment_method"] = turn.create("payment_method", dict(data)).id
    body["status"] = _CONFIRMABLE[bool(body["payment_method"])]


def before_update_payment_intent(turn: Turn, stored: Stored, params: Body) -> None:
    _expect(stored, "updated", *_CONFIRMABLE, "requires_action")


def after_update_payment_intent(turn: Turn, stored: Stored, params: Body) -> None:
    _take_method(turn, stored.body, params)


def _expect(stored: Stored, done: str, *states: str) -> None:
    status = stored.body["status"]
    if status not in states:
        raise RefusalError(
            400,
            f"This {_CALLED[stored.resource]} could not be {done} because it has a status of "
            f"{status}.",
            f"{stored.resource}_unexpected_state",
            stored=True,
            more={stored.resource: stored.body},
        )


def _usable_method(turn: Turn, stored: Stored) -> Stored:
    method = turn.peek("payment_method", stored.body["payment_method"])
    if method is None:
        raise not_allowed(
            f"You cannot confirm this {_CALLED[stored.resource]} because it's missing a payment "
            "method.",
            f"{stored.resource}_unexpected_state",
        )
    return method


def confirm_payment(turn: Turn) -> Body:
    stored = turn.own()
    method = turn.params.get("payment_method")
    _expect(stored, "confirmed", *_CONFIRMABLE)
    body = turn.work.edit(stored)
    _take_method(turn, body, turn.params)
    if method:
        body["payment_method"] = method
    pay_by_intent(turn, stored)
    return turn.shown(stored)


def pay_by_intent(turn: Turn, stored: Stored) -> None:
    """Raises RefusalError card_error; intent and charge stay."""
    body = turn.work.edit(stored)
    method = _usable_method(turn, stored)
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
        follow_intent(turn, stored)


def _declined(turn: Turn, stored: Stored, method: Stored, charge: Stored) -> RefusalError:
    body = stored.body
    error = declined(
        str(method.private["decline"]),
        str(method.private["reason"]),
        charge=charge.id,
        payment_method=turn.shown(method),
    )
    details = cast(Body, error.body["error"])
    body["last_payment_error"] = dict(details)
    body["payment_method"] = None
    body["status"] = "requires_payment_method"
    details["payment_intent"] = turn.shown(stored)
    return error


def capture_payment(turn: Turn) -> Body:
    stored = turn.own()
    _expect(stored, "captured", "requires_capture")
    body = turn.work.edit(stored)
    charge = turn.find("charge", body["latest_charge"])
    amount = turn.params.get("amount_to_capture")
    charges.take(turn, charge, amount if isinstance(amount, int) else None)
    received = charge.body["amount_captured"]
    body.update(status="succeeded", amount_capturable=0, amount_received=received)
    return turn.shown(stored)


def cancel_payment(turn: Turn) -> Body:
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


def after_create_setup_intent(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    body["client_secret"] = f"{stored.id}_secret_{turn.ids.text(25)}"
    body["payment_method_types"] = body["payment_method_types"] or ["card"]
    after_update_setup_intent(turn, stored, params)
    if params.get("confirm"):
        _set_up(turn, stored)


def before_update_setup_intent(turn: Turn, stored: Stored, params: Body) -> None:
    _expect(stored, "updated", *_CONFIRMABLE)


def after_update_setup_intent(turn: Turn, stored: Stored, params: Body) -> None:
    _take_method(turn, stored.body, params)


def confirm_setup(turn: Turn) -> Body:
    stored = turn.own()
    _expect(stored, "confirmed", *_CONFIRMABLE)
    body = turn.work.edit(stored)
    if turn.params.get("payment_method"):
        body["payment_method"] = turn.params["payment_method"]
    after_update_setup_intent(turn, stored, turn.params)
    _set_up(turn, stored)
    return turn.shown(stored)


def _set_up(turn: Turn, stored: Stored) -> None:
    method = _usable_method(turn, stored)
    customer = stored.body.get("customer")
    if customer and not method.body.get("customer"):
        attach_to(turn, method, customer)
    stored.body["status"] = "succeeded"


BEHAVIOURS: Mapping[str, Behaviour] = {
    "payment_intent": Behaviour(
        after_create=after_create_payment_intent,
        before_update=before_update_payment_intent,
        after_update=after_update_payment_intent,
    ),
    "setup_intent": Behaviour(
        after_create=after_create_setup_intent,
        before_update=before_update_setup_intent,
        after_update=after_update_setup_intent,
    ),
}
ACTIONS: Mapping[str, Verb] = {
    "payment_intents.confirm": confirm_payment,
    "payment_intents.capture": capture_payment,
    "payment_intents.cancel": cancel_payment,
    "setup_intents.confirm": confirm_setup,
}
