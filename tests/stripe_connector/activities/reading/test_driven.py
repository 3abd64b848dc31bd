"""Search and Read asked for the records of another source."""

import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from connector_sdk import JSON, Activity, Page, Problem, Record, SettingError, SourceChangedError
from stripe_connector.activities.reading.planning import TOGETHER
from stripe_connector.sandbox import Sandbox, Searching

from tests.stripe_connector.workbench import Workbench, all_pages, opened, records

BY_EMAIL = {"query": "email:${record:email} OR metadata['alias']:${record:email}"}


class Rows:
    """Rows in pages of `size`; a cursor is the number of rows before it."""

    def __init__(self, rows: Sequence[dict[str, Any]], size: int = 100) -> None:
        self.rows = rows
        self.size = size

    async def read(self, after: bytes | None) -> AsyncGenerator[Page, None]:
        start = json.loads(after) if after else 0
        for at in range(start, len(self.rows), self.size):
            found = self.rows[at : at + self.size]
            page = [
                Record(at + n, json.dumps(row).encode(), f"row {at + n}")
                for n, row in enumerate(found, 1)
            ]
            yield Page(page, str(at + len(found)).encode())

    async def total(self) -> int | None:
        return len(self.rows)

    async def finish(self, after: bytes) -> Sequence[Problem]:
        return [Problem("told", f"Read to {after.decode()}.")]


def emails(*numbers: int) -> list[dict[str, Any]]:
    return [{"email": f"{n}@example.com"} for n in numbers]


async def driven(bench: Workbench, type: str, rows: Rows, **settings: Any) -> Any:
    activity = Activity("a", type, "customers", "", settings)
    return await bench.connection.source(activity, rows)


def told(pages: Sequence[Page]) -> list[tuple[str, str]]:
    """The email and the driving record of each result."""
    return [
        (json.loads(record.raw).get("email", ""), record.at.rpartition(" for ")[2])
        for record in records(pages)
    ]


async def test_many_records_make_few_searches(bench: Workbench) -> None:
    await bench.write("create", "customers", *emails(*range(60)))
    rows = Rows(emails(*range(5, 30)))
    source = await driven(bench, "search", rows, query="email:${record:email}")
    found = told(await all_pages(source))
    assert sorted(found) == sorted((f"{n}@example.com", f"row {n - 4}") for n in range(5, 30))
    assert bench.sandbox.requests["GET /v1/customers/search"] == 3
    assert await source.total() is None
    assert [one.code for one in await source.finish((await all_pages(source))[-1].after)] == []


@pytest.mark.parametrize("key", ["${record:key}", "'${record:key}'", '"${record:key}"'])
async def test_a_record_may_name_a_key_of_the_metadata(bench: Workbench, key: str) -> None:
    made = [{"email": f"{n}@example.com", "metadata": {f"k{n}": "v"}} for n in range(4)]
    await bench.write("create", "customers", *made)
    rows = Rows([{"key": "k1"}, {"key": "k3"}, {"key": "v' OR email:'2@example.com"}])
    source = await driven(bench, "search", rows, query=f"metadata[{key}]:v")
    assert sorted(told(await all_pages(source))) == [
        ("1@example.com", "row 1"),
        ("3@example.com", "row 2"),
    ]


async def test_a_list_that_nothing_narrows_is_read_once(bench: Workbench) -> None:
    await bench.write("create", "customers", *emails(*range(130)))
    rows = Rows(emails(*range(0, 130, 2)), size=500)
    settings = {"query": "email:${record:email}", "consistency": "fresh"}
    source = await driven(bench, "search", rows, **settings)
    assert len(told(await all_pages(source))) == 65
    assert bench.sandbox.requests["GET /v1/customers"] == 2


async def test_an_object_that_two_records_ask_for_comes_once(bench: Workbench) -> None:
    await bench.write("create", "customers", {"email": "1@example.com"}, *emails(2))
    rows = Rows(emails(*[1, 2] * TOGETHER, 1), size=30)
    pages = await all_pages(await driven(bench, "search", rows, **BY_EMAIL))
    assert sorted(told(pages)) == [("1@example.com", "row 1"), ("2@example.com", "row 2")]
    assert sum(page.filtered for page in pages) >= 4


