import json

from tests.stripe_connector.workbench import Workbench, all_pages, records


async def test_a_list_is_read_to_its_end(bench: Workbench) -> None:
    await bench.write("create", "customers", *({"name": f"n{n}"} for n in range(230)))
    pages = await all_pages(await bench.source("search", "customers"))
    assert [len(page.records) for page in pages] == [100, 100, 30]
    found = records(pages)
    assert [record.seq for record in found] == list(range(1, 231))
    assert {json.loads(record.raw)["name"] for record in found} == {f"n{n}" for n in range(230)}
    assert b"\n" not in found[0].raw
    assert found[0].at == f"customer {json.loads(found[0].raw)['id']}"


async def test_nothing_to_list_gives_no_page(bench: Workbench) -> None:
    assert await all_pages(await bench.source("search", "customers")) == []


async def test_a_cursor_goes_on_behind_an_object_deleted_meanwhile(bench: Workbench) -> None:
    await bench.write("create", "customers", *({"name": f"n{n}"} for n in range(130)))
    first, *rest = await all_pages(await bench.source("search", "customers"))
    last = json.loads(first.records[-1].raw)["id"]
    await bench.write("delete", "customers", {"id": last})
    again = await all_pages(await bench.source("search", "customers"), first.after)
    assert records(again) == records(rest)


async def test_the_cursor_of_the_last_page_needs_no_call(bench: Workbench) -> None:
    await bench.make("customers", name="Ada")
    *_, last = await all_pages(await bench.source("search", "customers"))
    before = bench.sandbox.requests.total()
    assert await all_pages(await bench.source("search", "customers"), last.after) == []
    assert bench.sandbox.requests.total() == before


async def test_limit_cuts_off(bench: Workbench) -> None:
    await bench.write("create", "customers", *({"name": f"n{n}"} for n in range(120)))
    assert len(await bench.read("search", "customers", limit=110)) == 110
    assert len(await bench.read("search", "customers", limit=7)) == 7


async def test_filters_and_expand(bench: Workbench) -> None:
    ada = await bench.make("customers", email="ada@example.com")
    await bench.make("customers", email="grace@example.com")
    filters = {"email": "ada@example.com", "created": {"gte": 1}}
    (found,) = await bench.read("search", "customers", parameters=filters)
    assert found["id"] == ada
    await bench.make("payment_intents", amount=500, currency="eur", customer=ada)
    (intent,) = await bench.read("search", "payment_intents", expand=["customer"])
    assert intent["customer"]["email"] == "ada@example.com"


async def test_nested_lists_need_their_parents(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    made = await bench.make("customers.tax_ids", customer=ada, type="eu_vat", value="DE123456789")
    (found,) = await bench.read("search", "customers.tax_ids", parents={"customer": ada})
    assert (found["id"], found["customer"]) == (made, ada)


async def test_a_stopping_host_ends_the_reading(bench: Workbench) -> None:
    await bench.write("create", "customers", *({"name": f"n{n}"} for n in range(120)))
    pages = (await bench.source("search", "customers")).read(None)
    assert len((await anext(pages)).records) == 100
    bench.host.stop()
    assert [page async for page in pages] == []


async def test_a_list_is_never_counted(bench: Workbench) -> None:
    assert await (await bench.source("search", "customers")).total() is None
