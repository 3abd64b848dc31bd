"""Payments, as the official SDK makes them."""

from typing import Any

import pytest
import stripe

from tests.stripe_connector.sandbox.official_sdk.purchase import a_payer


async def test_a_payment_intent_is_confirmed_captured_and_refunded(
    client: stripe.StripeClient,
) -> None:
    intent = await client.v1.payment_intents.create_async(
        {"amount": 2000, "currency": "usd", "capture_method": "manual"}
    )
    assert intent.status == "requires_payment_method"
    intent = await client.v1.payment_intents.confirm_async(
        intent.id, {"payment_method": "pm_card_mastercard"}
    )
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 2000)
    intent = await client.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 1500})
    assert (intent.status, intent.amount_received) == ("succeeded", 1500)
    refund = await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 500})
    assert refund.status == "succeeded"
    await client.v1.refunds.create_async({"charge": str(intent.latest_charge)})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await client.v1.refunds.create_async({"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"
    refunds = await client.v1.refunds.list_async({"payment_intent": intent.id})
    assert [one.amount for one in refunds.data] == [1000, 500]
    charge = await client.v1.charges.retrieve_async(
        str(intent.latest_charge), {"expand": ["refunds"]}
    )
    assert charge.refunded is True
    assert charge.refunds is not None
    assert len(charge.refunds.data) == 2
    with pytest.raises(stripe.InvalidRequestError) as state:
        await client.v1.payment_intents.cancel_async(intent.id)
    assert state.value.code == "payment_intent_unexpected_state"


async def test_a_declined_card_is_told_as_one(client: stripe.StripeClient) -> None:
    intent = await client.v1.payment_intents.create_async({"amount": 100, "currency": "usd"})
    with pytest.raises(stripe.CardError) as caught:
        await client.v1.payment_intents.confirm_async(
            intent.id, {"payment_method": "pm_card_chargeDeclinedInsufficientFunds"}
        )
    error = caught.value
    assert (error.http_status, error.code) == (402, "card_declined")
    body: Any = error.json_body
    assert body["error"]["decline_code"] == "insufficient_funds"
    intent = await client.v1.payment_intents.retrieve_async(intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    cancelled = await client.v1.payment_intents.cancel_async(intent.id)
    assert cancelled.status == "canceled"


async def test_a_payment_in_one_call_and_a_charge_by_token(client: stripe.StripeClient) -> None:
    customer = await a_payer(client)
    intent = await client.v1.payment_intents.create_async(
        {
            "amount": 100,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": "pm_card_visa",
            "confirm": True,
        }
    )
    assert intent.status == "succeeded"
    charge = await client.v1.charges.create_async(
        {"amount": 50, "currency": "usd", "source": "tok_visa", "capture": False}
    )
    assert (charge.paid, charge.captured) == (True, False)
    charge = await client.v1.charges.capture_async(charge.id)
    assert charge.captured is True
    with pytest.raises(stripe.CardError):
        await client.v1.charges.create_async(
            {"amount": 50, "currency": "usd", "source": "tok_chargeDeclined"}
        )
    balance = await client.v1.balance.retrieve_async()
    assert balance.available[0].amount == 150 - 2 * 30 - round(100 * 0.029) - round(50 * 0.029)


async def test_payment_methods_are_attached_once_and_detached(client: stripe.StripeClient) -> None:
    customer = await client.v1.customers.create_async({"name": "Ann"})
    other = await client.v1.customers.create_async({"name": "Bob"})
    method = await client.v1.payment_methods.create_async(
        {
            "type": "card",
            "card": {"number": "4242424242424242", "exp_month": 1, "exp_year": 2031, "cvc": "1"},
        }
    )
    assert method.card is not None
    assert (method.card.last4, method.card.exp_year) == ("4242", 2031)
    await client.v1.payment_methods.attach_async(method.id, {"customer": customer.id})
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        await client.v1.payment_methods.attach_async(method.id, {"customer": other.id})
    listed = await client.v1.customers.payment_methods.list_async(customer.id)
    assert [one.id for one in listed.data] == [method.id]
    await client.v1.payment_methods.detach_async(method.id)
    assert (await client.v1.customers.payment_methods.list_async(customer.id)).data == []
