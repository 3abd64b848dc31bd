"""How single requests are refused and answered: edge cases recorded at Stripe."""

import json
import re

import pytest
from connector_sdk import JSON
from stripe_connector.wire.problem import problem_from

from tests.stripe_connector.sandbox.caller import Caller


async def test_every_answer_names_its_request_and_the_version(stripe: Caller) -> None:
    good = await stripe.get("/v1/customers", {})
    bad = await stripe.get("/v1/customers/cus_none")
    for reply in (good, bad):
        assert re.fullmatch(r"req_\w{14}", reply.headers["Request-Id"])
        assert reply.headers["Stripe-Version"] == "2026-10-28.endive"
    assert bad.error["request_log_url"].endswith(bad.headers["Request-Id"])
    assert bad.error["doc_url"].endswith("resource-missing")


@pytest.mark.parametrize("key", ["", "sk_live_x", "pk_test_x", "sk_test_", "nonsense"])
async def test_a_key_of_test_mode_is_needed(stripe: Caller, key: str) -> None:
    reply = await stripe.send("GET", "/v1/customers", key=key)
    assert reply.status == 401
    assert reply.error["type"] == "invalid_request_error"
    assert len(key) < 9 or key not in str(reply.body)


async def test_the_key_may_come_as_a_user_name(stripe: Caller) -> None:
    basic = "Basic c2tfdGVzdF94Og=="  # sk_test_x and an empty password
    reply = await stripe.send("GET", "/v1/customers", key="", Authorization=basic)
    assert reply.status == 200
    broken = await stripe.send("GET", "/v1/customers", key="", Authorization="Basic !")
    assert broken.status == 401


@pytest.mark.parametrize("version", ["2020-08-27", "2025-03-31.basil"])
async def test_any_version_of_the_right_form_is_taken(stripe: Caller, version: str) -> None:
    reply = await stripe.send("GET", "/v1/customers", Stripe_Version=version)
    assert (reply.status, reply.headers["Stripe-Version"]) == (200, version)


async def test_a_version_of_another_form_is_refused(stripe: Caller) -> None:
    reply = await stripe.send("GET", "/v1/customers", Stripe_Version="latest")
    assert reply.status == 400
    assert reply.error["message"] == "Invalid Stripe API version: latest"


async def test_a_key_of_another_form_is_refused_in_words_that_reach_a_person_whole(
    stripe: Caller,
) -> None:
    reply = await stripe.send("GET", "/v1/customers", key="sk_live_1")
    assert reply.status == 401
    problem = problem_from(reply.status, reply.headers, json.dumps({"error": reply.error}).encode())
    assert problem.message == reply.error["message"]


async def test_an_account_that_is_none_is_refused(stripe: Caller) -> None:
    reply = await stripe.send("GET", "/v1/customers", Stripe_Account="me")
    assert (reply.status, reply.error["code"]) == (403, "account_invalid")


async def test_what_stripe_does_not_have_and_what_the_sandbox_does_not_do(stripe: Caller) -> None:
    nowhere = await stripe.get("/v1/nowhere")
    assert (nowhere.status, nowhere.error["type"]) == (404, "invalid_request_error")
    assert nowhere.error["message"] == "Unrecognized request URL (GET: /v1/nowhere)."
    wrong_method = await stripe.send("PUT", "/v1/customers")
    assert wrong_method.status == 404
    undone = await stripe.post("/v1/invoices/in_1/attach_payment")
    assert undone.status == 404
    assert "the sandbox does not do it" in undone.error["message"]
    version_2 = await stripe.get("/v2/core/accounts")
    assert (version_2.status, version_2.error["message"]) == (
        400,
        "Stripe-Version is required: API v2 has no default version.",
    )


