"""Amounts are refused before they are sent where Stripe would refuse them, or would take them
for something else."""

from decimal import Decimal
from typing import Any

import pytest
from connector_sdk import JSON, Activity, CredentialError, Problem, RefusedError, SettingError
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector import Stripe
from stripe_connector.activities.choices.verbs import verb_of
from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.amounts import Meant, amount_fault, meant, shown_amount
from stripe_connector.catalogue import load, minor_units
from stripe_connector.catalogue.amounts import amount_decimals, amount_rules, owners
from stripe_connector.catalogue.overlay import read
from stripe_connector.sandbox import Fault, SandboxRequest

from tests.stripe_connector.workbench import Workbench, prepared, refusal, response, send, sent

CURRENCIES = sorted(minor_units())
RULED = sorted(read("amounts.json")["amounts"])


def problem(api_call: str, currency: str, **params: int) -> Problem | None:
    return amount_fault(api_call, params, currency)


@given(st.sampled_from(RULED), st.sampled_from(CURRENCIES), st.integers(1, 10_000), st.booleans())
def test_an_amount_that_a_currency_can_have_is_taken(
    api_call: str, currency: str, units: int, upper: bool
) -> None:
    """Each currency, each operation: what has no more decimals than the schema says passes, the
    next smaller part of it doesn't."""
    (name,) = amount_rules(api_call)
    places = minor_units()[currency]
    kept = amount_decimals(api_call).get(currency, places)
    step = 10 ** (places - kept)
    code = currency.upper() if upper else currency
    assert problem(api_call, code, **{name: units * step}) is None
    if step > 1:
        found = problem(api_call, code, **{name: units * step + 1})
        assert found is not None
        assert (found.code, found.path) == ("amount_not_payable", name)
        assert str(step) in found.message


@given(st.sampled_from(RULED), st.sampled_from(CURRENCIES), st.integers(max_value=0))
def test_nothing_and_less_is_no_amount(api_call: str, currency: str, amount: int) -> None:
    (name,) = amount_rules(api_call)
    for said in (currency, None):
        found = amount_fault(api_call, {name: amount}, said)
        assert found is not None
        assert found.code == "amount_not_positive"


@given(st.sampled_from(CURRENCIES))
def test_the_largest_amount_is_taken_and_one_more_is_not(currency: str) -> None:
    rule = amount_rules("charges.create")["amount"]
    most, step = rule.most(currency), rule.steps.get(currency, 1)
    assert most is not None
    fits = most // step * step
    assert problem("charges.create", currency, amount=fits) is None
    found = problem("charges.create", currency, amount=fits + step)
    assert found is not None
    assert found.code == "amount_too_large"
    assert shown_amount(most, currency) in found.message


@given(st.sampled_from(CURRENCIES), st.integers(0, 10**12))
def test_an_amount_is_shown_in_full(currency: str, amount: int) -> None:
    number, code = shown_amount(amount, currency).split(" ")
    assert code == currency
    assert Decimal(number).scaleb(minor_units()[currency]) == amount
    assert "E" not in number


@pytest.mark.parametrize(
    ("on", "request_", "code"),
    [
        ("charges", {"amount": 550, "currency": "ugx"}, "amount_not_payable"),
        ("charges", {"amount": 6025, "currency": "ISK"}, "amount_not_payable"),
        ("payment_intents", {"amount": 5124, "currency": "kwd"}, "amount_not_payable"),
        ("payouts", {"amount": 1045, "currency": "huf"}, "amount_not_payable"),
        ("payouts", {"amount": 80045, "currency": "twd"}, "amount_not_payable"),
        ("charges", {"amount": -500, "currency": "usd"}, "amount_not_positive"),
        ("refunds", {"amount": 0, "charge": "ch_1"}, "amount_not_positive"),
        ("charges", {"amount": 99_999_999_999, "currency": "usd"}, "amount_too_large"),
    ],
)
async def test_it_is_a_problem_of_the_record(
    bench: Workbench, on: str, request_: dict[str, Any], code: str
) -> None:
    target = await bench.target("create", on)
    found = refusal(target, request_)
    assert (found.code, found.path, found.value) == (code, "amount", str(request_["amount"]))
    assert str(request_["amount"]) in found.message
    assert found.remedy


