"""Random amounts in files of every format, through random steps, and through a retry of a table:
each time the exact amount, or a problem."""

import asyncio
import csv
import io
import json
import tempfile
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from connector_agent.connectors.files.connector import FilesConnector
from connector_agent.mapping import Mapper, read_lines
from connector_agent.runs.guards import CardGuard
from connector_agent.runs.outcome_table import columns_of, csv_header, csv_row, without_marks
from connector_agent.runs.outcomes import OutcomeRow
from connector_agent.runs.retry_rows import Original, restored
from connector_agent.runs.stage import Stage
from connector_sdk import JSON, Activity, MemoryHost, Record
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

COMMA: dict[str, JSON] = {"decimal": ",", "thousands": "."}
POINT: dict[str, JSON] = {"decimal": ".", "thousands": ","}


def write_xlsx(path: Path, amounts: Sequence[Decimal]) -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(["id", "amount"])
    for number, amount in enumerate(amounts):
        sheet.append([number, float(amount)])
    book.save(path)


def objects(amounts: Sequence[Decimal]) -> list[str]:
    return [f'{{"id":{number},"amount":{amount:f}}}' for number, amount in enumerate(amounts)]


def write_parquet(path: Path, amounts: Sequence[Decimal]) -> None:
    exact = pa.array(list(amounts), pa.decimal128(30, 4))
    pq.write_table(pa.table({"id": pa.array(range(len(amounts))), "amount": exact}), path)


def write_parquet_floats(path: Path, amounts: Sequence[Decimal]) -> None:
    floats = pa.array([float(amount) for amount in amounts])
    pq.write_table(pa.table({"id": pa.array(range(len(amounts))), "amount": floats}), path)


def write_comma(path: Path, amounts: Sequence[Decimal]) -> None:
    """As German software writes it."""
    swapped = [f"{amount:,f}".translate(str.maketrans(",.", ".,")) for amount in amounts]
    rows = "".join(f"{number};{amount}\n" for number, amount in enumerate(swapped))
    path.write_text(f"id;amount\n{rows}")


FORMATS: dict[str, tuple[str, Callable[[Path, Sequence[Decimal]], object]]] = {
    "xlsx": ("a.xlsx", write_xlsx),
    "jsonl": ("a.jsonl", lambda path, given: path.write_text("\n".join(objects(given)))),
    "json": ("a.json", lambda path, given: path.write_text(f"[{','.join(objects(given))}]")),
    "parquet": ("a.parquet", write_parquet),
    "parquet floats": ("a.parquet", write_parquet_floats),
    "csv": ("a.csv", write_comma),
}
KEEPING: list[JSON] = [
    "trim", "lower", "upper", "title", "strip_accents", "skip_when_blank",
    {"replace": {"old": " €", "new": ""}}, {"replace_pattern": {"pattern": "[€ ]", "new": ""}},
    {"pad": {"width": 40, "with": " "}}, {"truncate": 50}, {"extract": {"pattern": "[-0-9.,]+"}},
    {"default": "0"}, {"concat": {"parts": []}},
]  # fmt: skip
EXPRESSIONS = ["amount", "amount & ''", "$string(amount)", "$trim($join(['', amount & '']))"]
AMOUNTS = st.lists(st.decimals(-(10**9), 10**9, allow_nan=False, places=4), min_size=1, max_size=4)


async def read(folder: Path, name: str) -> list[Record]:
    connection = await FilesConnector().connect({}, MemoryHost(folder=folder))
    source = await connection.source(Activity("a", "read", settings={"path": name}))
    records = [record async for page in source.read(None) for record in page.records]
    await connection.close()
    return records


async def staged(records: Sequence[Record], mapper: Mapper) -> list[dict[str, Any] | str]:
    """The request of each record, or the code of its problem."""
    stage = Stage(["id"], mapper.apply, cards=CardGuard())
    found = await stage.all(list(enumerate(records, start=1)))
    requests: list[dict[str, Any] | str] = []
    for item in found:
        mapped = item.create
        problems = [item.problem] if item.problem else list(mapped.problems if mapped else ())
        requests.append(problems[0].code if problems else mapped.values if mapped else {})
    return requests


