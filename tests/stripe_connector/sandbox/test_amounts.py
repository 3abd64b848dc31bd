"""The sandbox refuses amounts as Stripe does."""

import pytest
from connector_sdk import JSON

from tests.stripe_connector.sandbox.caller import Caller

REFUSED = [
    ("amount=550&currency=ugx", "invalid_charge_amount_no_decimal_compatible", "divisible by 100"),
    ("amount=6025&currency=ISK", "invalid_charge_amount_no_decimal_compatible", "Currency ISK"),
    ("amount=5124&currency=kwd", "invalid_charge_amount", "last digit"),
    ("amount=49&currency=usd", "amount_too_small", "at least 0.50 usd"),
    ("amount=17400&currency=huf", "amount_too_small", "at least 175.00 huf"),
    ("amount=100000000&currency=usd", "amount_too_large", "no more than 999,999.99 usd"),
    ("amount=-5&currency=usd", "parameter_invalid_integer", "greater than or equal to 1"),
    ("amount=0&currency=usd", "parameter_invalid_integer", "greater than or equal to 1"),
]
TAKEN = [
    "amount=500&currency=ugx",
    "amount=6000&currency=isk",
    "amount=5120&currency=kwd",
    "amount=50&currency=usd",
    "amount=17545&currency=huf",
    "amount=99999999&currency=usd",
    "amount=999999999999&currency=idr",
    "amount=1&currency=clp",
]


@pytest.mark.parametrize(("form", "code", "message"), REFUSED)
@pytest.mark.parametrize("path", ["charges", "payment_intents"])
async def test_refused(stripe: Caller, path: str, form: str, code: str, message: str) -> None:
    source = "&source=tok_visa" if path == "charges" else ""
    reply = await stripe.send("POST", f"/v1/{path}", (form + source).encode())
    assert (reply.status, reply.error["code"], reply.error["param"]) == (400, code, "amount")
    assert message in reply.error["message"]
    assert (await stripe.get(f"/v1/{path}")).ids == []


@pytest.mark.parametrize("form", TAKEN)
async def test_taken(stripe: Caller, form: str) -> None:
    reply = await stripe.send("POST", "/v1/charges", f"{form}&source=tok_visa".encode())
    assert reply.status == 200, reply.body


async def test_payouts(stripe: Caller) -> None:
    for currency, amount in (("huf", 1045), ("twd", 80045)):
        reply = await stripe.post("/v1/payouts", {"amount": amount, "currency": currency})
        assert reply.error["code"] == "invalid_charge_amount_no_decimal_compatible"
    await stripe.make("/v1/payouts", amount=1000, currency="huf")
    await stripe.make("/v1/payouts", amount=1, currency="usd")


async def test_ideal_takes_less(stripe: Caller) -> None:
    data: JSON = {"type": "ideal"}
    await stripe.make("/v1/payment_intents", amount=1, currency="eur", payment_method_data=data)


async def test_parts_are_in_the_currency_of_the_whole(stripe: Caller) -> None:
    paid = await stripe.make("/v1/charges", amount=5000, currency="isk", source="tok_visa")
    for amount, code in ((-100, "parameter_invalid_integer"), (550, "effectively")):
        reply = await stripe.post("/v1/refunds", {"charge": paid["id"], "amount": amount})
        assert reply.status == 400
        assert code in (reply.error["code"], *reply.error["message"].split())
    await stripe.make("/v1/refunds", charge=paid["id"], amount=500)
    held = await stripe.make(
        "/v1/charges", amount=5000, currency="isk", source="tok_visa", capture=False
    )
    reply = await stripe.post(f"/v1/charges/{held['id']}/capture", {"amount": 550})
    assert reply.error["param"] == "amount"
    intent = await stripe.make("/v1/payment_intents", amount=5000, currency="isk")
    reply = await stripe.post(f"/v1/payment_intents/{intent['id']}", {"amount": 550})
    assert reply.error["param"] == "amount"
