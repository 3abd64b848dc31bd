"""Fixtures of everything that talks to the sandbox."""

from collections.abc import AsyncIterator

import pytest
from connector_sdk import JSON, MemoryHost
from stripe_connector.connection import StripeConnection
from stripe_connector.sandbox import Sandbox
from stripe_connector.settings import read_settings

from tests.stripe_connector.workbench import Workbench

pytest.register_assert_rewrite("connector_sdk.conformance")


@pytest.fixture
async def bench() -> AsyncIterator[Workbench]:
    """A connection to a fresh sandbox."""
    async with Sandbox(seed=7) as sandbox:
        host = MemoryHost()
        settings: dict[str, JSON] = {
            "api_key": "sk_test_bench",
            "address": sandbox.address,
            "retries": 1,
        }
        connection = StripeConnection(read_settings(settings), host)
        try:
            yield Workbench(connection, sandbox, host)
        finally:
            await connection.close()
