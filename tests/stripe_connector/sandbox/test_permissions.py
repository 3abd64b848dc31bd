"""Restricted keys are refused what they may not, with the permission that they lack."""

import sys
from collections.abc import AsyncIterator
from subprocess import run

import aiohttp
import pytest
from connector_sdk import CredentialError
from stripe_connector import Stripe
from stripe_connector.catalogue import load
from stripe_connector.sandbox import Sandbox
from stripe_connector.sandbox.access import Permissions, UnknownPermissionError

from tests.stripe_connector.sandbox.caller import Caller

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
