"""Any sequence of billing requests: nothing breaks, refusals change nothing, sums add up."""

import random
from typing import Any, cast

import pytest
from connector_sdk import JSON, Field
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe_connector.wire import encode_form

from tests.stripe_connector.sandbox.direct import REGISTRY, Direct

_STEPS = {
    "customers.create": 2,
    "customers.update": 1,
    "customers.delete": 1,
    "payment_methods.create": 1,
    "payment_methods.attach": 2,
    "payment_methods.detach": 1,
    "products.create": 1,
    "prices.create": 3,
    "prices.update": 1,
    "coupons.create": 1,
    "subscriptions.create": 4,
    "subscriptions.update": 2,
    "subscriptions.cancel": 1,
    "subscription_items.create": 1,
    "subscription_items.update": 1,
    "subscription_items.delete": 1,
    "invoice_items.create": 4,
    "invoice_items.update": 1,
    "invoice_items.delete": 1,
    "invoices.create": 3,
    "invoices.update": 1,
    "invoices.finalize_invoice": 2,
    "invoices.pay": 2,
    "invoices.void_invoice": 1,
    "invoices.mark_uncollectible": 1,
    "invoices.delete": 1,
    "payment_intents.create": 3,
    "payment_intents.update": 1,
    "payment_intents.confirm": 2,
    "payment_intents.capture": 2,
    "payment_intents.cancel": 1,
    "charges.create": 1,
    "refunds.create": 2,
}
"""API calls by id, and how often each is tried."""
_MENU = [api_call for api_call, weight in _STEPS.items() for _ in range(weight)]
_TEXTS: dict[str, list[str]] = {
    "currency": ["usd", "eur"],
    "payment_method": ["pm_card_visa", "pm_card_chargeDeclined"],
    "source": ["tok_visa", "tok_chargeDeclined"],
    "token": ["tok_visa", "tok_mastercard"],
    "number": ["4242424242424242", "4000000000000002"],
    "interval": ["day", "month"],
    "trial_end": ["now"],
}
_HELPFUL = frozenset(
    {
        "amount",
        "capture_method",
        "card",
        "confirm",
        "currency",
        "customer",
        "invoice",
        "items",
        "payment_method",
        "percent_off",
        "price",
        "pricing",
        "product",
        "recurring",
        "charge",
        "payment_intent",
        "unit_amount",
        "number",
        "source",
    }
)
"""Without these most requests would be refused at the door."""


_WORLD = (
    ("/v1/payment_methods", b"type=card&card[token]=tok_visa"),
    ("/v1/customers", b"name=A&invoice_settings[default_payment_method]=pm_card_visa"),
    ("/v1/customers", b"name=B&invoice_settings[default_payment_method]=pm_card_chargeDeclined"),
    ("/v1/products", b"id=tea&name=Tea"),
    ("/v1/prices", b"product=tea&currency=eur&unit_amount=9"),
    ("/v1/prices", b"product=tea&currency=eur&unit_amount=7&recurring[interval]=month"),
    ("/v1/prices", b"product=tea&currency=usd&unit_amount_decimal=0.5&recurring[interval]=day"),
)


class Story:
    """Draws requests that mostly fit the schema and what there is."""

    def __init__(self, seed: int) -> None:
        self.sandbox = Direct()
        self._random = random.Random(seed)
        for path, form in _WORLD:
            status, body = self.sandbox.send("POST", path, form)
            assert status == 200, body

    def step(self) -> tuple[str, int, Any]:
        name = self._random.choice(_MENU)
        api_call = REGISTRY.catalogue.api_calls[name]
        plan = REGISTRY.plan(api_call)
        path = api_call.path.format(
            **{param: self._id(resource) for param, resource in plan.holders}
        )
        named = {reference.path: reference.resource for reference in plan.references}
        params = cast("dict[str, JSON]", self._object(plan.request, (), named))
        status, body = self.sandbox.send(api_call.method, path, encode_form(params))
        return name, status, body

    def _id(self, resource: str) -> str:
        there = self.sandbox.ids(resource)
        return self._random.choice(there[-5:]) if there and self._random.random() < 0.97 else "none"

    def _object(self, field: Field, path: tuple[str, ...], named: dict[Any, str]) -> JSON:
        out: dict[str, JSON] = {}
        for child in field.fields:
            if child.in_path or child.name == "expand":
                continue
            odds = 39 if child.required else 30 if child.name in _HELPFUL else 1
            if self._random.randrange(40) < odds:
                out[child.name] = self._value(child, (*path, child.name), named)
        return out

    def _value(self, field: Field, path: tuple[str, ...], named: dict[Any, str]) -> JSON:
        if field.clears and self._random.randrange(10) == 0:
            return None
        if field.any_of:
            return self._value(self._random.choice(field.any_of), path, named)
        if path[-1] in _TEXTS and field.type == "string" and self._random.random() < 0.9:
            return self._random.choice(_TEXTS[path[-1]])
        if path in named:
            return self._id(named[path])
        if field.choices:
            return self._random.choice(field.choices)
        match field.type:
            case "object":
                return self._object(field, path, named)
            case "map":
                return {"k": "v"}
            case "list":
                assert field.items
                return [self._value(field.items, (*path, "[]"), named)]
            case "integer":
                return self._random.randint(-1, 50)
            case "number":
                return 1.5
            case "boolean":
                return self._random.random() < 0.5
        return "7.5" if field.format == "decimal" else "text"


def _calls_of(seed: int, steps: int) -> set[str]:
    """Runs a story, and gives the API calls that were made."""
    story, done = Story(seed), set[str]()
    sandbox = story.sandbox
    for _ in range(steps):
        before = sandbox.everything()
        name, status, body = story.step()
        assert status in (200, 400, 402, 404), (name, body)
        if status in (400, 404):
            assert sandbox.everything() == before, name
        else:
            done.add(name)
        _adds_up(sandbox)
    return done


def _adds_up(sandbox: Direct) -> None:
    for one in sandbox.ids("invoice"):
        _, invoice = sandbox.send("GET", f"/v1/invoices/{one}", b"expand[]=payments")
        assert invoice["total"] == sum(line["amount"] for line in invoice["lines"]["data"])
        if invoice["status"] == "paid":
            assert (invoice["amount_paid"], invoice["amount_remaining"]) == (
                invoice["amount_due"],
                0,
            )
    for one in sandbox.ids("charge"):
        _, charge = sandbox.send("GET", f"/v1/charges/{one}")
        assert 0 <= charge["amount_refunded"] <= charge["amount"]
    for one in sandbox.ids("subscription"):
        _, subscription = sandbox.send("GET", f"/v1/subscriptions/{one}")
        assert subscription["items"]["data"]
    for one in sandbox.ids("payment_intent"):
        _, intent = sandbox.send("GET", f"/v1/payment_intents/{one}")
        assert (intent["status"] == "succeeded") == (intent["amount_received"] > 0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_billing_adds_up(seed: int) -> None:
    _calls_of(seed, 25)


@pytest.mark.full
@settings(max_examples=400, deadline=None)
@given(st.integers(0, 10**9))
def test_billing_adds_up_for_long(seed: int) -> None:
    _calls_of(seed, 80)
