"""The events that follow from what is written."""

from typing import Any

import pytest

from tests.stripe_connector.battery import shape
from tests.stripe_connector.battery.maker import CATALOGUE, Maker
from tests.stripe_connector.sandbox.direct import Direct, made

MONTH = 30 * 86_400


def listed(sandbox: Direct, query: str = "") -> list[dict[str, Any]]:
    status, body = sandbox.send("GET", "/v1/events", f"limit=100&{query}".encode())
    assert status == 200, body
    rows: list[dict[str, Any]] = body["data"]
    return rows


def types(sandbox: Direct, query: str = "") -> list[str]:
    return [row["type"] for row in listed(sandbox, query)]


def test_the_life_of_a_customer() -> None:
    sandbox = Direct()
    customer = made(sandbox, "/v1/customers", "name=Ada&metadata[a]=1&metadata[b]=2")
    made(sandbox, f"/v1/customers/{customer['id']}", "name=Bea&metadata[a]=3")
    sandbox.send("DELETE", f"/v1/customers/{customer['id']}")
    assert types(sandbox) == ["customer.deleted", "customer.updated", "customer.created"]
    deleted, updated, created = listed(sandbox)
    assert created["data"] == {"object": customer}
    assert updated["data"]["object"]["name"] == "Bea"
    assert updated["data"]["previous_attributes"] == {"name": "Ada", "metadata": {"a": "1"}}
    assert deleted["data"]["object"]["id"] == customer["id"]
    status, read = sandbox.send("GET", f"/v1/events/{updated['id']}")
    assert (status, read) == (200, updated)


def test_what_changes_nothing_makes_no_event() -> None:
    sandbox = Direct()
    customer = made(sandbox, "/v1/customers", "name=Ada")
    made(sandbox, f"/v1/customers/{customer['id']}", "name=Ada")
    assert sandbox.send("POST", "/v1/customers", b"wat=1")[0] == 400
    assert types(sandbox) == ["customer.created"]


def test_events_know_the_key_of_their_request() -> None:
    sandbox = Direct()
    for _ in range(2):
        sandbox.send("POST", "/v1/customers", b"name=A", {"Idempotency-Key": "k-1"})
    [event] = listed(sandbox)
    assert event["request"] == {"id": "req_1", "idempotency_key": "k-1"}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["invoices", "invoices.finalize_invoice", "invoices.void_invoice"], "invoice.voided"),
        (["invoices", "invoices.finalize_invoice"], "invoice.finalized"),
        (["subscriptions", "subscriptions.cancel"], "customer.subscription.deleted"),
        (["payment_intents", "payment_intents.confirm"], "payment_intent.succeeded"),
        (["payment_intents", "payment_intents.confirm"], "charge.succeeded"),
        (["payment_intents", "payment_intents.cancel"], "payment_intent.canceled"),
        (["payment_methods", "payment_methods.attach"], "payment_method.attached"),
        (["quotes", "quotes.finalize_quote"], "quote.finalized"),
        (["billing.meters", "billing.meters.deactivate"], "billing.meter.deactivated"),
        (["checkout.sessions", "checkout.sessions.expire"], "checkout.session.expired"),
        (["payouts", "payouts.cancel"], "payout.canceled"),
        (["issuing.disputes", "issuing.disputes.submit"], "issuing_dispute.submitted"),
        (["customers.tax_ids"], "customer.tax_id.created"),
        (["customers.payment_sources"], "customer.source.created"),
        (["accounts.external_accounts"], "account.external_account.created"),
        (["charges", "refunds"], "charge.refunded"),
    ],
)
def test_actions_make_events(steps: list[str], expected: str) -> None:
    maker = Maker()
    first, *actions = steps
    body, path = maker.make(CATALOGUE.api_call(first, "create"))
    if "invoices.void_invoice" in steps:
        made(maker.sandbox, "/v1/invoiceitems", f"invoice={body['id']}&amount=1&currency=usd")
    for action in actions:
        if action == "refunds":
            made(maker.sandbox, "/v1/refunds", f"charge={body['id']}")
            continue
        api_call = CATALOGUE.api_calls[action]
        [own] = api_call.path_parameters
        status, answer = maker.call(api_call, {**path, own: body["id"]}, maker.request(api_call))
        assert status == 200, answer
    assert expected in types(maker.sandbox)


@pytest.mark.parametrize(
    "api_call",
    [each for each in CATALOGUE.api_calls.values() if each.action == "create" and not each.v2],
    ids=lambda each: each.id,
)
def test_events_have_the_shape_of_the_catalogue(api_call: Any) -> None:
    maker = Maker()
    body, _ = maker.make(api_call)
    events = listed(maker.sandbox)
    assert [fault for each in events for fault in shape.resource_faults("event", each, "")] == []
    about = [each for each in events if each["data"]["object"].get("id") == body.get("id", "")]
    for event in about:
        if event["type"].endswith(".created") and event["data"]["object"]["object"] != "invoice":
            assert event["data"]["object"] == body


def test_lists_by_type() -> None:
    sandbox = Direct()
    made(sandbox, "/v1/customers", "name=Ada")
    made(sandbox, "/v1/products", "name=Hat")
    assert types(sandbox, "type=product.created") == ["product.created"]
    assert types(sandbox, "type=customer.*") == ["customer.created"]
    both = "types[]=customer.created&types[]=product.created"
    assert types(sandbox, both) == ["product.created", "customer.created"]
    assert types(sandbox, "types[]=customer.deleted") == []
    assert types(sandbox, "delivery_success=false") == []
    assert types(sandbox, "created[gt]=1001") == ["product.created"]
    many = "&".join("types[]=customer.created" for _ in range(21))
    status, body = sandbox.send("GET", "/v1/events", many.encode())
    assert (status, body["error"]["param"]) == (400, "types")
    status, body = sandbox.send("GET", "/v1/events", b"type=a&types[]=b")
    assert status == 400


def test_events_are_there_for_thirty_days() -> None:
    sandbox = Direct()
    made(sandbox, "/v1/customers", "name=Ada")
    [event] = listed(sandbox)
    sandbox.later(MONTH + 10)
    assert types(sandbox) == []
    status, body = sandbox.send("GET", f"/v1/events/{event['id']}")
    assert (status, body["error"]["code"]) == (404, "resource_missing")
