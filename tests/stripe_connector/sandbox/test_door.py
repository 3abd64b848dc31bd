"""Requests that a page in a browser could make are turned away."""

from typing import Any

import aiohttp
import pytest
from stripe_connector.sandbox import Sandbox

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
