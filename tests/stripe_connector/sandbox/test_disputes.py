"""Disputes of payments by Stripe's cards for that, and how they end."""

from typing import Any

import pytest

from tests.stripe_connector.battery import shape
from tests.stripe_connector.sandbox.direct import Direct, made


def disputed(sandbox: Direct, card: str = "createDispute") -> Any:
    form = f"amount=2000&currency=usd&payment_method=pm_card_{card}&confirm=true"
    intent = made(sandbox, "/v1/payment_intents", form)
    assert intent["status"] == "succeeded"
    query = f"payment_intent={intent['id']}".encode()
    [found] = sandbox.send("GET", "/v1/disputes", query)[1]["data"]
    assert shape.resource_faults("dispute", found, "") == []
    assert found["charge"] == intent["latest_charge"]
    return found


def test_a_dispute_takes_the_money() -> None:
    sandbox = Direct()
    found = disputed(sandbox)
    assert (found["reason"], found["status"], found["amount"]) == (
        "fraudulent",
        "needs_response",
        2000,
    )
    [line] = found["balance_transactions"]
    assert (line["net"], line["source"]) == (-3500, found["id"])
    assert sandbox.send("GET", f"/v1/charges/{found['charge']}")[1]["disputed"] is True
    types = [row["type"] for row in sandbox.send("GET", "/v1/events")[1]["data"]]
    assert "charge.dispute.created" in types


def test_an_inquiry_takes_none() -> None:
    found = disputed(Direct(), "createDisputeInquiry")
    assert (found["status"], found["balance_transactions"]) == ("warning_needs_response", [])


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ("evidence[uncategorized_text]=winning_evidence", "won"),
        ("evidence[uncategorized_text]=losing_evidence", "lost"),
        ("evidence[product_description]=Hat", "under_review"),
        ("evidence[product_description]=Hat&submit=false", "needs_response"),
    ],
)
def test_evidence_decides(form: str, status: str) -> None:
    sandbox = Direct()
    path = f"/v1/disputes/{disputed(sandbox)['id']}"
    answer = made(sandbox, path, form)
    assert (answer["status"], answer["evidence_details"]["has_evidence"]) == (status, True)
    again, body = sandbox.send("POST", path, b"evidence[product_description]=Cap")
    assert again == (200 if status == "needs_response" else 400), body


def test_a_dispute_that_is_accepted_is_lost() -> None:
    sandbox = Direct()
    path = f"/v1/disputes/{disputed(sandbox, 'createDisputeProductNotReceived')['id']}/close"
    assert made(sandbox, path)["status"] == "lost"
    assert sandbox.send("POST", path)[0] == 400
