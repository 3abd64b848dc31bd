"""Report runs, report types and the contents of files."""

import csv
import io
import time
from typing import Any

import aiohttp
import pytest
from stripe_connector.sandbox import Sandbox

from tests.stripe_connector.sandbox.caller import Caller

RUNS = "/v1/reporting/report_runs"
ITEMIZED = "balance_change_from_activity.itemized.3"


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock(sandbox: Sandbox) -> Clock:
    clock = Clock()
    sandbox._clock = clock
    return clock


async def rows(stripe: Caller, file: str) -> list[dict[str, str]]:
    data, kind = await contents(stripe, file)
    assert kind == "text/csv"
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


async def contents(stripe: Caller, file: str) -> tuple[bytes, str]:
    url = f"{stripe.sandbox.address}/v1/files/{file}/contents"
    headers = {"Authorization": "Bearer sk_test_caller"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        assert answer.status == 200
        return await answer.read(), answer.content_type


async def charge(stripe: Caller, amount: int, currency: str) -> Any:
    return await stripe.make("/v1/charges", amount=amount, currency=currency, source="tok_visa")


async def report(stripe: Caller, clock: Clock, type: str, **more: Any) -> list[dict[str, str]]:
    now = int(clock())
    interval = {"interval_start": now - 3600, "interval_end": now + 3600}
    run = await stripe.make(RUNS, report_type=type, parameters={**interval, **more})
    assert (run["status"], run["result"]) == ("pending", None)
    assert (await stripe.get(f"{RUNS}/{run['id']}")).body == run
    clock.ahead += 3
    done = (await stripe.get(f"{RUNS}/{run['id']}")).body
    assert (done["status"], done["parameters"]["interval_start"]) == ("succeeded", now - 3600)
    assert done["result"]["object"] == "file"
    assert (await stripe.get(RUNS)).body["data"][0] == done
    return await rows(stripe, done["result"]["id"])


async def test_every_line_of_the_balance(stripe: Caller, clock: Clock) -> None:
    euro, yen = await charge(stripe, 1234, "eur"), await charge(stripe, 500, "jpy")
    found = await report(stripe, clock, ITEMIZED)
    assert [
        (row["source_id"], row["currency"], row["gross"], row["fee"], row["net"]) for row in found
    ] == [(euro["id"], "eur", "12.34", "0.66", "11.68"), (yen["id"], "jpy", "500", "44", "456")]
    assert found[0]["balance_transaction_id"] == euro["balance_transaction"]


async def test_currency_columns_and_time_zone(stripe: Caller, clock: Clock) -> None:
    await charge(stripe, 1234, "eur")
    await charge(stripe, 500, "jpy")
    chosen = {"currency": "eur", "columns": ["gross", "created"], "timezone": "Asia/Tokyo"}
    (row,) = await report(stripe, clock, ITEMIZED, **chosen)
    assert list(row) == ["gross", "created"]
    (utc,) = await report(stripe, clock, ITEMIZED, currency="eur", columns=["created_utc"])
    hours = (int(row["created"][11:13]) - int(utc["created_utc"][11:13])) % 24
    assert hours == 9


async def test_sums(stripe: Caller, clock: Clock) -> None:
    for amount in (1000, 2000):
        await charge(stripe, amount, "eur")
    (summed,) = await report(stripe, clock, "balance_change_from_activity.summary.1")
    assert summed == {
        "reporting_category": "charge",
        "currency": "eur",
        "count": "2",
        "gross": "30.00",
        "fee": "1.47",
        "net": "28.53",
    }
    balance = await report(stripe, clock, "balance.summary.1")
    assert [(row["category"], row["net_amount"]) for row in balance] == [
        ("starting_balance", "0.00"),
        ("activity", "28.53"),
        ("payouts", "0.00"),
        ("ending_balance", "28.53"),
    ]


async def test_a_finished_report_stays_as_it_was(stripe: Caller, clock: Clock) -> None:
    await charge(stripe, 1000, "eur")
    first = await report(stripe, clock, ITEMIZED)
    (run,) = (await stripe.get(RUNS)).body["data"]
    await charge(stripe, 2000, "eur")
    assert await rows(stripe, run["result"]["id"]) == first


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "report_type"),
        ({"report_type": "balance.1"}, "report_type"),
        ({"report_type": ITEMIZED}, "parameters[interval_start]"),
        (
            {"report_type": ITEMIZED, "parameters": {"interval_start": 5, "interval_end": 5}},
            "parameters[interval_start]",
        ),
        (
            {
                "report_type": ITEMIZED,
                "parameters": {"interval_start": 1, "interval_end": 5, "columns": ["grass"]},
            },
            "parameters[columns]",
        ),
    ],
)
async def test_wrong_reports_are_refused(stripe: Caller, params: Any, param: str) -> None:
    reply = await stripe.post(RUNS, params)
    assert (reply.status, reply.error["param"]) == (400, param)


async def test_report_types(stripe: Caller) -> None:
    listed = (await stripe.get("/v1/reporting/report_types")).body["data"]
    assert ITEMIZED in [each["id"] for each in listed]
    for each in listed:
        assert (await stripe.get(f"/v1/reporting/report_types/{each['id']}")).body == each
    assert (await stripe.get("/v1/reporting/report_types/none.1")).status == 404


async def test_contents_of_an_upload_come_back(stripe: Caller) -> None:
    data = bytes(range(256))
    made = (await stripe.upload("/v1/files", data, {"purpose": "business_icon"})).body
    assert (await contents(stripe, made["id"]))[0] == data
    assert (await stripe.get("/v1/files/file_none/contents")).status == 404


async def test_the_pdf_of_a_quote(stripe: Caller) -> None:
    quote = await stripe.make("/v1/quotes")
    url = f"{stripe.sandbox.address}/v1/quotes/{quote['id']}/pdf"
    headers = {"Authorization": "Bearer sk_test_caller"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        data = await answer.read()
        assert (answer.status, answer.content_type) == (200, "application/pdf")
    assert data.startswith(b"%PDF-1.4\n")
    assert quote["id"].encode() in data
    table = int(data.rpartition(b"startxref\n")[2].split()[0])
    assert data[table:].startswith(b"xref\n0 6\n")
    for number, line in enumerate(data[table:].splitlines()[3:8], 1):
        assert data[int(line[:10]) :].startswith(b"%d 0 obj" % number)
