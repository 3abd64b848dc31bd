"""Only the object that a call gives proves that the call was done."""

import json
from typing import Any

import msgspec
import pytest
from connector_sdk import JSON
from stripe_connector.activities.writing.answers import Effect, effect_of, is_answer
from stripe_connector.catalogue import load, overlay

CUSTOMER = {"id": "cus_1", "object": "customer"}
GONE = {**CUSTOMER, "deleted": True}
NO_OBJECT = [{}, {"id": None}, {"id": 12}, {"id": "cus_1"}, {"object": "customer"}, [], "x", None]


def answers(api_call: str, body: Any, **path: str) -> bool:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return is_answer(load(), load().api_calls[api_call], path, raw)


@pytest.mark.parametrize("body", NO_OBJECT, ids=repr)
@pytest.mark.parametrize("api_call", ["customers.create", "customers.update", "customers.delete"])
def test_what_is_no_object(api_call: str, body: Any) -> None:
    assert not answers(api_call, body, customer="cus_1")


@pytest.mark.parametrize(
    ("api_call", "body", "path", "fits"),
    [
        ("customers.create", CUSTOMER, {}, True),
        ("customers.create", {"id": "ch_1", "object": "charge"}, {}, False),
        ("customers.create", {**CUSTOMER, "id": None}, {}, False),
        ("customers.update", CUSTOMER, {"customer": "cus_1"}, True),
        ("customers.update", CUSTOMER, {"customer": "cus_2"}, False),
        ("customers.retrieve", GONE, {"customer": "cus_1"}, True),
        ("customers.delete", GONE, {"customer": "cus_1"}, True),
        ("customers.delete", CUSTOMER, {"customer": "cus_1"}, False),
        ("customers.delete", GONE, {"customer": "cus_2"}, False),
        (
            "subscriptions.cancel",
            {"id": "sub_1", "object": "subscription"},
            {"subscription_exposed_id": "sub_1"},
            True,
        ),
        (
            "payment_intents.capture",
            {"id": "pi_2", "object": "payment_intent"},
            {"intent": "pi_1"},
            False,
        ),
        (
            "payment_methods.attach",
            {"id": "pm_2", "object": "payment_method"},
            {"payment_method": "pm_card_visa"},
            True,
        ),
        ("payouts.reverse", {"id": "po_2", "object": "payout"}, {"payout": "po_1"}, True),
        (
            "accounts.external_accounts.create",
            {"id": "ba_1", "object": "bank_account"},
            {"account": "acct_1"},
            True,
        ),
        ("tax.calculations.create", {"id": None, "object": "tax.calculation"}, {}, True),
        ("balance_settings.update", {"object": "balance_settings"}, {}, True),
    ],
)
def test_the_object_that_was_asked_for(
    api_call: str, body: Any, path: dict[str, str], fits: bool
) -> None:
    assert answers(api_call, body, **path) is fits


def test_a_deep_answer_is_none() -> None:
    deep = b'{"id":"cus_1","object":"customer","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert not answers("customers.create", deep)


CATALOGUE = load()


def test_effects_are_seen_in_their_object() -> None:
    for name in overlay.read("effects.json")["effects"]:
        effect = effect_of(name)
        assert effect is not None
        api_call = CATALOGUE.api_calls[name]
        assert api_call.method == "POST" or api_call.action == "cancel"
        if api_call.action in ("create", "update"):
            assert bool(effect.failed) == (api_call.action == "create"), name
            assert bool(effect.again_with) == (api_call.action == "update"), name
            assert not effect.done, name
        else:
            assert effect.harmless != bool(effect.done)
        if effect.harmless:
            continue
        schema = CATALOGUE.response(CATALOGUE.api_call(api_call.object, "retrieve"))
        for field, wanted in {**effect.done, **effect.failed}.items():
            known = schema.child(field)
            assert known is not None, f"{name}: {field}"
            if known.choices and isinstance(wanted, list):
                assert set(wanted) <= set(known.choices), name
        assert not effect.says or schema.child(effect.says) is not None, name
        request = CATALOGUE.request(api_call)
        assert not effect.failed_with or request.child(effect.failed_with) is not None, name
        for parameter, field in effect.same.items():
            assert request.child(parameter) is not None, f"{name}: {parameter}"
            assert schema.child(field) is not None, f"{name}: {field}"
        assert all(schema.child(name) for pair in effect.whole.items() for name in pair), name
        assert all(request.child(parameter) is not None for parameter in effect.again_with)


@pytest.mark.parametrize(
    ("there", "params", "proved"),
    [
        ({"status": "succeeded", "amount_received": 500, "amount": 500}, {}, True),
        ({"status": "succeeded", "amount_received": 300, "amount": 500}, {}, False),
        ({"status": "succeeded", "amount_received": 500}, {"amount_to_capture": 500}, True),
        ({"status": "succeeded", "amount_received": 500}, {"amount_to_capture": 300}, False),
        ({"status": "requires_capture", "amount_received": 0}, {}, False),
        ({}, {}, False),
    ],
)
def test_a_capture_is_proved_by_its_amount(
    there: dict[str, JSON], params: dict[str, JSON], proved: bool
) -> None:
    effect = effect_of("payment_intents.capture")
    assert effect is not None
    assert effect.proved(there, params) is proved
    assert effect.repeatable(params)
    assert not effect.repeatable({**params, "final_capture": False})


def test_set_and_unset_and_expanded_objects() -> None:
    effect = msgspec.convert(
        {
            "done": {"customer": "set", "open": [False], "gone": "unset"},
            "same": {"customer": "customer"},
        },
        Effect,
    )
    there: dict[str, JSON] = {"customer": {"id": "cus_1"}, "open": False}
    assert effect.proved(there, {"customer": "cus_1"})
    assert not effect.proved(there, {"customer": "cus_2"})
    assert not effect.proved({**there, "open": None}, {})
    assert not effect.proved({**there, "gone": 1}, {})
    assert not Effect(again=True).proved(there, {})