@pytest.mark.parametrize(
    ("path", "params", "code", "param", "message"),
    [
        ("customers", {"wat": "1"}, "parameter_unknown", "wat", "Received unknown parameter: wat"),
        ("customers", {"a": "1", "b": "1"}, "parameter_unknown", "a", "unknown parameters: a, b"),
        (
            "customers",
            {"invoice_settings": {"nope": "1"}},
            "parameter_unknown",
            "invoice_settings[nope]",
            "invoice_settings[nope]",
        ),
        (
            "customers",
            {"balance": "abc"},
            "parameter_invalid_integer",
            "balance",
            "Invalid integer: abc",
        ),
        ("customers", {"balance": "1.5"}, "parameter_invalid_integer", "balance", "1.5"),
        ("customers", {"validate": "yes"}, None, "validate", "Invalid boolean: yes"),
        ("customers", {"tax_exempt": "no"}, None, "tax_exempt", "one of exempt, none, or reverse"),
        ("customers", {"email": ""}, "parameter_invalid_empty", "email", "empty string"),
        ("customers", {"email": ["a"]}, "parameter_invalid_string", "email", "Invalid string"),
        ("customers", {"address": "here"}, None, "address", "Invalid object"),
        ("customers", {"preferred_locales": "de"}, None, "preferred_locales", "Invalid array"),
        ("customers", {"shipping": {"name": "A"}}, "parameter_missing", "shipping[address]", ""),
        ("customers", {"payment_method": "pm_x"}, "resource_missing", "payment_method", "'pm_x'"),
        ("prices", {"currency": "xyz"}, None, "currency", "Invalid currency: xyz"),
        ("prices", {}, "parameter_missing", "currency", "Missing required param: currency."),
        ("payment_intents", {"currency": "usd", "amount": 0}, None, "amount", "greater than"),
        (
            "subscriptions",
            {"customer": "cus_x", "items": []},
            "resource_missing",
            "customer",
            "No such customer: 'cus_x'",
        ),
        (
            "products",
            {"name": "T", "default_price_data": {"currency": "usd", "unit_amount_decimal": "x"}},
            None,
            "default_price_data[unit_amount_decimal]",
            "Invalid decimal: x",
        ),
        ("coupons", {}, "parameter_missing", "percent_off", "percent_off or amount_off"),
        ("coupons", {"percent_off": "half"}, None, "percent_off", "Invalid number: half"),
    ],
)
async def test_parameters_are_checked(
    stripe: Caller,
    path: str,
    params: dict[str, JSON],
    code: str | None,
    param: str,
    message: str,
) -> None:
    reply = await stripe.post(f"/v1/{path}", params)
    assert reply.status == 400, reply.body
    assert reply.error["type"] == "invalid_request_error"
    assert message in reply.error["message"]
    assert reply.error["param"] == param
    if code:
        assert reply.error["code"] == code
        assert reply.error["doc_url"]


async def test_a_read_refuses_unknown_parameters_too(stripe: Caller) -> None:
    reply = await stripe.get("/v1/customers", {"wat": "1"})
    assert (reply.status, reply.error["code"]) == (400, "parameter_unknown")


async def test_a_malformed_form_is_refused(stripe: Caller) -> None:
    for body in (b"metadata[a=1", b"metadata=a&metadata[b]=1", b"name=%ff", b"expand[][0]=a"):
        reply = await stripe.send("POST", "/v1/customers", body)
        assert (reply.status, reply.error["type"]) == (400, "invalid_request_error"), body


async def test_an_id_that_is_nowhere_is_missing(stripe: Caller) -> None:
    for reply in (
        await stripe.get("/v1/customers/cus_x"),
        await stripe.post("/v1/customers/cus_x", {"name": "A"}),
        await stripe.delete("/v1/customers/cus_x"),
    ):
        assert (reply.status, reply.error["code"]) == (404, "resource_missing")
        assert (reply.error["param"], reply.error["message"]) == (
            "id",
            "No such customer: 'cus_x'",
        )
    parent = await stripe.get("/v1/customers/cus_x/tax_ids")
    assert (parent.status, parent.error["param"]) == (404, "customer")


async def test_ids_in_paths_are_quoted(stripe: Caller) -> None:
    await stripe.make("/v1/products", id="a/b c", name="Odd")
    reply = await stripe.get("/v1/products/a%2Fb%20c")
    assert reply.body["name"] == "Odd"
    twice = await stripe.post("/v1/products", {"id": "a/b c", "name": "Odd"})
    assert (twice.status, twice.error["code"]) == (400, "resource_already_exists")


async def test_values_get_the_types_of_the_schema(stripe: Caller) -> None:
    customer = await stripe.make(
        "/v1/customers",
        balance=-500,
        address={"line1": "Hauptstraße 1"},
        preferred_locales=["de", "en"],
        invoice_settings={"custom_fields": [{"name": "PO", "value": "7"}]},
        metadata={"0": "a number as a name", "b": "true"},
    )
    assert customer["balance"] == -500
    assert customer["address"]["line1"] == "Hauptstraße 1"
    assert customer["address"]["city"] is None
    assert customer["preferred_locales"] == ["de", "en"]
    assert customer["invoice_settings"]["custom_fields"] == [{"name": "PO", "value": "7"}]
    assert customer["metadata"] == {"0": "a number as a name", "b": "true"}
    assert customer["livemode"] is False
    assert customer["id"].startswith("cus_")
    assert "deleted" not in customer
    assert not {"subscriptions", "sources", "tax_ids"} & customer.keys()


async def test_an_empty_value_unsets_where_it_may(stripe: Caller) -> None:
    customer = await stripe.make("/v1/customers", address={"line1": "A", "city": "B"}, name="N")
    path = f"/v1/customers/{customer['id']}"
    merged = await stripe.post(path, {"address": {"city": "C"}})
    assert merged.body["address"] == {**customer["address"], "city": "C"}
    cleared = await stripe.send("POST", path, b"address=")
    assert (cleared.body["address"], cleared.body["name"]) == (None, "N")