async def test_what_a_price_costs_is_no_charge(bench: Workbench) -> None:
    target = await bench.target("create", "prices")
    free = {"unit_amount": 0, "currency": "usd", "product": "prod_1"}
    prepared(target, free)
    prepared(await bench.target("create", "charges"), {"amount": 1045, "currency": "huf"})


async def test_less_than_the_minimum_is_for_stripe_to_say(bench: Workbench) -> None:
    """0.40 usd are too little for an account that settles usd, and enough for one of gbp."""
    params = {"amount": 40, "currency": "usd", "source": "tok_visa"}
    (outcome,) = await bench.write("create", "charges", params)
    assert outcome.problem is not None
    assert (outcome.kind, outcome.problem.code) == ("refused", "amount_too_small")


async def charge(bench: Workbench, currency: str = "jpy") -> str:
    return await bench.make("charges", amount=5000, currency=currency, source="tok_visa")


async def test_a_refund_in_another_currency_is_refused(bench: Workbench) -> None:
    paid = await charge(bench)
    params = {"charge": paid, "amount": 500, "currency": "eur"}
    (outcome,) = await bench.write("create", "refunds", params)
    assert outcome.problem is not None
    assert (outcome.kind, outcome.problem.code) == ("refused", "wrong_currency")
    for part in (paid, "jpy", "eur", "nothing was sent"):
        assert part in outcome.problem.message
    assert await bench.read("search", "refunds") == []


async def test_a_refund_in_the_currency_of_its_charge(bench: Workbench) -> None:
    paid = await charge(bench)
    params = {"charge": paid, "amount": 500, "currency": "JPY"}
    plain = {"charge": paid, "amount": 700}
    first, second = await bench.write("create", "refunds", params, plain)
    assert (response(first)["amount"], response(first)["currency"]) == (500, "jpy")
    assert response(second)["amount"] == 700


async def test_the_charge_is_asked_once(bench: Workbench) -> None:
    paid = await charge(bench)
    asked: list[str] = []

    async def count(request: SandboxRequest) -> Fault | None:
        asked.append(request.api_call.id)
        return None

    bench.sandbox.on_request = count
    params = {"charge": paid, "amount": 500, "currency": "jpy"}
    target = await bench.target("create", "refunds", concurrency=1)
    for call in bench.calls(target, params, params):
        await send(target, [call])
    assert asked == ["charges.retrieve", "refunds.create", "refunds.create"]


async def test_what_may_have_been_sent_before_is_looked_up(bench: Workbench) -> None:
    paid = await charge(bench)
    target = await bench.target("create", "refunds")
    (call,) = bench.calls(target, {"charge": paid, "amount": 500, "currency": "eur"})
    (outcome,) = await send(target, [sent(call)])
    assert (outcome.kind, outcome.open) == ("refused", True)
    (outcome,) = await send(target, [call])
    assert (outcome.kind, outcome.open) == ("refused", False)


async def test_captures(bench: Workbench) -> None:
    intent = await bench.make(
        "payment_intents",
        amount=5000,
        currency="jpy",
        payment_method="pm_card_visa",
        capture_method="manual",
        confirm=True,
    )
    request = {"id": intent, "amount_to_capture": 500, "currency": "usd"}
    (wrong,) = await bench.write("update", "payment_intents", request, action="capture")
    assert wrong.problem is not None
    assert wrong.problem.code == "wrong_currency"
    request["currency"] = "jpy"
    (right,) = await bench.write("update", "payment_intents", request, action="capture")
    assert (right.kind, response(right)["amount_received"]) == ("written", 500)
    single = await bench.make(
        "charges", amount=5000, currency="jpy", source="tok_visa", capture=False
    )
    capture = {"id": single, "amount": 500, "currency": "usd"}
    (wrong,) = await bench.write("update", "charges", capture, action="capture")
    assert wrong.problem is not None
    assert wrong.problem.code == "wrong_currency"


