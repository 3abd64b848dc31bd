"""Reports and Sigma queries as sources: made once, waited for, read row by row."""

import json
import time
from typing import Any, cast

import pytest
from connector_sdk import (
    Activity,
    MemoryHost,
    Page,
    Problem,
    RefusedError,
    SourceChangedError,
    UnreachableError,
)
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.reading import results, rows
from stripe_connector.activities.reading.sources import source_of
from stripe_connector.catalogue import load
from stripe_connector.catalogue.model import ApiCall
from stripe_connector.client import Answer, Client

from tests.stripe_connector.workbench import Workbench, all_pages, records

RUNS = "POST /v1/reporting/report_runs"
ITEMIZED = "balance_change_from_activity.itemized.3"
COLUMNS = ["balance_transaction_id", "gross", "currency"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "FIRST_LOOK", 0.01)
    monkeypatch.setattr(results, "_GLANCE", 0.01)
    monkeypatch.setattr(rows, "AT_ONCE", 4)


@pytest.fixture
def hurried(bench: Workbench) -> Workbench:
    """A sandbox whose clock runs ahead by a second with each look at it."""
    ahead = iter(range(10_000))
    bench.sandbox._clock = lambda: time.time() + next(ahead)
    return bench


def settings(**more: Any) -> dict[str, Any]:
    interval = {"interval_start": 1, "interval_end": 4102444800, "columns": COLUMNS}
    return {"parameters": {"report_type": ITEMIZED, "parameters": interval | more}}


async def charges(bench: Workbench, count: int) -> None:
    charge = {"currency": "eur", "source": "tok_visa"}
    await bench.write("create", "charges", *({**charge, "amount": 100 + n} for n in range(count)))


async def test_rows_of_a_report(hurried: Workbench) -> None:
    await charges(hurried, 10)
    source = await hurried.source("read", "reporting.report_runs", "rows", **settings())
    pages = await all_pages(source)
    found = records(pages)
    assert [record.seq for record in found] == list(range(1, 11))
    assert sorted(json.loads(record.raw)["gross"] for record in found) == [
        f"1.{n:02}" for n in range(10)
    ]
    assert list(json.loads(found[0].raw)) == COLUMNS
    assert found[2].at.startswith("frr_")
    assert found[2].at.endswith(" row 3")
    assert hurried.sandbox.requests[RUNS] == 1


async def test_every_cursor_goes_on_with_the_same_report_run(hurried: Workbench) -> None:
    await charges(hurried, 10)
    source = await hurried.source("read", "reporting.report_runs", "rows", **settings())
    pages = await all_pages(source)
    assert pages[0].records == []  # told at once, so that the run is kept
    found = records(pages)
    seen = 0
    for page in pages:
        seen += len(page.records)
        assert records(await all_pages(source, page.after)) == found[seen:]
    assert hurried.sandbox.requests[RUNS] == 1


async def test_a_stop_while_waiting_keeps_the_report_run(bench: Workbench) -> None:
    source = await bench.source("read", "reporting.report_runs", "rows", **settings())
    pages = source.read(None)
    first = await anext(pages)
    bench.host.stop()
    assert [page async for page in pages] == []
    bench.host._stop = False
    bench.sandbox._clock = lambda: time.time() + 10
    assert records(await all_pages(source, first.after)) == []
    assert bench.sandbox.requests[RUNS] == 1


async def test_a_wait_that_is_too_long_ends_and_can_go_on(bench: Workbench) -> None:
    source = await bench.source("read", "reporting.report_runs", "rows", **settings(), wait=1)
    bench.sandbox._clock = lambda: 1_000_000_000.0
    kept = b""
    with pytest.raises(UnreachableError) as caught:
        async for page in source.read(None):
            kept = page.after
    assert caught.value.problem.code == "report_pending"
    assert json.loads(kept)["run"].startswith("frr_")


async def test_a_refused_report_is_told_in_stripes_words(bench: Workbench) -> None:
    source = await bench.source(
        "read", "reporting.report_runs", "rows", **settings(columns=["grass"])
    )
    with pytest.raises(RefusedError, match="no column 'grass'"):
        await all_pages(source)


async def test_the_schema_knows_columns_that_the_activity_names(bench: Workbench) -> None:
    activity = Activity("a", "read", "reporting.report_runs", "rows", settings())
    schemas = await bench.connection.schemas(activity)
    assert [field.name for field in schemas.response.fields] == COLUMNS
    assert schemas.call.startswith("POST /v1/reporting/report_runs, GET ")
    assert "makes a new report run" in schemas.note
    open_ = Activity("a", "read", "reporting.report_runs", "rows", {**settings(), "wait": 5})
    cast("dict[str, Any]", open_.settings["parameters"])["parameters"].pop("columns")
    assert (await bench.connection.schemas(open_)).response.type == "map"


async def test_the_plan_of_a_report(bench: Workbench) -> None:
    activity = Activity("a", "read", "reporting.report_runs", "rows", settings())
    plan = await bench.connection.plan(activity)
    assert [call.expected for call in plan.calls] == [1, None, 1]
    assert plan.lines == (
        "POST /v1/reporting/report_runs: 1 call.",
        "GET /v1/reporting/report_runs/{report_run}: calls until it is over.",
        "GET /v1/files/{file}/contents: 1 call.",
    )
    ids: dict[str, Any] = {"ids": ["sqr_1", "sqr_2"]}
    activity = Activity("a", "read", "sigma.scheduled_query_runs", "rows", ids)
    assert (await bench.connection.plan(activity)).expected == 4


