"""Amounts that are numbers in their source stay those amounts, on every way to Stripe."""

import csv
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from stripe_connector.sandbox import Sandbox

from tests.end_to_end.crash_project import customers, write_project
from tests.end_to_end.test_bad_days import connector
from tests.warm import Said

Row = dict[str, Any]
MONEY = 'money_to_minor: {currency_from: cur, decimal: ",", thousands: "."'


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=1) as made:
        yield made


def write_xlsx(path: Path, rows: list[Row]) -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    book.save(path)


def write_json_lines(path: Path, rows: list[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_json(path: Path, rows: list[Row]) -> None:
    path.write_text(json.dumps(rows))


def write_parquet(path: Path, rows: list[Row]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path)


FORMATS: dict[str, Callable[[Path, list[Row]], None]] = {
    "xlsx": write_xlsx,
    "jsonl": write_json_lines,
    "json": write_json,
    "parquet": write_parquet,
}


def project(folder: Path, sandbox: Sandbox, ending: str, rows: list[Row], balance: str) -> None:
    """Customers with a balance, which is made by the steps `balance`."""
    write_project(folder, sandbox.address, 0)
    endpoint = folder / "endpoints" / "crm.yaml"
    endpoint.write_text(endpoint.read_text().replace("customers.csv", f"in.{ending}"))
    FORMATS[ending](folder / f"in.{ending}", rows)
    (folder / "operations" / "import.yaml").write_text(
        "source: crm/customers\nidentity: id\ntarget: acme/new customer\nmapping:\n"
        "  - {to: email, from: mail, steps: [check_email]}\n"
        "  - {to: metadata.id, from: id}\n"
        f"  - to: balance\n    from: price\n    steps:\n{balance}"
    )


async def balances(sandbox: Sandbox) -> dict[str, int]:
    found = await customers(sandbox.address)
    return {one["metadata"]["id"]: one["balance"] for one in found}


def row(number: int, price: Any, mail: str = "a@example.com") -> Row:
    return {"id": f"C{number}", "price": price, "cur": "EUR", "mail": mail}


@pytest.mark.parametrize("ending", FORMATS)
async def test_a_number_behind_a_text_step(tmp_path: Path, sandbox: Sandbox, ending: str) -> None:
    rows = [row(1, 12.345), row(2, 12.34), row(3, 0.125), row(4, 1234.5), row(5, 7.0)]
    if ending != "parquet":  # whose columns are of one type
        rows += [row(6, "1.234,56 €"), row(7, "12.345 €")]
    steps = f'      - replace: {{old: " €", new: ""}}\n      - {MONEY}}}\n'
    project(tmp_path, sandbox, ending, rows, steps)
    said = await connector(tmp_path, "run", "import", "--json")
    assert (said.status, said.end["refused"]) == (3, 2), said
    texts = {} if ending == "parquet" else {"C6": 123456, "C7": 1234500}
    assert await balances(sandbox) == {"C2": 1234, "C4": 123450, "C5": 700} | texts
    told = await connector(tmp_path, "outcomes", "last", "--only", "refused", "--json")
    problems = [json.loads(line)["problem"] for line in told.out.splitlines()]
    assert {problem["code"] for problem in problems} == {"too_many_decimals"}
    assert problems[0]["message"].startswith("balance: '12.345' has more decimals than eur")


ROUNDED = f"      - {MONEY}, round: half_up}}\n"


async def problems_as(folder: Path, form: str) -> str:
    said = await connector(folder, "outcomes", "last", "--only", "problems", "-f", form)
    return said.out


async def retried(folder: Path, name: str, text: str) -> Said:
    (folder / name).write_text(text)
    return await connector(folder, "retry", "last", "--from", name, "--json")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("ending", FORMATS)
async def test_mended_and_sent_again(
    tmp_path: Path, sandbox: Sandbox, ending: str, form: str
) -> None:
    rows = [row(1, 0.125, "nobody"), row(2, 12.345, "nobody"), row(3, 12.5, "nobody")]
    project(tmp_path, sandbox, ending, rows, ROUNDED)
    assert (await connector(tmp_path, "run", "import")).status == 3
    mended = (await problems_as(tmp_path, form)).replace("nobody", "a@example.com")
    said = await retried(tmp_path, f"problems.{form}", mended)
    assert (said.status, said.end["written"]) == (0, 3), said
    assert await balances(sandbox) == {"C1": 13, "C2": 1235, "C3": 1250}


async def test_what_a_spreadsheet_made_of_a_number_is_refused(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    rows = [row(1, 12.345, "nobody"), row(2, 0.5, "nobody"), row(3, 2.5, "nobody")]
    project(tmp_path, sandbox, "xlsx", rows, ROUNDED)
    await connector(tmp_path, "run", "import")
    listed = (await problems_as(tmp_path, "csv")).replace("nobody", "a@example.com")
    german = listed.replace(",12.345,", ",12345,").replace(",2.5,", ',"3,5",').replace(",", ";")
    german = german.replace('"3;5"', "3,5")
    said = await retried(tmp_path, "german.csv", german)
    assert (said.end["written"], said.end["refused"]) == (2, 1), said
    assert await balances(sandbox) == {"C2": 50, "C3": 350}
    # The amount is as it was, so that what is mended next is that, and no text.
    again = await problems_as(tmp_path, "csv")
    (left,) = csv.DictReader(again.splitlines())
    assert (left["price"], left["mail"], left["_field"]) == ("12.345", "a@example.com", "price")
    assert "it was 12.345 in the source" in left["_problem"]
    assert "Write 12.345 again" in left["_remedy"]
    said = await retried(tmp_path, "again.csv", again)
    assert said.end["written"] == 1
    assert (await balances(sandbox))["C1"] == 1235


async def test_a_file_of_an_earlier_run_and_one_without_its_records(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    rows = [row(1, 0.125, "nobody"), row(2, 1.125, "nobody")]
    project(tmp_path, sandbox, "xlsx", rows, ROUNDED)
    await connector(tmp_path, "run", "import")
    first = await problems_as(tmp_path, "csv")
    await connector(tmp_path, "retry", "last")
    bare = "id,price,cur,mail\nC2,1.125,EUR,a@example.com\n"
    said = await retried(tmp_path, "bare.csv", bare)
    assert (said.end["written"], said.end["refused"]) == (0, 1)
    said = await retried(tmp_path, "first.csv", first.replace("nobody", "a@example.com"))
    assert said.end["written"] == 2, said
    assert await balances(sandbox) == {"C1": 13, "C2": 113}


COPIED: list[Row] = [
    {"id": 1, "n": None, "t": "", "b": False, "d": {"y": [1.10, None]}, "f": 12.345, "_own": "k"},
    {"id": 2, "b": True, "d": {}, "f": 0.5, "t": "0012", "l": []},
    {"id": 3, "n": 5, "t": "1.50", "f": 1e-7, "more": 2.50, "deep": {"a": {"b": "12.345"}}},
]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_every_type_comes_back(tmp_path: Path, form: str) -> None:
    """The request of a retry is that of the source's row, were it mended there."""
    for name in ("endpoints", "operations"):
        (tmp_path / name).mkdir()
    (tmp_path / "project.yaml").write_text("name: copy\n")
    (tmp_path / "endpoints/files.yaml").write_text(
        "connector: files\nactivities:\n  in: {type: read, path: in.jsonl}\n"
        "  out: {type: write, path: out.jsonl}\n"
    )
    (tmp_path / "operations/copy.yaml").write_text(
        "source: files/in\ntarget: files/out\nidentity: id\nmapping:\n"
        "  - {to: whole, expression: $}\n  - {to: m, from: mended, steps: [to_integer]}\n"
    )
    broken = [record | {"mended": "x"} for record in COPIED]
    write_json_lines(tmp_path / "in.jsonl", broken)
    assert (await connector(tmp_path, "run", "copy")).status == 3
    mended = (await problems_as(tmp_path, form)).replace(",x,", ",1,").replace('"x"', '"1"')
    mended = mended.replace('""mended"":""x""', '""mended"":""1""')
    said = await retried(tmp_path, f"problems.{form}", mended)
    assert said.end["written"] == 3, said
    made = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [each["m"] for each in made] == [1, 1, 1]
    write_json_lines(tmp_path / "in.jsonl", [record | {"mended": "1"} for record in COPIED])
    assert (await connector(tmp_path, "run", "copy")).status == 0
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert made == [json.loads(line) for line in lines]