async def test_credit_notes_and_invoice_lines(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    invoice = await bench.make("invoices", customer=ada, currency="jpy")
    lines = {"id": invoice, "lines": [{"amount": 500, "description": "Tea"}]}
    for currency, kind in (("eur", "refused"), ("jpy", "written")):
        (outcome,) = await bench.write(
            "update", "invoices", {**lines, "currency": currency}, action="add_lines"
        )
        assert outcome.kind == kind, currency
    await bench.write("update", "invoices", {"id": invoice}, action="finalize_invoice")
    for currency, kind in (("eur", "refused"), ("jpy", "written")):
        note = {"invoice": invoice, "amount": 100, "currency": currency}
        (outcome,) = await bench.write("create", "credit_notes", note)
        assert outcome.kind == kind, currency


async def test_a_repeat_with_update_checks_the_currency_too(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    params = {"customer": ada, "amount": 500, "currency": "jpy"}
    item = await bench.make("invoice_items", **params)
    target = await bench.target("create", "invoice_items")
    body = prepared(target, {"amount": 900, "currency": "jpy"}, item)
    assert requests.parse(body.json).currency == "jpy"
    assert "currency" not in requests.parse(body.json).params


async def test_an_object_that_is_not_there(bench: Workbench) -> None:
    params = {"charge": "ch_none", "amount": 500, "currency": "jpy"}
    (outcome,) = await bench.write("create", "refunds", params)
    assert outcome.problem is not None
    assert (outcome.kind, outcome.problem.code) == ("refused", "resource_missing")
    assert outcome.problem.message.startswith("No such charge")


async def test_a_key_that_may_not_look_stops(bench: Workbench) -> None:
    paid = await charge(bench)

    async def forbid(request: SandboxRequest) -> Fault | None:
        reads = request.api_call.id == "charges.retrieve"
        return Fault(403, "invalid_request_error", "No.") if reads else None

    bench.sandbox.on_request = forbid
    with pytest.raises(CredentialError):
        await bench.write("create", "refunds", {"charge": paid, "amount": 5, "currency": "jpy"})
    assert await bench.read("search", "refunds") == []


def test_a_currency_that_nothing_is_checked_against() -> None:
    cash: dict[str, JSON] = {
        "customer": "cus_1",
        "amount": 500,
        "currency": "eur",
        "origin": "customer_balance",
    }
    assert meant("refunds.create", {}, cash) == Meant(cash)
    found = meant("issuing.disputes.create", {}, {"amount": 5, "currency": "eur"})
    assert isinstance(found, Problem)
    assert "names no transaction" in found.message
    assert found.remedy == "Give it the transaction, or leave `currency` out."


def test_stored_bodies_of_requests_without_a_currency_stay_what_they_were() -> None:
    """Keys of one-off commands are made of them."""
    plain = requests.Request("customers.create", {}, {"name": "Ada"})
    stored = requests.body(plain)
    assert b"currency" not in stored.json
    assert requests.parse(stored.json) == plain
    meant_in = plain._replace(currency="eur")
    assert requests.parse(requests.body(meant_in).json) == meant_in


async def test_the_schema_offers_the_currency_and_a_plan_counts_the_look(
    bench: Workbench,
) -> None:
    newest = load()
    for name in read("amounts.json")["existing"]:
        api_call = newest.api_calls[name]
        activity = Activity("a", verb_of(api_call), api_call.object, api_call.action)
        schemas = await bench.connection.schemas(activity)
        field = schemas.request.child("currency")
        assert field is not None, name
        assert (field.format, field.required) == ("currency", False)
        assert all(f"`{owner.by}`" in field.description for owner in owners(name))
        plan = await bench.connection.plan(activity, 10)
        assert plan.calls[0].expected == 10
        assert plan.calls[1].call.startswith("GET /v1/")
        assert plan.expected is None
        assert "says its `currency`" in plan.lines[1]


async def test_from_python() -> None:
    async with Stripe(address="sandbox") as stripe:
        params = {"amount": 5000, "currency": "jpy", "source": "tok_visa"}
        paid = await stripe.create("charges", params)
        refund = {"charge": paid["id"], "amount": 500}
        with pytest.raises(RefusedError, match=r"is in jpy, and .* meant in eur"):
            await stripe.create("refunds", {**refund, "currency": "eur"})
        made = await stripe.create("refunds", {**refund, "currency": "jpy"})
        assert (made["amount"], made["currency"]) == (500, "jpy")
        with pytest.raises(SettingError, match="evenly divisible by 100"):
            await stripe.create("charges", {**params, "amount": 550, "currency": "ugx"})
        assert stripe.schema("refunds", "create").amount_decimals["kwd"] == 2
        credit = stripe.schema("credit_notes", "create").request.child("currency")
        assert credit is not None
        assert "not sent, but checked" in credit.description