async def test_what_is_missing_is_told_before_anything_is_made(bench: Workbench) -> None:
    activity = Activity("a", "read", "reporting.report_runs", "rows", {"wait": 0})
    codes = {problem.path for problem in await bench.connection.check(activity)}
    assert "parameters.report_type" in codes


class Stripe:
    """Answers by the path that is asked for; files by their id."""

    def __init__(self, files: dict[str, bytes], **answers: Any) -> None:
        self.files = files
        self.answers = answers
        self.asked: list[str] = []

    async def send(
        self, api_call: ApiCall, params: dict[str, Any], *, key: str = "", into: Any = None
    ) -> Answer:
        self.asked.append(api_call.id)
        if into is not None:
            into.write(self.files[params["file"]])
            return Answer(200, b"")
        answer = self.answers[api_call.action]
        answer = answer.pop(0) if isinstance(answer, list) else answer
        if isinstance(answer, Exception):
            raise answer
        return Answer(200, json.dumps(answer).encode())


async def read(stripe: Stripe, on: str, after: bytes | None = None, **given: Any) -> list[Page]:
    catalogue = load()
    resolved = resolve(catalogue, Activity("a", "read", on, "rows", given), "test")
    source = source_of(cast(Client, stripe), catalogue, MemoryHost(), resolved, None)
    return await all_pages(source, after)


async def report(stripe: Stripe, after: bytes | None = None) -> list[Page]:
    return await read(stripe, "reporting.report_runs", after, **settings())


PENDING = {"id": "frr_1", "status": "pending"}
DONE = {"id": "frr_1", "status": "succeeded", "result": {"id": "file_1"}}
FAILED = {"id": "frr_1", "status": "failed", "error": "No data."}


async def test_a_failed_report_ends_the_reading_and_going_on_asks_anew() -> None:
    stripe = Stripe({}, create=PENDING, retrieve=FAILED)
    with pytest.raises(RefusedError, match=r"frr_1 failed at Stripe: No data\."):
        await report(stripe)
    stripe = Stripe({"file_2": b"a\n1\n"}, create=DONE | {"result": {"id": "file_2"}})
    stripe.answers["retrieve"] = FAILED
    (page, _) = await report(stripe, b'{"seq":0,"done":0,"run":"frr_1","row":0}')
    assert json.loads(page.records[0].raw) == {"a": "1"}
    assert "reporting.report_runs.create" in stripe.asked


async def test_what_is_in_the_cells_comes_through() -> None:
    file = '\ufeffa,"b ""c"""\r\n"x\ny",é\r\n\r\n"",z\r\n'.encode()
    pages = await report(Stripe({"file_1": file}, create=DONE))
    assert [json.loads(record.raw) for record in records(pages)] == [
        {"a": "x\ny", 'b "c"': "é"},
        {"a": "", 'b "c"': "z"},
    ]


@pytest.mark.parametrize("file", [b"", b"a,b\n"])
async def test_nothing_in_it_is_no_record(file: bytes) -> None:
    assert records(await report(Stripe({"file_1": file}, create=DONE))) == []


async def test_a_row_of_another_length_is_a_problem() -> None:
    pages = await report(Stripe({"file_1": b"a,b\n1,2\n3\n4,5,6\n7,8\n"}, create=DONE))
    found = records(pages)
    assert [record.problem and record.problem.code for record in found] == [
        None,
        "wrong_row",
        "wrong_row",
        None,
    ]
    assert json.loads(found[1].raw) == {"a": "3"}
    assert found[1].at == "frr_1 row 2"


@pytest.mark.parametrize("file", [b"a,a\n1,2\n", b"a,\n1,2\n", b'a\n"x', b"a\n\xff\n"])
async def test_what_is_no_table_is_refused(file: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        await report(Stripe({"file_1": file}, create=DONE))
    assert caught.value.problem.code == "unreadable_result"


async def test_a_shorter_file_is_another_one() -> None:
    stripe = Stripe({"file_1": b"a\n1\n"}, retrieve=DONE)
    with pytest.raises(SourceChangedError):
        await report(stripe, b'{"seq":2,"done":0,"run":"frr_1","row":2}')


async def test_query_runs_in_their_order_and_a_bad_one_between() -> None:
    refused = RefusedError(Problem("resource_missing", "No such run."))
    stripe = Stripe(
        {"f1": b"n\n1\n2\n", "f4": b"n\n3\n"},
        retrieve=[
            {"id": "sqr_1", "status": "completed", "file": {"id": "f1"}},
            refused,
            {"id": "sqr_3", "status": "timed_out", "error": {"message": "Too slow."}},
            {"id": "sqr_4", "status": "completed", "file": {"id": "f4"}},
        ],
    )
    ids = ["sqr_1", "sqr_2", "sqr_3", "sqr_4"]
    found = records(await read(stripe, "sigma.scheduled_query_runs", ids=ids))
    assert [record.seq for record in found] == [1, 2, 3, 4, 5]
    assert [json.loads(record.raw).get("n") for record in found] == ["1", "2", None, None, "3"]
    codes = [record.problem.code for record in found if record.problem]
    assert codes == ["resource_missing", "query_failed"]
    assert found[3].at == "sqr_3"
    assert "Too slow." in (found[3].problem or refused.problem).message


async def test_an_unknown_query_run_of_the_sandbox(bench: Workbench) -> None:
    source = await bench.source("read", "sigma.scheduled_query_runs", "rows", ids="sqr_none")
    (record,) = records(await all_pages(source))
    assert record.problem is not None
    assert record.problem.code == "resource_missing"
