"""The official SDK, typed, works against the sandbox as it does against Stripe."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe_connector.sandbox import Sandbox


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[stripe.StripeClient]:
    http = stripe.AIOHTTPClient()
    yield stripe.StripeClient(
        "sk_test_sdk",
        base_addresses={"api": sandbox.address, "files": sandbox.address},
        http_client=http,
    )
    await http.close_async()  # type: ignore[no-untyped-call]


async def a_price(client: stripe.StripeClient, amount: int = 1500) -> stripe.Price:
    product = await client.v1.products.create_async({"name": "Tea", "metadata": {"sku": "T1"}})
    return await client.v1.prices.create_async(
        {
            "product": product.id,
            "unit_amount": amount,
            "currency": "eur",
            "recurring": {"interval": "month"},
        }
    )


async def a_payer(client: stripe.StripeClient, card: str = "pm_card_visa") -> stripe.Customer:
    customer = await client.v1.customers.create_async({"email": "ann@example.com"})
    method = await client.v1.payment_methods.attach_async(card, {"customer": customer.id})
    return await client.v1.customers.update_async(
        customer.id, {"invoice_settings": {"default_payment_method": method.id}}
    )


async def test_customers_are_created_changed_paged_and_deleted(
    client: stripe.StripeClient,
) -> None:
    made = [
        await client.v1.customers.create_async(
            {"name": f"Customer {number}", "metadata": {"n": str(number)}}
        )
        for number in range(25)
    ]
    page = await client.v1.customers.list_async({"limit": 10})
    paged = [customer.id async for customer in page.auto_paging_iter()]
    assert paged == [customer.id for customer in reversed(made)]

    first = await client.v1.customers.update_async(
        made[0].id, {"address": {"city": "Wien"}, "metadata": {"n": "", "m": "1"}}
    )
    assert first.address is not None
    assert first.address.city == "Wien"
    assert first.metadata is not None
    assert first.metadata.to_dict() == {"m": "1"}

    gone = await client.v1.customers.delete_async(made[0].id)
    assert gone.deleted is True
    again = await client.v1.customers.retrieve_async(made[0].id)
    assert again.deleted is True
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await client.v1.customers.delete_async(made[0].id)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert (caught.value.request_id or "").startswith("req_")


async def test_errors_come_as_the_exceptions_of_the_sdk(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        await client.v1.customers.create_async({"nmae": "Ann"})  # type: ignore[arg-type]
    assert (unknown.value.code, unknown.value.param) == ("parameter_unknown", "nmae")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        await client.v1.prices.create_async({"currency": "eur", "product": "prod_none"})
    assert missing.value.code == "resource_missing"
    options: stripe.RequestOptions = {"api_key": "wrong"}
    with pytest.raises(stripe.AuthenticationError):
        await client.v1.customers.list_async(options=options)
    keyed: stripe.RequestOptions = {"idempotency_key": "k"}
    await client.v1.customers.create_async({"name": "a"}, keyed)
    with pytest.raises(stripe.IdempotencyError):
        await client.v1.customers.create_async({"name": "b"}, keyed)


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


async def test_prices_share_no_lookup_key_and_products_keep_their_prices(
    client: stripe.StripeClient,
) -> None:
    product = await client.v1.products.create_async(
        {"name": "Tea", "default_price_data": {"currency": "eur", "unit_amount": 100}}
    )
    first = await client.v1.prices.create_async(
        {"product": product.id, "currency": "eur", "unit_amount": 1, "lookup_key": "tea"}
    )
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        await client.v1.prices.create_async(
            {"product": product.id, "currency": "eur", "unit_amount": 2, "lookup_key": "tea"}
        )
    second = await client.v1.prices.create_async(
        {
            "product": product.id,
            "currency": "eur",
            "unit_amount": 2,
            "lookup_key": "tea",
            "transfer_lookup_key": True,
        }
    )
    found = await client.v1.prices.list_async({"lookup_keys": ["tea"]})
    assert [price.id for price in found.data] == [second.id]
    assert (await client.v1.prices.retrieve_async(first.id)).lookup_key is None
    with pytest.raises(stripe.InvalidRequestError, match="cannot be deleted"):
        await client.v1.products.delete_async(product.id)


async def test_search_pages_through_what_was_found(client: stripe.StripeClient) -> None:
    for number in range(5):
        await client.v1.customers.create_async(
            {"name": f"Ann {number}", "metadata": {"crm": str(number % 2)}}
        )
    found = await client.v1.customers.search_async(
        {"query": "name:'ann' -metadata['crm']:'1'", "limit": 2, "expand": ["total_count"]}
    )
    assert found["total_count"] == 3
    names = [customer.name async for customer in found.auto_paging_iter()]
    assert names == ["Ann 4", "Ann 2", "Ann 0"]
    with pytest.raises(stripe.InvalidRequestError, match="character 1"):
        await client.v1.customers.search_async({"query": "nmae:'ann'"})


async def test_a_file_is_uploaded(client: stripe.StripeClient, tmp_path: Path) -> None:
    icon = tmp_path / "icon.png"
    icon.write_bytes(b"\x89PNG")
    with icon.open("rb") as file:
        uploaded = await client.v1.files.create_async({"purpose": "business_icon", "file": file})
    assert Path(str(uploaded.filename)).name == "icon.png"
    assert (uploaded.size, uploaded.purpose) == (4, "business_icon")


async def test_the_account_is_known_and_another_one_is_apart(
    client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    account = await client.v1.accounts.retrieve_current_async()
    assert account.id == sandbox.account
    await client.v1.customers.create_async({"name": "Ann"})
    other: stripe.RequestOptions = {"stripe_account": "acct_other"}
    assert (await client.v1.customers.list_async(options=other)).data == []
    assert len((await client.v1.customers.list_async()).data) == 1
