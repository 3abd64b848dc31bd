"""Small rules of single billing objects."""

from typing import Any

import pytest
from connector_sdk import JSON

from tests.stripe_connector.sandbox.caller import Caller


@pytest.fixture
async def customer(stripe: Caller) -> str:
    return str((await stripe.make("/v1/customers", name="Ann"))["id"])


@pytest.fixture
async def product(stripe: Caller) -> str:
    return str((await stripe.make("/v1/products", name="Tea"))["id"])


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"percent_off": 5, "amount_off": 5}, "percent_off"),
        ({"amount_off": 5}, "currency"),
        ({"percent_off": 5, "duration": "repeating"}, "duration_in_months"),
    ],
)
async def test_what_a_coupon_needs(stripe: Caller, params: dict[str, JSON], param: str) -> None:
    reply = await stripe.post("/v1/coupons", params)
    assert (reply.status, reply.error["param"]) == (400, param)


async def test_promotion_codes_belong_to_coupons(stripe: Caller) -> None:
    coupons = [await stripe.make("/v1/coupons", percent_off=5) for _ in range(2)]
    codes = [
        await stripe.make(
            "/v1/promotion_codes", promotion={"type": "coupon", "coupon": coupon["id"]}
        )
        for coupon in coupons
    ]
    assert len({code["code"] for code in codes}) == 2
    found = await stripe.get("/v1/promotion_codes", {"coupon": coupons[0]["id"]})
    assert found.ids == [codes[0]["id"]]


async def test_an_invoice_item_changes_its_draft(
    stripe: Caller, customer: str, product: str
) -> None:
    price = await stripe.make("/v1/prices", product=product, currency="eur", unit_amount=30)
    invoice = await stripe.make("/v1/invoices", customer=customer, currency="eur")
    path = f"/v1/invoices/{invoice['id']}"

    async def total() -> Any:
        return (await stripe.get(path)).body["total"]

    item = await stripe.make(
        "/v1/invoiceitems",
        customer=customer,
        invoice=invoice["id"],
        pricing={"price": price["id"]},
        quantity=2,
    )
    assert (item["amount"], item["description"], await total()) == (60, "Tea", 60)
    item_path = f"/v1/invoiceitems/{item['id']}"
    await stripe.make(item_path, quantity=3)
    assert await total() == 90
    await stripe.make(item_path, unit_amount_decimal="0.5")
    assert await total() == 2
    await stripe.make(item_path, quantity_decimal="2.5")
    assert await total() == 1
    await stripe.make(item_path, amount=7)
    assert await total() == 7
    pending = await stripe.get("/v1/invoiceitems", {"pending": True})
    assert pending.ids == []
    assert (await stripe.get("/v1/invoiceitems", {"pending": False})).ids == [item["id"]]
    assert (await stripe.delete(item_path)).body["deleted"] is True
    assert await total() == 0


async def test_a_finalised_invoice_keeps_its_items(stripe: Caller, customer: str) -> None:
    invoice = await stripe.make("/v1/invoices", customer=customer, currency="eur")
    item = await stripe.make(
        "/v1/invoiceitems", customer=customer, invoice=invoice["id"], amount=5, currency="eur"
    )
    path = f"/v1/invoices/{invoice['id']}"
    await stripe.make(f"{path}/finalize")
    for reply in (
        await stripe.delete(f"/v1/invoiceitems/{item['id']}"),
        await stripe.post(f"/v1/invoiceitems/{item['id']}", {"amount": 501}),
        await stripe.post("/v1/invoiceitems", {"invoice": invoice["id"], "amount": 1}),
        await stripe.post(path, {"days_until_due": 5}),
    ):
        assert (reply.status, reply.error["code"]) == (400, "invoice_not_editable")
    assert (await stripe.make(path, description="x"))["description"] == "x"
    assert (await stripe.post(f"{path}/send")).status == 400
    no_method = await stripe.post(f"{path}/pay")
    assert "no default payment method" in no_method.error["message"]
    paid = await stripe.make(f"{path}/pay", payment_method="pm_card_visa")
    assert (paid["status"], paid["attempt_count"]) == ("paid", 1)


