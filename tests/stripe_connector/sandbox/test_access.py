"""Who may use the sandbox: no page in a browser, and no restricted key beyond its permissions."""

import sys
from collections.abc import AsyncIterator
from subprocess import run
from typing import Any

import aiohttp
import pytest
from connector_sdk import CredentialError
from stripe_connector import Stripe
from stripe_connector.catalogue import load
from stripe_connector.sandbox import Sandbox
from stripe_connector.sandbox.access import Permissions, UnknownPermissionError

from tests.stripe_connector.sandbox.caller import Caller

KEY = {"Authorization": "Bearer sk_test_1"}


async def ask(sandbox: Sandbox, **headers: str) -> tuple[int, Any, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{sandbox.address}/v1/customers", data={"name": "A"}, headers={**KEY, **named}
        ) as answer,
    ):
        return answer.status, await answer.json(), answer.headers


def port_of(sandbox: Sandbox) -> int:
    return int(sandbox.address.rpartition(":")[2])


async def count(sandbox: Sandbox) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{sandbox.address}/v1/customers", headers=KEY) as answer,
    ):
        return len((await answer.json())["data"])


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"]
)
async def test_this_machine_by_any_of_its_names(sandbox: Sandbox, host: str) -> None:
    status, _, _ = await ask(sandbox, Host=host.format(port=port_of(sandbox)))
    assert status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "localhost.evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1:x",
        "user@127.0.0.1:{port}",
        "127.0.0.1:{port}/x",
        "10.0.0.1:{port}",
        "[::1",
        "",
    ],
)
async def test_a_name_that_leads_here_by_dns_is_refused(sandbox: Sandbox, host: str) -> None:
    status, body, _ = await ask(sandbox, Host=host.format(port=port_of(sandbox)))
    assert status == 421
    assert sandbox.address in body["error"]["message"]
    assert await count(sandbox) == 0


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "https://localhost:{port}", ""]
)
async def test_a_page_of_another_origin_is_refused(sandbox: Sandbox, origin: str) -> None:
    status, body, headers = await ask(sandbox, Origin=origin.format(port=port_of(sandbox)))
    assert status == 403
    assert "page" in body["error"]["message"]
    assert not [name for name in headers if name.lower().startswith("access-control")]
    assert await count(sandbox) == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_request_without_an_origin_that_a_page_made(sandbox: Sandbox, site: str) -> None:
    status, _, _ = await ask(sandbox, Sec_Fetch_Site=site)
    assert status == 403


async def test_its_own_origin_is_taken(sandbox: Sandbox) -> None:
    status, _, _ = await ask(
        sandbox, Origin=f"http://localhost:{port_of(sandbox)}", Sec_Fetch_Site="same-origin"
    )
    assert status == 200


async def test_a_preflight_allows_nothing(sandbox: Sandbox) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.options(
            f"{sandbox.address}/v1/customers",
            headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
        ) as answer,
    ):
        assert answer.status == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_a_refused_request_counts_for_nothing(sandbox: Sandbox) -> None:
    await ask(sandbox, Origin="https://evil.example")
    assert not sandbox.requests


READER = "rk_test_reader_0001"
WRITER = "rk_test_writer_0002"
RESTRICTED = {READER: ["rak_customer_read"], WRITER: ["rak_customer_write"]}


@pytest.fixture
async def stripe() -> AsyncIterator[Caller]:
    async with (
        Sandbox(seed=1, restricted=RESTRICTED) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        yield Caller(sandbox, session)


async def test_what_a_key_may_is_done(stripe: Caller) -> None:
    assert (await stripe.send("POST", "/v1/customers", b"name=A", WRITER)).status == 200
    for key in (READER, WRITER, "sk_test_all"):
        assert (await stripe.send("GET", "/v1/customers", b"", key)).status == 200


@pytest.mark.parametrize(
    ("key", "method", "path", "permission"),
    [
        (READER, "POST", "/v1/customers", "rak_customer_write"),
        (READER, "DELETE", "/v1/customers/cus_1", "rak_customer_write"),
        (WRITER, "GET", "/v1/charges", "rak_charge_read"),
        (WRITER, "POST", "/v1/payment_intents/pi_1/capture", "rak_payment_intent_write"),
        (WRITER, "GET", "/v1/billing/meters", "rak_billing_meter_read"),
    ],
)
async def test_the_permission_that_is_missing_is_named(
    stripe: Caller, key: str, method: str, path: str, permission: str
) -> None:
    reply = await stripe.send(method, path, b"", key)
    assert (reply.status, reply.error["type"]) == (403, "invalid_request_error")
    assert f"Having the '{permission}' permission would allow" in reply.error["message"]
    assert key not in reply.error["message"]


async def test_the_client_says_which_one_to_give() -> None:
    async with Sandbox(seed=1, restricted=RESTRICTED) as sandbox:
        async with Stripe(READER, address=sandbox.address) as stripe:
            with pytest.raises(CredentialError) as refused:
                await stripe.create("customers", {"name": "A"})
        problem = refused.value.problem
        assert problem.code == "permission_missing"
        assert "Give the restricted key the permission rak_customer_write" in problem.remedy


def test_permissions_that_there_are_not() -> None:
    with pytest.raises(UnknownPermissionError, match="no permission rak_nobody_read"):
        Permissions(load(), {READER: ["rak_nobody_read"]})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (f"{READER}=rak_nobody_read", "there is no permission rak_nobody_read"),
        ("sk_test_1=rak_customer_read", "give rk_test_"),
        (READER, "give rk_test_"),
    ],
)
def test_a_wrong_option_is_said(given: str, said: str) -> None:
    command = [sys.executable, "-m", "stripe_connector.sandbox.command", "--restrict", given]
    done = run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, said in done.stderr) == (2, True)