async def test_metadata_is_merged_and_unset(stripe: Caller) -> None:
    customer = await stripe.make("/v1/customers", metadata={"a": "1", "b": "2"})
    path = f"/v1/customers/{customer['id']}"
    merged = await stripe.send("POST", path, b"metadata[b]=&metadata[c]=3")
    assert merged.body["metadata"] == {"a": "1", "c": "3"}
    unset = await stripe.send("POST", path, b"metadata=")
    assert unset.body["metadata"] == {}


async def test_metadata_has_its_limits(stripe: Caller) -> None:
    fits = {f"k{number}": "x" * 500 for number in range(50)}
    customer = await stripe.make("/v1/customers", metadata={**fits})
    more = await stripe.post(f"/v1/customers/{customer['id']}", {"metadata": {"one": "more"}})
    assert (more.status, "51 keys" in more.error["message"]) == (400, True)
    again = await stripe.get(f"/v1/customers/{customer['id']}")
    assert len(again.body["metadata"]) == 50
    too_much: list[dict[str, JSON]] = [{"k" * 41: "x"}, {"k": "x" * 501}, {"k": {"a": "b"}}]
    for metadata in too_much:
        reply = await stripe.post("/v1/customers", {"metadata": metadata})
        assert reply.status == 400, metadata
        assert reply.error["param"].startswith("metadata")


async def test_a_deleted_customer_is_still_read_but_not_listed(stripe: Caller) -> None:
    customer = await stripe.make("/v1/customers", name="Ann")
    gone = {"id": customer["id"], "object": "customer", "deleted": True}
    path = f"/v1/customers/{customer['id']}"
    assert (await stripe.delete(path)).body == gone
    read = await stripe.get(path)
    assert (read.status, read.body) == (200, gone)
    assert (await stripe.get("/v1/customers")).body["data"] == []
    assert (await stripe.delete(path)).status == 404
    assert (await stripe.post(path, {"name": "B"})).status == 404


async def test_other_deleted_objects_are_gone(stripe: Caller) -> None:
    coupon = await stripe.make("/v1/coupons", percent_off=5, id="FIVE")
    assert coupon["id"] == "FIVE"
    assert (await stripe.delete("/v1/coupons/FIVE")).body["deleted"] is True
    assert (await stripe.get("/v1/coupons/FIVE")).status == 404
    again = await stripe.make("/v1/coupons", percent_off=6, id="FIVE")
    assert (await stripe.get("/v1/coupons/FIVE")).body == again


async def test_nested_objects_stand_under_their_parents(stripe: Caller) -> None:
    one = await stripe.make("/v1/customers", name="One")
    other = await stripe.make("/v1/customers", name="Other")
    path = f"/v1/customers/{one['id']}/tax_ids"
    made = await stripe.make(path, type="eu_vat", value="DE123456789")
    assert made["customer"] == one["id"]
    assert (await stripe.get(path)).ids == [made["id"]]
    assert (await stripe.get(f"{path}/{made['id']}")).body == made
    strange = f"/v1/customers/{other['id']}/tax_ids"
    assert (await stripe.get(strange)).ids == []
    assert (await stripe.get(f"{strange}/{made['id']}")).status == 404
    assert (await stripe.delete(f"{path}/{made['id']}")).body["deleted"] is True
    assert (await stripe.get(path)).ids == []


async def test_singletons_are_there_at_once(stripe: Caller) -> None:
    settings = await stripe.get("/v1/tax/settings")
    assert (settings.status, settings.body["object"]) == (200, "tax.settings")
    changed = await stripe.post("/v1/tax/settings", {"defaults": {"tax_code": "txcd_1"}})
    assert changed.body["defaults"]["tax_code"] == "txcd_1"
    assert (await stripe.get("/v1/tax/settings")).body == changed.body
    customer = await stripe.make("/v1/customers", name="Ann")
    cash = await stripe.get(f"/v1/customers/{customer['id']}/cash_balance")
    assert (cash.body["object"], cash.body["customer"]) == ("cash_balance", customer["id"])


async def test_sources_are_made_of_tokens(stripe: Caller) -> None:
    customer = await stripe.make("/v1/customers", name="Ann")
    path = f"/v1/customers/{customer['id']}/sources"
    card = await stripe.make(path, source="tok_visa")
    token = await stripe.make(
        "/v1/tokens",
        bank_account={
            "country": "US",
            "currency": "usd",
            "account_number": "000123456789",
            "routing_number": "110000000",
        },
    )
    bank = await stripe.make(path, source=token["id"])
    assert (card["object"], card["last4"]) == ("card", "4242")
    assert (bank["object"], bank["last4"]) == ("bank_account", "6789")
    assert (await stripe.get(path)).ids == [bank["id"], card["id"]]
    assert (await stripe.get(path, {"object": "card"})).ids == [card["id"]]
    assert (await stripe.get(path, {"starting_after": bank["id"]})).ids == [card["id"]]
    assert (await stripe.get(f"{path}/{bank['id']}")).body == bank
    assert (await stripe.delete(f"{path}/{bank['id']}")).body["deleted"] is True
    assert (await stripe.post(path, {"source": "tok_none"})).error["code"] == "resource_missing"
