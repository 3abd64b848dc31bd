import json

from tests.stripe_connector.workbench import Workbench, all_pages, records


async def test_ids_in_their_order(bench: Workbench) -> None:
    ids = [outcome.id for outcome in await bench.write("create", "customers", *[{}] * 25)]
    source = await bench.source("read", "customers", ids=ids)
    found = records(await all_pages(source))
    assert [json.loads(record.raw)["id"] for record in found] == ids
    assert [record.seq for record in found] == list(range(1, 26))
    assert found[3].at == f"customers {ids[3]}"
    assert await source.total() == 25


async def test_every_cursor_goes_on(bench: Workbench) -> None:
    ids = [outcome.id for outcome in await bench.write("create", "customers", *[{}] * 25)]
    source = await bench.source("read", "customers", ids=ids)
    pages = await all_pages(source)
    assert await all_pages(source, pages[0].after) == pages[1:]
    assert await all_pages(source, pages[-1].after) == []


async def test_a_missing_id_is_a_record_with_a_problem(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    source = await bench.source("read", "customers", ids=[ada, "cus_nobody", ada])
    first, missing, last = records(await all_pages(source))
    assert first.problem is None
    assert last.problem is None
    assert missing.problem is not None
    assert missing.problem.code == "resource_missing"
    assert missing.problem.at == "customers cus_nobody"
    assert json.loads(missing.raw) == {"id": "cus_nobody"}


async def test_a_deleted_object_reads_as_deleted(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    await bench.write("delete", "customers", {"id": ada})
    assert await bench.read("read", "customers", ids=ada) == [
        {"id": ada, "object": "customer", "deleted": True}
    ]


async def test_nested_objects_and_expand(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    made = await bench.make("customers.tax_ids", customer=ada, type="eu_vat", value="DE1")
    (found,) = await bench.read(
        "read", "customers.tax_ids", ids=made, parents={"customer": ada}, expand=["customer"]
    )
    assert found["id"] == made
    assert found["customer"]["name"] == "Ada"


async def test_an_object_without_id(bench: Workbench) -> None:
    (balance,) = await bench.read("read", "balance")
    assert balance["object"] == "balance"


async def test_a_stopping_host_ends_the_reading(bench: Workbench) -> None:
    ids = [outcome.id for outcome in await bench.write("create", "customers", *[{}] * 15)]
    pages = (await bench.source("read", "customers", ids=ids)).read(None)
    assert len((await anext(pages)).records) == 10
    bench.host.stop()
    assert [page async for page in pages] == []