async def test_an_invoice_that_was_written_off_can_still_be_paid(
    stripe: Caller, customer: str
) -> None:
    invoice = await stripe.make("/v1/invoices", customer=customer, currency="eur")
    await stripe.make(
        "/v1/invoiceitems", customer=customer, invoice=invoice["id"], amount=5, currency="eur"
    )
    path = f"/v1/invoices/{invoice['id']}"
    await stripe.make(f"{path}/mark_uncollectible")
    declined = await stripe.post(f"{path}/pay", {"payment_method": "pm_card_chargeDeclined"})
    assert (declined.status, declined.error["type"]) == (402, "card_error")
    paid = await stripe.make(f"{path}/pay", payment_method="pm_card_visa")
    assert (paid["status"], paid["attempt_count"]) == ("paid", 2)


async def test_invoices_are_found_by_subscription(
    stripe: Caller, customer: str, product: str
) -> None:
    await stripe.make("/v1/invoices", customer=customer, currency="eur")
    subscription = await stripe.make(
        "/v1/subscriptions",
        customer=customer,
        payment_behavior="default_incomplete",
        items=[
            {
                "price_data": {
                    "product": product,
                    "currency": "eur",
                    "unit_amount": 4,
                    "recurring": {"interval": "month"},
                }
            }
        ],
    )
    found = await stripe.get("/v1/invoices", {"subscription": subscription["id"]})
    assert found.ids == [subscription["latest_invoice"]]
    query: dict[str, JSON] = {"query": f"subscription:'{subscription['id']}'"}
    assert (await stripe.get("/v1/invoices/search", query)).ids == found.ids
    assert (await stripe.delete(f"/v1/invoices/{found.ids[0]}")).status == 400


async def test_a_deleted_customer_has_no_running_subscription(
    stripe: Caller, customer: str, product: str
) -> None:
    price = await stripe.make(
        "/v1/prices",
        product=product,
        currency="eur",
        unit_amount=5,
        recurring={"interval": "year"},
    )
    subscription = await stripe.make(
        "/v1/subscriptions",
        customer=customer,
        items=[{"price": price["id"]}],
        collection_method="send_invoice",
        days_until_due=14,
    )
    assert subscription["status"] == "active"
    await stripe.delete(f"/v1/customers/{customer}")
    path = f"/v1/subscriptions/{subscription['id']}"
    assert (await stripe.get(path)).body["status"] == "canceled"
    assert (await stripe.post(path, {"metadata": {"a": "b"}})).status == 400
    assert (await stripe.delete(path)).status == 404
    assert (await stripe.get("/v1/subscriptions", {"status": "ended"})).ids == [subscription["id"]]
    assert (await stripe.get("/v1/subscriptions", {"status": "active"})).ids == []


async def test_a_trial_ends_now(stripe: Caller, customer: str, product: str) -> None:
    price = await stripe.make(
        "/v1/prices",
        product=product,
        currency="eur",
        unit_amount=5,
        recurring={"interval": "week"},
    )
    subscription = await stripe.make(
        "/v1/subscriptions",
        customer=customer,
        items=[{"price": price["id"]}],
        trial_end=4_000_000_000,
    )
    assert (subscription["status"], subscription["trial_end"]) == ("trialing", 4_000_000_000)
    ended = await stripe.make(f"/v1/subscriptions/{subscription['id']}", trial_end="now")
    assert ended["status"] == "active"


