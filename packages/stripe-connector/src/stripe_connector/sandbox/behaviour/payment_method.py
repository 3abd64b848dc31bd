"""Payment methods: made from test cards, attached to customers."""

from collections.abc import Mapping
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.behaviour.card import (
    BY_METHOD,
    BY_NUMBER,
    BY_TOKEN,
    Card,
    details,
)
from stripe_connector.sandbox.refusal import RefusalError, missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def before_create(turn: Turn, params: Body) -> None:
    if "type" not in params and "payment_method" not in params:
        raise missing("type")


def after_create(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    given = params.get("card")
    if not isinstance(given, dict):
        return
    card = _card(given)
    stored.private.update(decline=card.decline, reason=card.reason, dispute=card.dispute)
    month, year = given.get("exp_month", 12), given.get("exp_year", 2034)
    body["card"] = cast(JSON, details(card, month, year))


def _card(given: Mapping[str, JSON]) -> Card:
    token, number = given.get("token"), given.get("number")
    if token is not None:
        if token not in BY_TOKEN:
            raise RefusalError(400, f"No such token: '{token}'", "resource_missing", "card[token]")
        return BY_TOKEN[str(token)]
    if number not in BY_NUMBER:
        raise RefusalError(
            402,
            "Your card number is incorrect. The sandbox knows Stripe's plain test cards only.",
            "incorrect_number",
            "card[number]",
            type="card_error",
        )
    return BY_NUMBER[str(number)]


def obtain(turn: Turn, id: str) -> str | None:
    """The id of a new payment method for an id such as pm_card_visa; None for any other."""
    card = BY_METHOD.get(id)
    if card is None:
        return None
    params: Body = {"type": "card", "card": {"number": card.number}}
    return turn.create("payment_method", params).id


def attach(turn: Turn) -> Body:
    named = turn.path["payment_method"]
    stored = turn.find("payment_method", obtain(turn, named) or named)
    attach_to(turn, stored, turn.params.get("customer"))
    return turn.shown(stored)


def attach_to(turn: Turn, stored: Stored, customer: JSON) -> None:
    taken = stored.body.get("customer")
    if taken and taken != customer:
        raise not_allowed(
            "The payment method you provided has already been attached to a customer."
        )
    if not customer:
        raise missing("customer")
    turn.work.edit(stored)["customer"] = customer


def detach(turn: Turn) -> Body:
    stored = turn.own()
    if not stored.body.get("customer"):
        raise not_allowed(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible."
        )
    turn.work.edit(stored)["customer"] = None
    return turn.shown(stored)


def default_of(turn: Turn, *holders: Mapping[str, JSON]) -> Stored | None:
    """The first payment method that one of these objects names as its default, else that of
    the customer of the first."""
    for holder in holders:
        chosen = holder.get("default_payment_method")
        if chosen:
            return turn.peek("payment_method", chosen)
    customer = turn.peek("customer", holders[0].get("customer"))
    settings = customer.body.get("invoice_settings") if customer else None
    chosen = settings.get("default_payment_method") if isinstance(settings, dict) else None
    return turn.peek("payment_method", chosen) if chosen else None


BEHAVIOURS = {"payment_method": Behaviour(before_create=before_create, after_create=after_create, obtain=obtain)}
ACTIONS: Mapping[str, Verb] = {
    "payment_methods.attach": attach,
    "payment_methods.detach": detach,
}