def through_a_table(records: Sequence[Record]) -> list[Record]:
    """The records as a retry reads them from a file of outcomes."""
    rows = [
        OutcomeRow(seq, 0, "refused", "", "", False, None, "", "", 0.0, each.raw, None, "")
        for seq, each in enumerate(records, start=1)
    ]
    columns = columns_of(rows)
    text = csv_header(columns, mark=True)
    text += "".join(csv_row(row, columns, "run", mark=True) for row in rows)
    back = []
    for record, cells in zip(records, csv.DictReader(io.StringIO(text, newline="")), strict=True):
        bare = without_marks(dict(cells))
        assert isinstance(bare, dict)
        own = {name: cell for name, cell in bare.items() if not name.startswith("_")}
        made, problems = restored(own, Original.of(record.raw), {})
        assert not problems
        back.append(record._replace(raw=json.dumps(made, default=float).encode()))
    return back


def mapper_of(origin: dict[str, JSON], *steps: JSON) -> Mapper:
    line: dict[str, JSON] = {"to": "amount", **origin, "steps": list(steps)}
    lines, faults = read_lines([line], lambda keys: "x")
    assert not faults
    return Mapper(lines, None, {"eur": 2})


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=25)
@given(
    amounts=AMOUNTS,
    steps=st.lists(st.sampled_from(KEEPING), max_size=4),
    reads=st.sampled_from([COMMA, POINT, {}, {"decimal": ","}]),
    rounded=st.booleans(),
)
def test_an_amount_is_that_amount(
    form: str,
    amounts: list[Decimal],
    steps: list[JSON],
    reads: dict[str, JSON],
    rounded: bool,
) -> None:
    name, write = FORMATS[form]
    if form == "csv":
        reads = COMMA
    money: dict[str, JSON] = {"currency": "eur", **reads}
    if rounded:
        money["round"] = "half_up"
    mapper = mapper_of({"from": "amount"}, *steps, {"money_to_minor": money})
    expected: list[dict[str, Any] | str] = []
    for amount in amounts:
        minor = amount.scaleb(2)
        whole = minor.quantize(Decimal(1), ROUND_HALF_UP)
        exact = rounded or whole == minor
        expected.append({"amount": int(whole)} if exact else "too_many_decimals")
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / name, amounts)
        records = asyncio.run(read(Path(folder), name))
    assert asyncio.run(staged(records, mapper)) == expected
    assert asyncio.run(staged(through_a_table(records), mapper)) == expected


@pytest.fixture(scope="module")
def written_by_expressions() -> Any:
    made = {
        text: mapper_of({"expression": text}, "trim", {"to_decimal": COMMA}) for text in EXPRESSIONS
    }
    yield made
    for mapper in made.values():
        mapper.close()


@given(amounts=AMOUNTS, text=st.sampled_from(EXPRESSIONS))
def test_and_through_expressions(
    written_by_expressions: dict[str, Mapper], amounts: list[Decimal], text: str
) -> None:
    records = [Record(at, raw.encode()) for at, raw in enumerate(objects(amounts), start=1)]
    found = asyncio.run(staged(records, written_by_expressions[text]))
    assert [Decimal(each["amount"]) for each in found if isinstance(each, dict)] == amounts


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8))
def test_no_digit_is_lost_without_a_word(amount: Decimal) -> None:
    records = [Record(1, f'{{"id":1,"amount":{amount:f}}}'.encode())]
    mapper = mapper_of({"from": "amount"}, "trim", {"to_decimal": {}})
    (found,) = asyncio.run(staged(records, mapper))
    if isinstance(found, dict):
        # All 17 digits of a 64-bit number say the same number as fewer do.
        same = Decimal(f"{float(amount):.17g}") == amount
        assert Decimal(found["amount"]) == (Decimal(repr(float(amount))) if same else amount)
    else:
        assert found in ("number_too_long", "not_a_number", "card_number")
