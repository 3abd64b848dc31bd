"""A client of the official SDK that talks to the sandbox."""

from collections.abc import AsyncIterator

import pytest
import stripe
from stripe_connector.sandbox import Sandbox


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[stripe.StripeClient]:
    http = stripe.AIOHTTPClient()
    yield stripe.StripeClient(
        "sk_test_sdk",
        base_addresses={"api": sandbox.address, "files": sandbox.address},
        http_client=http,
    )
    await http.close_async()  # type: ignore[no-untyped-call]
