"""Searches by a query, on the sandbox."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from connector_sdk import (
    JSON,
    Activity,
    CredentialError,
    MemoryHost,
    Problem,
    RefusedError,
    SourceChangedError,
)
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.choices.verbs import parents_of
from stripe_connector.activities.reading.planned import PlannedSource
from stripe_connector.catalogue import load
from stripe_connector.client import Client
from stripe_connector.connection import StripeConnection
from stripe_connector.sandbox import Sandbox, Searching
from stripe_connector.settings import read_settings

from tests.stripe_connector.activities.scripted import Scripted
from tests.stripe_connector.workbench import Workbench, all_pages, records

LISTS, SEARCHES = "GET /v1/customers", "GET /v1/customers/search"


@asynccontextmanager
async def opened(sandbox: Sandbox) -> AsyncIterator[Workbench]:
    """A connection to that sandbox."""
    host = MemoryHost()
    settings: dict[str, JSON] = {"api_key": "sk_test_own", "address": sandbox.address}
    connection = StripeConnection(read_settings(settings), host)
    try:
        yield Workbench(connection, sandbox, host)
    finally:
        await connection.close()


def ids(pages: Any) -> list[str]:
    return [json.loads(record.raw)["id"] for record in records(pages)]


async def customers(bench: Workbench, count: int, **more: Any) -> None:
    rows = ({"email": f"{n % 2}@example.com", "name": f"n {n}", **more} for n in range(count))
    await bench.write("create", "customers", *rows)


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


async def test_fresh_asks_no_index(bench: Workbench) -> None:
    await customers(bench, 120)
    query = "email:'1@example.com'"
    source = await bench.source("search", "customers", query=query, consistency="fresh")
    pages = await all_pages(source)
    assert len(records(pages)) == 60
    assert sum(page.filtered for page in pages) == 60
    assert bench.sandbox.requests[SEARCHES] == 0
    assert await source.total() is None


async def test_a_limit_counts_what_is_found(bench: Workbench) -> None:
    await customers(bench, 120)
    query = "email:'1@example.com' name~'n 1'"
    settings = {"query": query, "consistency": "fresh"}
    found = await bench.read("search", "customers", limit=7, **settings)
    assert len(found) == 7
    whole = await bench.read("search", "customers", **settings)
    assert whole[:7] == found


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


async def test_every_cursor_of_merged_calls_goes_on_exactly(bench: Workbench) -> None:
    await customers(bench, 230)
    query = "(email:'1@example.com' created>1) OR (name~'n 2' created>1)"
    source = await bench.source("search", "customers", query=query)
    pages = await all_pages(source)
    found = ids(pages)
    assert len(found) == len(set(found)) > 115
    for page in pages:
        done = sum(len(each.records) for each in pages[: pages.index(page) + 1])
        assert ids(await all_pages(source, page.after)) == found[done:]


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
        Sandbox(clock=lambda: now[0], searching=searching) as sandbox,
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
    async with Sandbox(searching=Searching(offered=False)) as sandbox, opened(sandbox) as bench:
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
        Sandbox(clock=lambda: now[0], searching=Searching(delay=60)) as sandbox,
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


def scripted(on: str, query: str, *answers: Any) -> PlannedSource:
    """The search of a list whose answers are made up."""
    activity = Activity("a", "search", on, "", {"query": query})
    resolved = resolve(load(), activity, "test")
    client = cast("Client", Scripted(*answers))
    return PlannedSource(client, load(), MemoryHost(), resolved)


async def test_an_object_that_goes_away_between_two_pages_is_told() -> None:
    missing = RefusedError(Problem("resource_missing", "No such customer.", path="customer"))
    rows = [{"id": "in_1", "object": "invoice", "customer": "cus_1", "created": 5}]
    first = {"data": rows, "has_more": True}
    assert await all_pages(scripted("invoices", "customer:cus_1", missing)) == []
    with pytest.raises(RefusedError, match="No such customer"):
        await all_pages(scripted("invoices", "customer:cus_1", first, missing))


async def test_what_belongs_to_a_deleted_customer_is_found(
    bench: Workbench, caplog: pytest.LogCaptureFixture
) -> None:
    ada, eve = [await bench.make("customers", name=name) for name in ("Ada", "Eve")]
    made = [
        await bench.make("invoice_items", customer=who, amount=n, currency="eur")
        for n in range(1, 120)
        for who in (ada, eve)
    ]
    await bench.write("delete", "customers", {"id": ada})
    source = await bench.source("search", "invoice_items", query=f"customer:{ada}")
    pages = await all_pages(source)
    assert ids(pages) == made[::2][::-1]
    assert "It was deleted" in caplog.text
    again = await bench.source("search", "invoice_items", query=f"customer:{ada}")
    assert await all_pages(again, pages[0].after) == pages[1:]
    nobody = await bench.source("search", "invoice_items", query="customer:cus_no")
    assert await all_pages(nobody) == []


@pytest.mark.parametrize(
    ("on", "query", "moments"),
    [
        ("invoice_items", "customer:cus_1 OR invoice:in_1", [{"date": n} for n in (9, 8, 7)]),
        (
            "v2.core.accounts",
            "display_name:x",
            [{"created": f"2026-01-0{n}T00:00:00.000Z"} for n in (9, 8, 7)],
        ),
    ],
)
async def test_calls_are_merged_by_whatever_tells_the_time(
    on: str, query: str, moments: list[dict[str, Any]]
) -> None:
    fits = {"customer": "cus_1", "display_name": "x"}
    a, b, c = ({"id": f"id_{n}", "object": "x", **fits, **at} for n, at in enumerate(moments))
    source = scripted(on, query, {"data": [a, c]}, {"data": [b, c]})
    (page,) = await all_pages(source)
    assert ids([page]) == ["id_0", "id_1", "id_2"]
    assert page.filtered == 1


async def test_a_cursor_of_another_query_is_refused(bench: Workbench) -> None:
    await customers(bench, 120)
    first = await bench.source("search", "customers", query="email~'exa'")
    page = await anext(first.read(None))
    other = await bench.source("search", "customers", query="email~'mple'")
    with pytest.raises(SourceChangedError):
        await all_pages(other, page.after)


async def test_lists_that_hide_rows_are_asked_for_all_of_them(bench: Workbench) -> None:
    product = await bench.make("products", name="Box")
    made = [
        await bench.make("prices", product=product, currency="eur", unit_amount=n) for n in range(4)
    ]
    await bench.write("update", "prices", {"id": made[1], "active": False})
    settings = {"consistency": "fresh"}
    found = await bench.read("search", "prices", query=f"product:{product}", **settings)
    assert {each["id"] for each in found} == {*made}
    assert bench.sandbox.requests["GET /v1/prices"] == 2
    (inactive,) = await bench.read("search", "prices", query="active:false", **settings)
    assert inactive["id"] == made[1]


async def test_every_list_of_its_own_can_be_searched(bench: Workbench) -> None:
    catalogue = bench.connection.catalogue
    done = 0
    for operation in catalogue.operations.values():
        request = catalogue.request(operation)
        needs = parents_of(operation) or [field for field in request.fields if field.required]
        if operation.shape != "list" or operation.action != "list" or needs:
            continue
        for record in await bench.read("search", operation.object, query="id:no_1 OR -id:null"):
            assert record["id"]
        done += 1
    assert done > 90


async def test_a_nested_list_is_searched_below_its_parent(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    for value in ("DE123456789", "ATU12345678"):
        await bench.make("customers.tax_ids", customer=ada, type="eu_vat", value=value)
    (found,) = await bench.read(
        "search", "customers.tax_ids", parents={"customer": ada}, query="value~'ATU'"
    )
    assert found["value"] == "ATU12345678"


async def test_expanded_objects_can_be_asked_for(bench: Workbench) -> None:
    for name in ("Ada", "Grace"):
        customer = await bench.make("customers", name=name)
        await bench.make("payment_intents", amount=500, currency="eur", customer=customer)
    (found,) = await bench.read(
        "search", "payment_intents", query="customer.name:'ada'", expand=["customer"]
    )
    assert found["customer"]["name"] == "Ada"


async def test_only_what_is_wanted_of_a_record(bench: Workbench) -> None:
    address = {"city": "Linz", "country": "AT"}
    made = await bench.make("customers", name="Ada", address=address)
    (found,) = await bench.read("search", "customers", fields=["address.city", "name"])
    assert found == {"id": made, "name": "Ada", "address": {"city": "Linz"}}
    (same,) = await bench.read(
        "search", "customers", query="address.country:at", fields=["address.city"]
    )
    assert same == {"id": made, "address": {"city": "Linz"}}
    (read,) = await bench.read("read", "customers", ids=made, fields=["name"])
    assert read == {"id": made, "name": "Ada"}


async def test_objects_named_by_their_ids_are_read(bench: Workbench) -> None:
    made = [await bench.make("customers", name=f"n{n}") for n in range(4)]
    await bench.write("delete", "customers", {"id": made[3]})
    names = ", ".join([*made, "cus_nobody"])
    for query, expected in (
        (f"id in ({names})", {*made[:3]}),
        (f"id in ({names}) AND -name:n0", {*made[1:3]}),
        (f"id:{made[0]} OR name:n1", {*made[:2]}),
        (f"-id in ({made[0]}, {made[1]})", {made[2]}),
        (f"id:{made[0].swapcase()}", set()),
        ("id in ('..', '.', 'a/b', '?', 'a%2Fb')", set()),
    ):
        for consistency in ("indexed", "fresh"):
            found = await bench.read("search", "customers", query=query, consistency=consistency)
            assert {each["id"] for each in found} == expected
            assert len(found) == len(expected)
    bench.sandbox.requests.clear()
    source = await bench.source("search", "customers", query=f"id in ({names})", fields=["name"])
    pages = await all_pages(source)
    assert bench.sandbox.requests == {"GET /v1/customers/{customer}": 5}
    assert await all_pages(source, pages[-1].after) == []
    plan = await bench.connection.plan(Activity("a", "search", "customers", "", {
        "query": f"id:{made[0]} email:x"}))  # fmt: skip
    assert (plan.calls[0].call, plan.expected) == ("GET /v1/customers/{customer}", 1)
    assert plan.fresh


async def test_a_nested_object_named_by_its_id_is_read_with_what_is_expanded(
    bench: Workbench,
) -> None:
    ada = await bench.make("customers", name="Ada")
    made = await bench.make("customers.tax_ids", customer=ada, type="eu_vat", value="DE123456789")
    settings: dict[str, Any] = {"parents": {"customer": ada}, "expand": ["customer"]}
    (found,) = await bench.read(
        "search", "customers.tax_ids", query=f"id:{made} customer.name:ada", **settings
    )
    assert found["customer"]["name"] == "Ada"
    assert bench.sandbox.requests["GET /v1/customers/{customer}/tax_ids/{id}"] == 1
