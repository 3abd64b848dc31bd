from collections.abc import AsyncIterator

import aiohttp
import pytest
from stripe_connector.sandbox import Sandbox

from tests.stripe_connector.sandbox.caller import Caller


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=1) as running:
        yield running


@pytest.fixture
async def stripe(sandbox: Sandbox) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(sandbox, session)
