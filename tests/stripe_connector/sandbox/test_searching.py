"""Searches that lag, expire, or are not offered."""

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from stripe_connector.sandbox import Sandbox, Searching

from tests.stripe_connector.sandbox.caller import Caller

Clock = Callable[[], float]
SEARCH = "/v1/customers/search"
BY_NAME = {"query": "name:'ada'"}


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Sandbox]:
    """The address of a sandbox that the command serves with these options."""
    file = folder / "sandbox.json"
    command = [sys.executable, "-m", "stripe_connector.sandbox.command", "--announce"]
    process = subprocess.Popen([*command, str(file), *options], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield cast("Sandbox", SimpleNamespace(address=json.loads(file.read_text())["address"]))
    finally:
        process.terminate()
        process.communicate()


async def found(stripe: Caller) -> list[str]:
    reply = await stripe.get(SEARCH, BY_NAME)
    assert reply.status == 200, reply
    return reply.ids


@asynccontextmanager
async def lagging(
    clock: Clock = time.time, data: Path | None = None, seed: int = 1
) -> AsyncIterator[Caller]:
    """A client of a sandbox whose searches see a write after a minute."""
    searching = Searching(delay=60)
    async with (
        Sandbox(data, seed=seed, clock=clock, searching=searching) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        yield Caller(sandbox, session)


async def test_a_write_shows_after_a_while() -> None:
    now = [1000.0]
    async with lagging(lambda: now[0]) as stripe:
        ada = (await stripe.post("/v1/customers", {"name": "Ada"})).body["id"]
        now[0] += 59
        assert await found(stripe) == []
        now[0] += 1
        assert await found(stripe) == [ada]
        await stripe.post(f"/v1/customers/{ada}", {"name": "Grace"})
        assert await found(stripe) == [ada]
        now[0] += 60
        assert await found(stripe) == []


async def test_what_was_kept_is_seen_at_once(tmp_path: Path) -> None:
    for expected in (0, 1, 2):
        async with lagging(data=tmp_path / "state.db", seed=expected) as stripe:
            assert len(await found(stripe)) == expected
            await stripe.post("/v1/customers", {"name": "Ada"})


@pytest.mark.parametrize("option", ["--search-delay=1000s", "--no-search", "--search-page-life=1"])
async def test_the_command_says_how_searches_behave(tmp_path: Path, option: str) -> None:
    with served(tmp_path, option) as sandbox:
        async with aiohttp.ClientSession() as session:
            stripe = Caller(sandbox, session)
            await stripe.post("/v1/customers", {"name": "Ada"})
            reply = await stripe.get(SEARCH, BY_NAME)
    if option == "--no-search":
        assert "search feature" in reply.error["message"]
    else:
        assert len(reply.ids) == (0 if "delay" in option else 1)


async def test_a_token_that_is_none(sandbox: Sandbox, stripe: Caller) -> None:
    for token in ("x", "MQ==", "YSBi"):
        reply = await stripe.get(SEARCH, {**BY_NAME, "page": token})
        assert (reply.status, reply.error["param"]) == (400, "page")
