"""A sample by the way that users take: each create by our own client over HTTP, then read back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from connector_sdk import JSON
from stripe_connector import Stripe
from stripe_connector.catalogue import ApiCall
from stripe_connector.sandbox import Sandbox

from tests.stripe_connector.battery import shape
from tests.stripe_connector.battery.maker import CATALOGUE, Maker
from tests.stripe_connector.battery.test_create import DONE
from tests.stripe_connector.battery.test_life import has


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=1) as running:
        yield running


async def test_every_create_by_the_client(sandbox: Sandbox, tmp_path: Path) -> None:
    """What a request refers to is made beside it, in the store of the same sandbox."""
    maker = Maker(sandbox)
    (tmp_path / "hello.txt").write_text("hello")
    created: list[str] = []
    async with Stripe("sk_test_x", address=sandbox.address) as stripe:
        for api_call in DONE:
            path = maker.parents(api_call)
            params: dict[str, JSON] = {**path, **maker.request(api_call)}
            if api_call.body == "multipart":
                params["file"] = str(tmp_path / "hello.txt")
            body = await stripe.create(api_call.object, params)
            assert shape.faults(api_call, body) == []
            await _read(stripe, api_call, path, body)
            created.append(api_call.id)
    assert len(created) == len(DONE) == 111


async def _read(
    stripe: Stripe, api_call: ApiCall, path: dict[str, str], body: dict[str, Any]
) -> None:
    if has(api_call.object, "retrieve") and not path:
        reading = CATALOGUE.api_call(api_call.object, "retrieve")
        if reading.path.endswith("}"):
            assert (await stripe.read(api_call.object, body["id"]))["id"] == body["id"]
