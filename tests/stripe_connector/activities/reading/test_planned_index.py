"""Searches that Stripe's search helps with, which lags behind and may be missing."""

import json
import logging
from typing import cast

import pytest
from connector_sdk import (
    Activity,
    CredentialError,
    MemoryHost,
    Problem,
    RefusedError,
    SourceChangedError,
)
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.reading.planned import PlannedSource
from stripe_connector.catalogue import load
from stripe_connector.client import Client
from stripe_connector.sandbox import Sandbox, Searching

from tests.stripe_connector.activities.reading.searched import customers, ids, scripted
from tests.stripe_connector.activities.scripted import Scripted
from tests.stripe_connector.workbench import Workbench, all_pages, opened, records

LISTS, SEARCHES = "GET /v1/customers", "GET /v1/customers/search"


async def test_one_search_gives_its_pages_as_they_are(bench: Workbench) -> None:
    await customers(bench, 250)
    source = await bench.source("search", "customers", query="email:'1@example.com'")
    pages = await all_pages(source)
    assert [len(page.records) for page in pages] == [100, 25]
    assert [record.seq for record in records(pages)] == list(range(1, 126))
    assert bench.sandbox.requests[SEARCHES] == 2
    assert bench.sandbox.requests[LISTS] == 0
    for at, page in enumerate(pages):
        assert await all_pages(source, page.after) == pages[at + 1 :]
    assert await source.total() == 125


@pytest.mark.parametrize(("counted", "told"), [(9_999, 9_999), (10_000, None), (25_000, None)])
async def test_a_count_that_stripe_only_guesses_is_none(counted: int, told: int | None) -> None:
    source = scripted("customers", "email:x", {"data": [], "total_count": counted})
    assert await source.total() == told


async def test_fresh_asks_no_index(bench: Workbench) -> None:
    await customers(bench, 120)
    query = "email:'1@example.com'"
    source = await bench.source("search", "customers", query=query, consistency="fresh")
    pages = await all_pages(source)
    assert len(records(pages)) == 60
    assert sum(page.filtered for page in pages) == 60
    assert bench.sandbox.requests[SEARCHES] == 0
    assert await source.total() is None


async def test_alternatives_are_merged_newest_first_and_each_row_comes_once(
    bench: Workbench,
) -> None:
    now = [1_700_000_000.0]
    bench.sandbox._clock = lambda: now[0]
    made: list[str] = []
    for n in range(40):
        now[0] += 1
        email, phone = ("a@b.c", "555") if n % 3 == 0 else ("x@y.z", "555" if n % 2 else "1")
        made.append(await bench.make("customers", email=email, phone=phone))
    wanted = [each for n, each in enumerate(made) if n % 3 == 0 or n % 2]
    query = "(email:'a@b.c' created>1) OR phone:'555'"
    source = await bench.source("search", "customers", query=query)
    pages = await all_pages(source)
    assert ids(pages) == wanted[::-1]
    assert bench.sandbox.requests[SEARCHES] >= 2
    assert sum(page.filtered for page in pages) == len([n for n in range(0, 40, 3) if n % 3 == 0])


async def test_rows_repeated_at_the_edge_of_a_search_come_once(bench: Workbench) -> None:
    await customers(bench, 150)
    source = await bench.source("search", "customers", query="name~'n 1' OR email~'exa'")
    first = await anext(source.read(None))
    whole = ids(await all_pages(source))
    cursor = json.loads(first.after)
    cursor["at"][0]["before"] = whole[98:103]  # a newer object pushed them to the second page
    (page,) = await all_pages(source, json.dumps(cursor).encode())
    assert ids([page]) == whole[103:]


@pytest.mark.parametrize("query", ["email:'1@example.com'", "email:'1@example.com' OR name:'x'"])
@pytest.mark.parametrize("restart", [False, True])
async def test_an_expired_page_token_loses_and_doubles_nothing(
    query: str, restart: bool, caplog: pytest.LogCaptureFixture
) -> None:
    now = [1_700_000_000.0]
    searching = Searching(page_life=100)
    async with (
        Sandbox(seed=1, clock=lambda: now[0], searching=searching) as sandbox,
        opened(sandbox) as bench,
    ):
        for _ in range(8):
            now[0] += 1
            await customers(bench, 60)
        settings = {"query": query, "action": "search"}
        source = await bench.source("search", "customers", **settings)
        whole = ids(await all_pages(source))
        assert len(whole) == 240
        found: list[str] = []
        after: bytes | None = None
        for expires in (True, True, False):
            page = await anext(source.read(after))
            found += ids([page])
            after = page.after
            now[0] += 101 * expires
            if restart:
                source = await bench.source("search", "customers", **settings)
        assert found == whole
        assert await all_pages(source, after) == []
        assert caplog.text.count("has expired") == 2