@pytest.mark.parametrize("size", [7, 40, 100])
async def test_every_cursor_goes_on_exactly(bench: Workbench, size: int) -> None:
    await bench.write("create", "customers", *emails(*(n % 40 for n in range(200))))
    rows = Rows(emails(*range(0, 80, 2), 1), size=size)
    source = await driven(bench, "search", rows, **BY_EMAIL)
    pages = await all_pages(source)
    whole = [(record.seq, record.raw, record.at) for record in records(pages)]
    assert [seq for seq, _, _ in whole] == list(range(1, 106))
    for at in range(len(pages)):
        done = sum(len(page.records) for page in pages[: at + 1])
        again = await driven(bench, "search", Rows(rows.rows, size), **BY_EMAIL)
        rest = records(await all_pages(again, pages[at].after))
        assert [(record.seq, record.raw, record.at) for record in rest] == whole[done:]


async def test_a_record_that_can_not_ask_is_not_lost(bench: Workbench) -> None:
    await bench.write("create", "customers", *emails(1, 2))
    rows = Rows([*emails(1), {"email": ""}, {}, {"email": {"a": 1}}, *emails(2)])
    found = records(await all_pages(await driven(bench, "search", rows, **BY_EMAIL)))
    faulty = [record.problem for record in found if record.problem is not None]
    assert [(one.code, one.at) for one in faulty] == [
        ("empty_value", "row 2"),
        ("empty_value", "row 3"),
        ("wrong_value", "row 4"),
    ]
    assert len(found) == 5


@pytest.mark.parametrize("value", ['" OR email~"example', "x' OR '1", "\\", 'a" email:"b'])
async def test_a_record_can_not_widen_the_query(bench: Workbench, value: str) -> None:
    await bench.write("create", "customers", *emails(1, 2), {"name": value})
    rows = Rows([{"name": value}])
    source = await driven(bench, "search", rows, query='name:"${record:name}"')
    found = [json.loads(record.raw)["name"] for record in records(await all_pages(source))]
    assert found == [value]


async def test_without_stripes_search_it_is_tried_once(caplog: pytest.LogCaptureFixture) -> None:
    async with (
        Sandbox(seed=1, searching=Searching(offered=False)) as sandbox,
        opened(sandbox) as bench,
    ):
        await bench.write("create", "customers", *emails(*range(120)))
        rows = Rows(emails(*range(120)), size=60)
        source = await driven(bench, "search", rows, **BY_EMAIL)
        assert len(records(await all_pages(source))) == 120
        assert bench.sandbox.requests["GET /v1/customers/search"] <= 12
        assert caplog.text.count("lists answer the query") == 1


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("email:${record:email}", 'email:"${record:email}"'),
        ("email='${record:email}'", "email=${record:email}"),
        ("email:x created>${record:since}", 'email:"x" AND created>"${record:since}"'),
        ("metadata[${record:key}]:v", 'metadata["${record:key}"]:"v"'),
    ],
)
async def test_the_plan_shows_what_a_record_gives(bench: Workbench, query: str, shown: str) -> None:
    activity = Activity("a", "search", "customers", "", {"query": query})
    plan = await bench.connection.plan(activity, 5)
    assert plan.expected is None
    assert shown in plan.lines[0]
    assert "up to 50 are asked at once" in plan.lines[1]


async def test_a_driving_record_that_changed_is_noticed(bench: Workbench) -> None:
    await bench.write("create", "customers", *emails(*range(120)))
    rows = emails(*range(120))
    pages = await all_pages(await driven(bench, "search", Rows(rows, 120), **BY_EMAIL))
    after = pages[1].after
    assert json.loads(after)["skip"] == TOGETHER
    changed = [{"email": "new@example.com"}, *rows[1:]]
    with pytest.raises(SourceChangedError):
        await all_pages(await driven(bench, "search", Rows(changed, 120), **BY_EMAIL), after)
    with pytest.raises(SourceChangedError):
        await all_pages(await driven(bench, "search", Rows([], 120), **BY_EMAIL), after)


