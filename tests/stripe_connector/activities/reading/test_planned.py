"""Searches by a query, on the sandbox."""

from typing import Any

import pytest
from connector_sdk import (
    Activity,
    Problem,
    RefusedError,
    SourceChangedError,
)
from stripe_connector.activities.choices.verbs import parents_of

from tests.stripe_connector.activities.reading.searched import customers, ids, scripted
from tests.stripe_connector.workbench import Workbench, all_pages


async def test_a_limit_counts_what_is_found(bench: Workbench) -> None:
    await customers(bench, 120)
    query = "email:'1@example.com' name~'n 1'"
    settings = {"query": query, "consistency": "fresh"}
    found = await bench.read("search", "customers", limit=7, **settings)
    assert len(found) == 7
    whole = await bench.read("search", "customers", **settings)
    assert whole[:7] == found


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
    for api_call in catalogue.api_calls.values():
        request = catalogue.request(api_call)
        needs = parents_of(api_call) or [field for field in request.fields if field.required]
        if api_call.shape != "list" or api_call.action != "list" or needs:
            continue
        for record in await bench.read("search", api_call.object, query="id:no_1 OR -id:null"):
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
