"""The cards that Stripe offers for tests (docs.stripe.com/testing), as far as they go here."""

from collections.abc import Mapping
from typing import NamedTuple

from connector_sdk import JSON

from stripe_connector.sandbox.refusal import RefusalError


class Card(NamedTuple):
    """`decline` is the code with which a payment by it is declined, "" where it goes through;
    `reason` the issuer's decline code. `dispute` is why its owner disputes each payment, with
    "inquiry" behind it where the bank only asks."""

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
    """What a payment method shows of its card."""
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
    """The error of a declined card; what was recorded before it stays."""
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
