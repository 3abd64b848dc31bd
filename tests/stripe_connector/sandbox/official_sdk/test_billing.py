"""Subscriptions and invoices, as the official SDK makes them."""

from decimal import Decimal

import pytest
import stripe

from tests.stripe_connector.sandbox.official_sdk.purchase import a_payer, a_price


async def test_a_subscription_that_is_paid_at_once(client: stripe.StripeClient) -> None:
    price, customer = await a_price(client), await a_payer(client)
    subscription = await client.v1.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id, "quantity": 2}],
            "expand": ["latest_invoice.payments", "items.data.price.product"],
        }
    )
    assert subscription.status == "active"
    [item] = subscription["items"].data
    assert item.price.product.name == "Tea"
    assert item.current_period_end - item.current_period_start >= 28 * 86400
    invoice = subscription.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (invoice.status, invoice.amount_paid, invoice.currency) == ("paid", 3000, "eur")
    assert invoice.payments is not None
    [payment] = invoice.payments.data
    intent = await client.v1.payment_intents.retrieve_async(
        str(payment.payment.payment_intent), {"expand": ["latest_charge"]}
    )
    assert intent.status == "succeeded"
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert intent.latest_charge.paid is True

    ended = await client.v1.subscriptions.cancel_async(subscription.id)
    assert ended.status == "canceled"
    assert (await client.v1.subscriptions.list_async()).data == []
    all_of_them = await client.v1.subscriptions.list_async({"status": "all"})
    assert [one.id for one in all_of_them.data] == [subscription.id]


async def test_a_subscription_waits_for_its_first_payment(client: stripe.StripeClient) -> None:
    price = await a_price(client)
    customer = await client.v1.customers.create_async({"name": "Ann"})
    subscription = await client.v1.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "payment_behavior": "default_incomplete",
            "expand": ["latest_invoice.confirmation_secret", "latest_invoice.payments"],
        }
    )
    assert subscription.status == "incomplete"
    invoice = subscription.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert invoice.confirmation_secret is not None
    assert invoice.payments is not None
    intent = str(invoice.payments.data[0].payment.payment_intent)
    assert invoice.confirmation_secret.client_secret.startswith(f"{intent}_secret_")
    await client.v1.payment_intents.confirm_async(intent, {"payment_method": "pm_card_visa"})
    subscription = await client.v1.subscriptions.retrieve_async(subscription.id)
    assert subscription.status == "active"


async def test_a_subscription_with_a_trial_costs_nothing_yet(client: stripe.StripeClient) -> None:
    price = await a_price(client)
    customer = await client.v1.customers.create_async({"name": "Ann"})
    subscription = await client.v1.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "trial_period_days": 14,
            "expand": ["latest_invoice"],
        }
    )
    assert subscription.status == "trialing"
    assert subscription["items"].data[0].current_period_end == subscription.trial_end
    invoice = subscription.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (invoice.status, invoice.total) == ("paid", 0)


async def test_subscription_items_are_changed_through_both_doors(
    client: stripe.StripeClient,
) -> None:
    small, large, customer = (
        await a_price(client),
        await a_price(client, 9900),
        await a_payer(client),
    )
    subscription = await client.v1.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": small.id}]}
    )
    [first] = subscription["items"].data
    changed = await client.v1.subscriptions.update_async(
        subscription.id,
        {"items": [{"id": first.id, "quantity": 3}, {"price": large.id}], "metadata": {"a": "b"}},
    )
    assert [item.quantity for item in changed["items"].data] == [3, 1]
    assert changed.metadata.to_dict() == {"a": "b"}
    listed = await client.v1.subscription_items.list_async({"subscription": subscription.id})
    assert [item.price.id for item in listed.data] == [small.id, large.id]
    await client.v1.subscription_items.delete_async(first.id)
    with pytest.raises(stripe.InvalidRequestError, match="at least one active plan"):
        await client.v1.subscription_items.delete_async(listed.data[1].id)
    leaving = await client.v1.subscriptions.update_async(
        subscription.id, {"cancel_at_period_end": True}
    )
    assert leaving.cancel_at == listed.data[1].current_period_end
    stays = await client.v1.subscriptions.update_async(
        subscription.id, {"cancel_at_period_end": False}
    )
    assert stays.cancel_at is None


async def test_a_declined_card_leaves_the_subscription_incomplete(
    client: stripe.StripeClient,
) -> None:
    price, customer = await a_price(client), await a_payer(client, "pm_card_chargeDeclined")
    subscription = await client.v1.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}]}
    )
    assert subscription.status == "incomplete"
    with pytest.raises(stripe.CardError):
        await client.v1.subscriptions.create_async(
            {
                "customer": customer.id,
                "items": [{"price": price.id}],
                "payment_behavior": "error_if_incomplete",
            }
        )
    assert len((await client.v1.subscriptions.list_async()).data) == 1


async def test_an_invoice_from_draft_to_paid(client: stripe.StripeClient) -> None:
    customer = await a_payer(client)
    await client.v1.invoice_items.create_async(
        {"customer": customer.id, "amount": 700, "currency": "eur", "description": "Work"}
    )
    invoice = await client.v1.invoices.create_async(
        {
            "customer": customer.id,
            "currency": "eur",
            "pending_invoice_items_behavior": "include",
        }
    )
    await client.v1.invoice_items.create_async(
        {
            "customer": customer.id,
            "invoice": invoice.id,
            "unit_amount_decimal": Decimal("12.5"),
            "quantity": 10,
        }
    )
    invoice = await client.v1.invoices.retrieve_async(invoice.id)
    assert (invoice.status, invoice.total) == ("draft", 825)
    lines = await client.v1.invoices.line_items.list_async(invoice.id)
    assert [line.amount for line in lines.data] == [line.amount for line in invoice.lines.data]
    invoice = await client.v1.invoices.finalize_invoice_async(invoice.id)
    assert invoice.status == "open"
    assert (invoice.number or "").endswith("-0001")
    with pytest.raises(stripe.InvalidRequestError, match="status is open"):
        await client.v1.invoices.delete_async(invoice.id)
    invoice = await client.v1.invoices.pay_async(invoice.id)
    assert (invoice.status, invoice.amount_remaining) == ("paid", 0)
    with pytest.raises(stripe.InvalidRequestError) as twice:
        await client.v1.invoices.pay_async(invoice.id)
    assert twice.value.code == "invoice_already_paid"


async def test_invoices_are_voided_written_off_and_thrown_away(
    client: stripe.StripeClient,
) -> None:
    customer = await client.v1.customers.create_async({"name": "Ann"})
    invoices = []
    for _ in range(3):
        invoice = await client.v1.invoices.create_async(
            {"customer": customer.id, "collection_method": "send_invoice", "days_until_due": 14}
        )
        await client.v1.invoice_items.create_async(
            {"invoice": invoice.id, "customer": customer.id, "amount": 5}
        )
        invoices.append(invoice.id)
    sent = await client.v1.invoices.send_invoice_async(invoices[0])
    assert sent.status == "open"
    voided = await client.v1.invoices.void_invoice_async(invoices[0])
    assert voided.status == "void"
    lost = await client.v1.invoices.mark_uncollectible_async(invoices[1])
    assert lost.status == "uncollectible"
    gone = await client.v1.invoices.delete_async(invoices[2])
    assert gone.deleted is True
    items = await client.v1.invoice_items.list_async({"customer": customer.id})
    assert len(items.data) == 2
    outside = await client.v1.invoices.pay_async(invoices[1], {"paid_out_of_band": True})
    assert outside.status == "paid"
