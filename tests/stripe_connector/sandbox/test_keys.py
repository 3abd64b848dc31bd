"""Idempotency keys: which answers are remembered, for whom and how long."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from stripe_connector.sandbox import Fault, Sandbox, SandboxRequest
from stripe_connector.sandbox.keys import fingerprint_of

from tests.stripe_connector.sandbox.caller import Caller


@pytest.fixture
async def stripe() -> AsyncIterator[Caller]:
    async with Sandbox(seed=1, key_horizon=60) as sandbox, aiohttp.ClientSession() as session:
        yield Caller(sandbox, session)


async def customers(stripe: Caller) -> int:
    return len((await stripe.get("/v1/customers", {"limit": 100})).ids)


async def test_the_first_answer_is_given_again(stripe: Caller) -> None:
    first = await stripe.post("/v1/customers", {"name": "Ann"}, Idempotency_Key="k")
    again = await stripe.post("/v1/customers", {"name": "Ann"}, Idempotency_Key="k")
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"]
    assert again.headers["Idempotency-Key"] == "k"
    assert again.headers["Request-Id"] != first.headers["Request-Id"]
    assert (again.status, again.body) == (first.status, first.body)
    assert await customers(stripe) == 1


async def test_the_replay_shows_what_was_then(stripe: Caller) -> None:
    first = await stripe.post("/v1/customers", {"name": "Ann"}, Idempotency_Key="k")
    await stripe.post(f"/v1/customers/{first.body['id']}", {"name": "Bob"})
    again = await stripe.post("/v1/customers", {"name": "Ann"}, Idempotency_Key="k")
    assert again.body["name"] == "Ann"


async def test_a_key_belongs_to_one_request(stripe: Caller) -> None:
    await stripe.post("/v1/customers", {"name": "Ann"}, Idempotency_Key="k")
    for path, name in (("/v1/customers", "Bob"), ("/v1/products", "Ann")):
        reply = await stripe.post(path, {"name": name}, Idempotency_Key="k")
        assert (reply.status, reply.error["type"]) == (400, "idempotency_error")


async def test_the_order_of_parameters_does_not_matter(stripe: Caller) -> None:
    await stripe.send("POST", "/v1/customers", b"name=a&email=b%40c.d", Idempotency_Key="k")
    reply = await stripe.send("POST", "/v1/customers", b"email=b%40c.d&name=a", Idempotency_Key="k")
    assert reply.headers["Idempotent-Replayed"] == "true"
    assert fingerprint_of("POST", "/a", b"x=1&y=2") != fingerprint_of("POST", "/a", b"x=1&y=3")


async def test_a_key_belongs_to_one_account(stripe: Caller) -> None:
    await stripe.post("/v1/customers", {"name": "Ann"}, Idempotency_Key="k")
    other = await stripe.post(
        "/v1/customers", {"name": "Bob"}, Idempotency_Key="k", Stripe_Account="acct_other"
    )
    assert other.status == 200
    assert await customers(stripe) == 1


async def test_what_was_refused_before_the_work_began_is_not_remembered(stripe: Caller) -> None:
    missing = await stripe.post("/v1/prices", {"currency": "eur"}, Idempotency_Key="k")
    assert missing.status == 400
    wrong_key = await stripe.send("POST", "/v1/prices", key="no", Idempotency_Key="k")
    assert wrong_key.status == 401
    product = await stripe.make("/v1/products", name="Tea")
    good = await stripe.post(
        "/v1/prices",
        {"currency": "eur", "product": product["id"], "unit_amount": 1},
        Idempotency_Key="k",
    )
    assert (good.status, "Idempotent-Replayed" in good.headers) == (200, False)


async def test_a_declined_card_is_remembered(stripe: Caller) -> None:
    params = {"amount": "500", "currency": "usd", "source": "tok_chargeDeclined"}
    first = await stripe.post("/v1/charges", dict(params), Idempotency_Key="k")
    again = await stripe.post("/v1/charges", dict(params), Idempotency_Key="k")
    assert (first.status, again.status, again.body) == (402, 402, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len((await stripe.get("/v1/charges")).ids) == 1


async def test_what_the_state_does_not_allow_is_remembered_and_changes_nothing(
    stripe: Caller,
) -> None:
    customer = await stripe.make("/v1/customers", name="Ann")
    product = await stripe.make("/v1/products", name="Tea")
    price = await stripe.make(
        "/v1/prices",
        product=product["id"],
        currency="eur",
        unit_amount=5,
        recurring={"interval": "day"},
    )
    body = f"customer={customer['id']}&items[0][price]={price['id']}".encode()
    first = await stripe.send("POST", "/v1/subscriptions", body, Idempotency_Key="k")
    assert (first.status, first.error["code"]) == (400, "resource_missing")
    for path in ("/v1/subscriptions", "/v1/invoices", "/v1/payment_intents"):
        assert (await stripe.get(path)).ids == []
    again = await stripe.send("POST", "/v1/subscriptions", body, Idempotency_Key="k")
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_reads_and_deletes_have_no_keys(stripe: Caller) -> None:
    customer = await stripe.make("/v1/customers", name="Ann")
    path = f"/v1/customers/{customer['id']}"
    first = await stripe.send("DELETE", path, Idempotency_Key="k")
    again = await stripe.send("DELETE", path, Idempotency_Key="k")
    assert (first.status, again.status) == (200, 404)


async def test_a_key_that_is_too_long_is_refused(stripe: Caller) -> None:
    fits = await stripe.post("/v1/customers", Idempotency_Key="k" * 255)
    too_long = await stripe.post("/v1/customers", Idempotency_Key="k" * 256)
    assert (fits.status, too_long.status) == (200, 400)


async def test_a_key_is_in_use_while_its_first_request_is_at_work(stripe: Caller) -> None:
    arrived, release = asyncio.Event(), asyncio.Event()

    async def hold(request: SandboxRequest) -> None:
        arrived.set()
        await release.wait()

    stripe.sandbox.on_request = hold
    first = asyncio.create_task(stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k"))
    await arrived.wait()
    second = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
    assert (second.status, second.error["code"]) == (409, "idempotency_key_in_use")
    release.set()
    assert (await first).status == 200
    third = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
    assert third.headers["Idempotent-Replayed"] == "true"


async def test_behind_the_horizon_a_key_does_the_work_anew() -> None:
    now = 0.0
    async with (
        Sandbox(seed=1, key_horizon=60, clock=lambda: now) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        stripe = Caller(sandbox, session)
        ids = []
        for moment in (0.0, 59.0, 60.0, 119.0):
            now = moment
            reply = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
            ids.append(reply.body["id"])
        assert ids[0] == ids[1] != ids[2] == ids[3]
        assert await customers(stripe) == 2


async def test_a_fault_before_the_work_leaves_nothing(stripe: Caller) -> None:
    async def too_fast(request: SandboxRequest) -> Fault | None:
        if request.number == 1:
            return Fault(429, "", "Slow down.", "rate_limit", {"Retry-After": "1"})
        return None

    stripe.sandbox.on_request = too_fast
    first = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
    assert (first.status, first.headers["Retry-After"]) == (429, "1")
    assert first.error["code"] == "rate_limit"
    second = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
    assert (second.status, "Idempotent-Replayed" in second.headers) == (200, False)
    assert await customers(stripe) == 1


async def test_a_failure_can_be_remembered_as_stripe_does(stripe: Caller) -> None:
    async def fail(request: SandboxRequest) -> Fault:
        return Fault(500, remembered=True)

    stripe.sandbox.on_request = fail
    first = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
    stripe.sandbox.on_request = None
    again = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
    assert (first.status, again.status) == (500, 500)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await customers(stripe) == 0


async def test_an_applied_request_can_go_unanswered(stripe: Caller) -> None:
    seen: list[str] = []

    async def drop(request: SandboxRequest) -> Fault | None:
        seen.append(request.template)
        return Fault(drop=True) if len(seen) == 1 else None

    stripe.sandbox.on_answer = drop
    with pytest.raises(aiohttp.ClientConnectionError):
        await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
    again = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
    assert (again.status, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert await customers(stripe) == 1
    assert seen[0] == "/v1/customers"


async def test_requests_are_counted_by_method_and_template(stripe: Caller) -> None:
    customer = await stripe.make("/v1/customers", name="A")
    await stripe.get(f"/v1/customers/{customer['id']}")
    await stripe.get("/v1/customers/cus_x")
    assert stripe.sandbox.requests == {
        "POST /v1/customers": 1,
        "GET /v1/customers/{customer}": 2,
    }