async def test_limit(bench: Workbench) -> None:
    await bench.write("create", "customers", *emails(*range(60)))
    source = await driven(bench, "search", Rows(emails(*range(60))), limit=7, **BY_EMAIL)
    pages = await all_pages(source)
    assert len(records(pages)) == 7
    assert await all_pages(source, pages[-1].after) == []


async def test_reading_the_ids_of_records(bench: Workbench) -> None:
    made = [await bench.make("customers", name=f"n{n}") for n in range(25)]
    rows = Rows([{"Stripe id": name} for name in [*made, "cus_no", "", made[0]]], size=13)
    source = await driven(bench, "read", rows, ids="${record:Stripe id}")
    pages = await all_pages(source)
    found = records(pages)
    assert [record.seq for record in found] == list(range(1, 29))
    good = [record for record in found if record.problem is None]
    assert [json.loads(record.raw)["id"] for record in good] == [*made, made[0]]
    assert good[3].at == f"customers {made[3]} for row 4"
    codes = [record.problem.code for record in found if record.problem is not None]
    assert codes == ["resource_missing", "empty_value"]
    assert await source.total() == 28
    for at, page in enumerate(pages):
        done = sum(len(each.records) for each in pages[: at + 1])
        rest = records(await all_pages(source, page.after))
        assert [(each.seq, each.raw, each.at) for each in rest] == [
            (each.seq, each.raw, each.at) for each in found[done:]
        ]


async def test_a_result_carries_the_record_that_asked_for_it(bench: Workbench) -> None:
    await bench.write("create", "customers", *emails(1, 2))
    rows = Rows([{"email": "2@example.com", "crm": {"id": 7}}])
    settings: dict[str, JSON] = {
        "query": "email:${record:email}",
        "record_as": "lead",
        "fields": ["email"],
    }
    (record,) = records(await all_pages(await driven(bench, "search", rows, **settings)))
    found = json.loads(record.raw)
    assert found["lead"] == {"email": "2@example.com", "crm": {"id": 7}}
    assert {*found} == {"id", "email", "lead"}
    activity = Activity("a", "search", "customers", "", settings)
    schema = (await bench.connection.schemas(activity)).response
    assert {field.name for field in schema.fields} == {"email", "id", "lead"}
    rows = Rows([{"id": found["id"]}])
    by_id = {"ids": "${record:id}", "record_as": "row"}
    (record,) = records(await all_pages(await driven(bench, "read", rows, **by_id)))
    assert json.loads(record.raw)["row"] == {"id": found["id"]}


async def test_each_record_that_asked_is_carried(bench: Workbench) -> None:
    await bench.write("create", "customers", *emails(1, 2))
    rows = Rows([{**row, "order": n} for n, row in enumerate(emails(1, 2, 1, 1))])
    source = await driven(bench, "search", rows, **BY_EMAIL, record_as="order")
    pages = await all_pages(source)
    found = [json.loads(record.raw) for record in records(pages)]
    assert sorted(each["order"]["order"] for each in found) == [0, 1, 2, 3]
    assert all(each["email"] == each["order"]["email"] for each in found)
    assert [record.seq for record in records(pages)] == [1, 2, 3, 4]


async def test_a_limit_counts_records_that_can_not_ask(bench: Workbench) -> None:
    await bench.write("create", "customers", *emails(1))
    rows = Rows([{"email": ""}, *emails(1)])
    (record,) = records(await all_pages(await driven(bench, "search", rows, **BY_EMAIL, limit=1)))
    assert record.problem is not None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"query": "email:x", "record_as": "lead"}, "no record that a result"),
        ({"query": "email:${record:x}", "record_as": "email"}, "a field 'email' of their own"),
    ],
)
async def test_a_name_for_the_record_that_can_not_be(
    bench: Workbench, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        await driven(bench, "search", Rows([]), **settings)


async def test_records_are_there_when_they_are_needed_and_only_then(bench: Workbench) -> None:
    with pytest.raises(SettingError, match="no source gives any"):
        await bench.source("search", "customers", **BY_EMAIL)
    with pytest.raises(SettingError, match="Nothing of the activity depends"):
        await driven(bench, "search", Rows([]), query="email:x")
    with pytest.raises(SettingError, match="Leave the action out"):
        await bench.source("search", "customers", "search", **BY_EMAIL)
