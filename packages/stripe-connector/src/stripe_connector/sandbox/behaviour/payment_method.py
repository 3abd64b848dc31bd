"""Stripe's test cards (docs.stripe.com/testing), and the payment methods made of them."""

from collections.abc import Mapping
from typing import NamedTuple, cast

from connector_sdk import JSON

from stripe_connector.sandbox.refusal import RefusalError, missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


class Card(NamedTuple):
    """`decline` is Stripe's code, `reason` the issuer's, `dispute` the reason of disputes, followed
    by "inquiry" if the bank only asks."""

    name: str
    brand: str
    number: str
    decline: str = ""
    reason: str = ""
    dispute: str = ""


_CARDS = (
    Card("visa", "visa", "4242424242424242"),
    Card("visa_debit", "visa", "4000056655665556"),
    Card("mastercard", "mastercard", "5555555555554444"),
    Card("amex", "amex", "378282246310005"),
    Card("discover", "discover", "6011111111111117"),
    Card("chargeDeclined", "visa", "4000000000000002", "card_declined", "generic_decline"),
    Card(
        "chargeDeclinedInsufficientFunds",
        "visa",
        "4000000000009995",
        "card_declined",
        "insufficient_funds",
    ),
    Card("chargeDeclinedExpiredCard", "visa", "4000000000000069", "expired_card"),
    Card("chargeDeclinedIncorrectCvc", "visa", "4000000000000127", "incorrect_cvc"),
    Card("chargeDeclinedProcessingError", "visa", "4000000000000119", "processing_error"),
    Card("createDispute", "visa", "4000000000000259", dispute="fraudulent"),
    Card(
        "createDisputeProductNotReceived",
        "visa",
        "4000000000002685",
        dispute="product_not_received",
    ),
    Card("createDisputeInquiry", "visa", "4000000000001976", dispute="fraudulent inquiry"),
    Card("chargeCustomerFail", "visa", "4000000000000341", "card_declined", "generic_decline"),
)
BY_NUMBER: Mapping[str, Card] = {card.number: card for card in _CARDS}
BY_METHOD: Mapping[str, Card] = {f"pm_card_{card.name}": card for card in _CARDS}
BY_TOKEN: Mapping[str, Card] = {f"tok_{card.name}": card for card in _CARDS}

_SAYS: Mapping[str, str] = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}


def details(card: Card, month: JSON = 12, year: JSON = 2034) -> dict[str, JSON]:
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": f"sandbox{card.number[-8:]}",
        "funding": "debit" if card.name.endswith("debit") else "credit",
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def declined(decline: str, reason: str, **more: JSON) -> RefusalError:
    """What was recorded stays."""
    message = _SAYS.get(reason) or _SAYS[decline]
    parts: dict[str, JSON] = {"decline_code": reason} if reason else {}
    return RefusalError(
        402,
        message,
        decline,
        type="card_error",
        stored=True,
        kept=True,
        more={**parts, **more},
    )


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
    """A new method for pm_card_visa …; None for others."""
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
    """The default of the first holder that has one, else of its customer."""
    for holder in holders:
        chosen = holder.get("default_payment_method")
        if chosen:
            return turn.peek("payment_method", chosen)
    customer = turn.peek("customer", holders[0].get("customer"))
    settings = customer.body.get("invoice_settings") if customer else None
    chosen = settings.get("default_payment_method") if isinstance(settings, dict) else None
    return turn.peek("payment_method", chosen) if chosen else None


BEHAVIOURS: Mapping[str, Behaviour] = {
    "payment_method": Behaviour(
        before_create=before_create, after_create=after_create, of_test_id=obtain
    ),
}
ACTIONS: Mapping[str, Verb] = {
    "payment_methods.attach": attach,
    "payment_methods.detach": detach,
}
