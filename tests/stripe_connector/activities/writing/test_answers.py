"""Only the object that a call gives proves that the call was done."""

import json
from typing import Any

import pytest
from stripe_connector.activities.writing.answers import is_answer
from stripe_connector.catalogue import load

CUSTOMER = {"id": "cus_1", "object": "customer"}
GONE = {**CUSTOMER, "deleted": True}
NO_OBJECT = [{}, {"id": None}, {"id": 12}, {"id": "cus_1"}, {"object": "customer"}, [], "x", None]


def answers(operation: str, body: Any, **path: str) -> bool:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return is_answer(load(), load().operations[operation], path, raw)


@pytest.mark.parametrize("body", NO_OBJECT, ids=repr)
@pytest.mark.parametrize("operation", ["customers.create", "customers.update", "customers.delete"])
def test_what_is_no_object(operation: str, body: Any) -> None:
    assert not answers(operation, body, customer="cus_1")


@pytest.mark.parametrize(
    ("operation", "body", "path", "fits"),
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
    operation: str, body: Any, path: dict[str, str], fits: bool
) -> None:
    assert answers(operation, body, **path) is fits


def test_a_deep_answer_is_none() -> None:
    deep = b'{"id":"cus_1","object":"customer","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert not answers("customers.create", deep)