async def test_only_recurring_prices_are_subscribed_to(
    stripe: Caller, customer: str, product: str
) -> None:
    once = await stripe.make("/v1/prices", product=product, currency="eur", unit_amount=5)
    reply = await stripe.post(
        "/v1/subscriptions", {"customer": customer, "items": [{"price": once["id"]}]}
    )
    assert reply.error["param"] == "items[0][price]"
    recurring = await stripe.make(
        "/v1/prices",
        product=product,
        currency="eur",
        unit_amount_decimal="2.5",
        recurring={"interval": "month", "usage_type": "metered"},
    )
    assert recurring["unit_amount"] is None
    item = await stripe.post(
        "/v1/invoiceitems", {"customer": customer, "pricing": {"price": recurring["id"]}}
    )
    assert (item.status, item.error["param"]) == (400, "pricing[price]")


async def test_a_price_in_tiers_is_not_calculated(
    stripe: Caller, customer: str, product: str
) -> None:
    price = await stripe.make(
        "/v1/prices",
        product=product,
        currency="eur",
        billing_scheme="tiered",
        tiers_mode="graduated",
        tiers=[{"up_to": "inf", "unit_amount": 5}],
        recurring={"interval": "month"},
    )
    reply = await stripe.post(
        "/v1/subscriptions", {"customer": customer, "items": [{"price": price["id"]}]}
    )
    assert (reply.status, "can't calculate" in reply.error["message"]) == (400, True)
    assert (await stripe.get("/v1/subscriptions", {"status": "all"})).ids == []


async def test_a_plan_brings_its_product(stripe: Caller) -> None:
    plan = await stripe.make(
        "/v1/plans",
        id="gold",
        amount=5,
        currency="eur",
        interval="month",
        product={"name": "Gold"},
    )
    assert (plan["id"], plan["amount_decimal"]) == ("gold", "5")
    found = await stripe.get(f"/v1/products/{plan['product']}")
    assert found.body["name"] == "Gold"


async def test_money_does_not_come_from_nothing(stripe: Caller, customer: str) -> None:
    charges: list[tuple[dict[str, JSON], str]] = [
        ({"amount": 0, "currency": "usd", "source": "tok_visa"}, "amount"),
        ({"amount": 500, "currency": "usd", "source": "tok_none"}, "source"),
        ({"amount": 500, "currency": "usd", "customer": customer}, "source"),
        ({"currency": "usd"}, "amount"),
    ]
    for params, param in charges:
        reply = await stripe.post("/v1/charges", params)
        assert (reply.status, reply.error["param"]) == (400, param)
    unpaid = await stripe.make("/v1/payment_intents", amount=500, currency="usd")
    refunds: list[dict[str, JSON]] = [{}, {"payment_intent": unpaid["id"]}]
    for refund in refunds:
        reply = await stripe.post("/v1/refunds", refund)
        assert (reply.status, reply.error["param"]) == (400, "payment_intent")
    paid = await stripe.make("/v1/charges", amount=500, currency="usd", source="tok_visa")
    too_much = await stripe.post("/v1/refunds", {"charge": paid["id"], "amount": 501})
    assert (too_much.status, too_much.error["param"]) == (400, "amount")
    twice = await stripe.post(f"/v1/charges/{paid['id']}/capture")
    assert twice.error["code"] == "charge_already_captured"


async def test_a_card_that_is_no_test_card_is_refused(stripe: Caller) -> None:
    cards: list[dict[str, JSON]] = [{"number": "4111111111111111"}, {"token": "tok_none"}]
    for card in cards:
        reply = await stripe.post("/v1/payment_methods", {"type": "card", "card": card})
        assert reply.status in (400, 402)
        assert str(reply.error["param"]).startswith("card[")
    unknown = await stripe.post("/v1/payment_methods/pm_card_none/attach", {"customer": "x"})
    assert unknown.error["code"] == "resource_missing"


async def test_the_own_account_is_no_connected_one(stripe: Caller) -> None:
    own = await stripe.get("/v1/account")
    connected = await stripe.make("/v1/accounts", type="express", country="AT")
    assert (await stripe.get("/v1/accounts")).ids == [connected["id"]]
    assert (await stripe.get(f"/v1/accounts/{own.body['id']}")).body == own.body
    assert (connected["type"], connected["country"]) == ("express", "AT")
