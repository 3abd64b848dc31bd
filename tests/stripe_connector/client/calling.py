"""A client that talks to a scripted server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connector_sdk import JSON, MemoryHost
from stripe_connector.catalogue import load
from stripe_connector.client import Answer, Client, Retry, Settings

from tests.stripe_connector.client.loopback import Loopback, Reply, Step, loopback

KEY = "sk_test_verysecret"
MISSING = b'{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No."}}'
IN_USE = b'{"error":{"type":"idempotency_error","code":"idempotency_key_in_use","message":"Busy"}}'
API_ERROR = b'{"error":{"type":"api_error","message":"Sorry"}}'
OK = Reply(200, b'{"id": "cus_1"}')


@asynccontextmanager
async def scripted(*steps: Step, **settings: object) -> AsyncIterator[tuple[Client, Loopback]]:
    async with loopback(*steps) as served:
        chosen = {"address": served.address, "api_version": "2026-10-28.endive", **settings}
        async with Client(
            Settings(KEY, **chosen),  # type: ignore[arg-type]
            MemoryHost(),
            Retry(retries=3, first=0.001, most=0.01),
        ) as client:
            yield client, served


async def send(client: Client, api_call: str, key: str = "", **params: "JSON | bytes") -> Answer:
    return await client.send(load().api_calls[api_call], params, key=key)