@pytest.mark.parametrize(
    ("on", "query"),
    [("customers", 'name:"n" AND created<=1'), ("products", 'name:"n"')],
)
async def test_after_an_expired_page_nothing_is_asked_that_the_search_does_not_have(
    on: str, query: str
) -> None:
    rows = [{"id": f"id_{n}", "object": "x", "created": n, "name": "n"} for n in (3, 2, 1, 1)]
    rows[-1]["id"] = "last"
    expired = RefusedError(Problem("x", "Invalid page.", path="page", status=400))
    first = {"data": rows[:3], "has_more": True, "next_page": "p"}
    client = Scripted(first, expired, {"data": rows, "has_more": False})
    resolved = resolve(load(), Activity("a", "search", on, "search", {"query": "name:'n'"}), "test")
    source = PlannedSource(cast("Client", client), load(), MemoryHost(), resolved)
    assert ids(await all_pages(source)) == ["id_3", "id_2", "id_1", "last"]
    assert client.asked[-1]["query"] == query


async def test_an_expired_page_of_rows_out_of_order_is_told() -> None:
    rows = [{"id": f"cus_{n}", "object": "customer", "created": n, "phone": "5"} for n in range(3)]
    first = {"data": rows, "has_more": True, "next_page": "p"}
    expired = RefusedError(Problem("x", "Invalid page.", path="page", status=400))
    client = Scripted(first, expired)
    activity = Activity("a", "search", "customers", "search", {"query": "phone:5"})
    resolved = resolve(load(), activity, "test")
    source = PlannedSource(cast("Client", client), load(), MemoryHost(), resolved)
    with pytest.raises(SourceChangedError, match="not in the order of creation"):
        await all_pages(source)


async def test_without_stripes_search_lists_answer_and_say_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        Sandbox(seed=1, searching=Searching(offered=False)) as sandbox,
        opened(sandbox) as bench,
    ):
        await customers(bench, 130)
        source = await bench.source("search", "customers", query="email:'1@example.com'")
        with caplog.at_level(logging.WARNING):
            pages = await all_pages(source)
        assert len(records(pages)) == 65
        assert "lists answer the query" in caplog.text
        assert await all_pages(source, pages[0].after) == pages[1:]
        native = await bench.source("search", "customers", "search", query="email:'x'")
        with pytest.raises(RefusedError) as caught:
            await all_pages(native)
        assert caught.value.problem.code == "search_unavailable"
        assert "Leave the action out" in caught.value.problem.remedy


@pytest.mark.parametrize("error", [RefusedError, CredentialError])
async def test_a_search_that_is_forbidden_is_answered_by_lists(
    error: type[RefusedError | CredentialError],
) -> None:
    said = "The search feature is temporarily unavailable in your region."
    refused = error(Problem("permission_missing", said, status=403))
    rows = [{"id": "cus_1", "object": "customer", "name": "Ada"}]
    source = scripted("customers", "name:Ada", refused, {"data": rows, "has_more": False})
    assert ids(await all_pages(source)) == ["cus_1"]
    other = scripted("customers", "name:Ada", error(Problem("x", "No.", status=403)))
    with pytest.raises(error):
        await all_pages(other)


async def test_an_index_that_lags_behind(bench: Workbench) -> None:
    """What changed since is left out, what is new is found by lists only."""
    now = [1_700_000_000.0]
    async with (
        Sandbox(seed=1, clock=lambda: now[0], searching=Searching(delay=60)) as sandbox,
        opened(sandbox) as lagging,
    ):
        made = await lagging.make("customers", phone="5551")
        query = "phone~'555'"
        assert await lagging.read("search", "customers", query=query) == []
        fresh = await lagging.read("search", "customers", query=query, consistency="fresh")
        assert [each["id"] for each in fresh] == [made]
        now[0] += 60
        assert len(await lagging.read("search", "customers", query=query)) == 1
        await lagging.write("update", "customers", {"id": made, "phone": "999"})
        for action in ("", "search"):
            stale = await all_pages(
                await lagging.source("search", "customers", action, query=query)
            )
            assert [json.loads(record.raw)["phone"] for record in records(stale)] == ["5551"]
        await lagging.write("delete", "customers", {"id": made})
        now[0] += 60
        assert await lagging.read("search", "customers", query=query) == []


async def test_rows_that_do_not_fit_are_passed_over() -> None:
    row = {"id": "cus_1", "object": "customer", "created": 5, "phone": "999"}
    for action in ("", "search"):
        client = Scripted({"object": "search_result", "data": [row], "has_more": False})
        activity = Activity("a", "search", "customers", action, {"query": "phone~'555'"})
        resolved = resolve(load(), activity, "test")
        source = PlannedSource(cast("Client", client), load(), MemoryHost(), resolved)
        (page,) = await all_pages(source)
        assert (list(page.records), page.filtered) == ([], 1)
