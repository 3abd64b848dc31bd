"""Complete lists, readable amounts, reports and files, by `connector run` into files."""

import asyncio
import csv
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from connector_agent.runs.run import Run, Watch
from connector_agent.runs.runner import Runner
from connector_sdk import SettingError
from stripe_connector import Stripe
from stripe_connector.activities.reading import results
from stripe_connector.sandbox import Sandbox
from stripe_connector.sandbox.request import Fault, SandboxRequest

from tests.end_to_end.reading_project import KEY, write_project

RUNS = "POST /v1/reporting/report_runs"
LOOK = "GET /v1/reporting/report_runs/{report_run}"
CONTENTS = "GET /v1/files/{file}/contents"


class Reading:
    """A project on a sandbox with three charges, an invoice of 25 lines and two quotes."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self._ahead = 0.0
        self.charges: list[str] = []
        self.quotes: list[str] = []

    async def fill(self) -> None:
        async with Stripe(KEY, address=self.sandbox.address) as stripe:
            for amount, currency in ((1234, "eur"), (500, "jpy"), (1500, "kwd")):
                card = {"amount": amount, "currency": currency, "source": "tok_visa"}
                self.charges.append((await stripe.create("charges", card))["id"])
            customer = (await stripe.create("customers", {"name": "Ada"}))["id"]
            invoice = {"customer": customer, "currency": "eur"}
            made = await stripe.create("invoices", invoice)
            for amount in range(1, 26):
                item = {**invoice, "invoice": made["id"], "amount": amount}
                await stripe.create("invoice_items", item)
            self.quotes = [(await stripe.create("quotes"))["id"] for _ in range(2)]
        write_project(self.folder, self.sandbox.address, self.charges, self.quotes)

    async def run(self, name: str, watch: Watch = lambda progress: None) -> Run:
        """The operation's run, in this process."""
        runner = Runner(self.folder, {"STRIPE_API_KEY": KEY})
        try:
            return await runner.run(name, None, watch)
        finally:
            runner.close()

    async def start(self, name: str) -> asyncio.subprocess.Process:
        """The same in a process of its own."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "connector_agent.cli", "run", name, "--json"),
            *("--project", str(self.folder)),
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, "STRIPE_API_KEY": KEY},
        )

    async def hurry(self, request: SandboxRequest) -> Fault | None:
        """Time passes with each look at a report."""
        if f"{request.method} {request.template}" == LOOK:
            self._ahead += 5
            self.sandbox._clock = lambda: time.time() + self._ahead
        return None

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / "out" / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
async def reading(tmp_path: Path) -> AsyncIterator[Reading]:
    async with Sandbox(seed=3) as sandbox:
        found = Reading(tmp_path / "project", sandbox)
        await found.fill()
        yield found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "FIRST_LOOK", 0.05)
    monkeypatch.setattr(results, "LAST_LOOK", 0.05)
    monkeypatch.setattr(results, "_GLANCE", 0.01)


async def test_complete_and_readable_invoices(reading: Reading) -> None:
    assert (await reading.run("invoices")).status == "finished"
    (line,) = (reading.folder / "out" / "invoices.jsonl").read_text().splitlines()
    invoice = json.loads(line)
    lines = invoice["lines"]["data"]
    assert [each["amount"] for each in lines] == list(range(1, 26))
    told = invoice["readable"]["lines"]["data"]
    assert [each["amount"]["decimal"] for each in told] == [f"0.{n:02}" for n in range(1, 26)]


async def test_a_mapping_takes_what_is_readable(reading: Reading) -> None:
    assert (await reading.run("charges")).status == "finished"
    rows = reading.rows("charges.csv")
    assert [(row["amount"], row["currency"]) for row in rows] == [
        ("12.34", "EUR"),
        ("500", "JPY"),
        ("1.500", "KWD"),
    ]
    assert all(row["created"].endswith("Z") for row in rows)


async def test_a_mapping_of_what_is_not_readable_is_a_fault(reading: Reading) -> None:
    operation = reading.folder / "operations" / "charges.yaml"
    text = operation.read_text()
    operation.write_text(text.replace("readable.created", "readable.status"))
    with pytest.raises(SettingError, match=r"no field 'readable\.status'"):
        await reading.run("charges")


async def test_files_into_a_folder(reading: Reading) -> None:
    for _ in range(2):
        assert (await reading.run("pdfs")).counts.written == 2
        rows = reading.rows("pdfs.csv")
        assert [row["id"] for row in rows] == reading.quotes
        for row in rows:
            assert (reading.folder / row["path"]).stat().st_size == int(row["bytes"])


async def test_a_report_that_was_killed_while_it_waited_is_ordered_once(reading: Reading) -> None:
    reading.sandbox._clock = lambda: 1_000_000_000.0  # it stands still: the report stays pending
    process = await reading.start("report")
    while reading.sandbox.requests[LOOK] < 1:
        assert process.returncode is None
        await asyncio.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert not (reading.folder / "out" / "report.csv").exists()
    reading.sandbox._clock = lambda: 1_000_000_010.0
    ended = await reading.run("report")
    assert (ended.status, ended.counts.written) == ("finished", 3)
    assert reading.sandbox.requests[RUNS] == 1
    rows = reading.rows("report.csv")
    assert [row["gross"] for row in rows] == ["12.34", "500", "1.500"]
    assert [row["source_id"] for row in rows] == reading.charges


async def test_a_report_that_was_interrupted_while_it_waited_is_ordered_once(
    reading: Reading,
) -> None:
    reading.sandbox._clock = lambda: 1_000_000_000.0
    stop: list[Callable[[], None]] = []

    async def look(request: SandboxRequest) -> Fault | None:
        if f"{request.method} {request.template}" == LOOK:
            stop[-1]()
        return None

    reading.sandbox.on_request = look
    ended = await reading.run("report", lambda progress: stop.append(progress.stop))
    assert ended.status == "interrupted"
    reading.sandbox.on_request = reading.hurry
    assert (await reading.run("report")).counts.written == 3
    assert reading.sandbox.requests[RUNS] == 1


async def test_a_report_that_broke_off_at_its_file_goes_on_with_it(reading: Reading) -> None:
    async def refuse(request: SandboxRequest) -> Fault | None:
        if f"{request.method} {request.template}" == CONTENTS:
            return Fault(401, "invalid_request_error", "Expired API Key provided")
        return await reading.hurry(request)

    reading.sandbox.on_request = refuse
    assert (await reading.run("report")).status == "stopped"
    assert not (reading.folder / "out" / "report.csv").exists()
    reading.sandbox.on_request = None
    ended = await reading.run("report")
    assert (ended.status, ended.counts.written) == ("finished", 3)
    assert reading.sandbox.requests[RUNS] == 1


async def test_a_report_that_was_refused_is_mended_in_the_project(reading: Reading) -> None:
    reading.sandbox.on_request = reading.hurry
    endpoint = reading.folder / "endpoints" / "stripe.yaml"
    text = endpoint.read_text()
    endpoint.write_text(text.replace("gross, currency]", "grass, currency]"))
    stopped = await reading.run("report")
    assert (stopped.status, stopped.counts.read) == ("stopped", 0)
    endpoint.write_text(text)
    ended = await reading.run("report")
    assert (ended.status, ended.counts.written) == ("finished", 3)
    assert ended.id != stopped.id
