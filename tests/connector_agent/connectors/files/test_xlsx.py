"""Excel workbooks, read and written."""

import datetime as dt
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from connector_agent.connectors.files import xlsx_reading, xlsx_writing
from connector_agent.connectors.files.connection import FilesConnection
from connector_sdk import JSON, Activity, Problem, Record, Request, SettingError

from tests.connector_agent.connectors.files.conftest import Read, Write


def made(path: Path, *rows: list[Any], title: str = "Customers") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return book


def values(records: list[Record]) -> list[dict[str, Any]]:
    return [json.loads(record.raw) for record in records]


async def test_cells_keep_their_types(tmp_path: Path, read: Read) -> None:
    when = dt.datetime(2026, 1, 31, 10, 30)
    row = ["00123", 7, 19.989999999999998, True, dt.date(2026, 1, 31), when, dt.time(8, 5), None]
    made(tmp_path / "a.xlsx", ["id", "n", "price", "ok", "day", "at", "time", "none"], row)
    (record,) = await read("a.xlsx")
    assert record.at == "a.xlsx row 2"
    assert values([record]) == [
        {
            "id": "00123",
            "n": 7,
            "price": 19.99,
            "ok": True,
            "day": "2026-01-31",
            "at": "2026-01-31T10:30:00",
            "time": "08:05:00",
            "none": "",
        }
    ]


async def test_half_a_character_is_no_escape(tmp_path: Path, read: Read) -> None:
    made(tmp_path / "a.xlsx", ["id"], ["_x0041_ _xD83D_ _xdfff_"])
    assert values(await read("a.xlsx")) == [{"id": "A _xD83D_ _xdfff_"}]


async def test_midnight_of_a_time_stays_a_time(tmp_path: Path, read: Read) -> None:
    book = made(tmp_path / "a.xlsx", ["a", "b", "c"], [dt.datetime(2026, 1, 31)] * 2)
    sheet = book.worksheets[0]
    sheet["B2"].number_format = "yyyy-mm-dd hh:mm"
    sheet["C2"] = dt.timedelta(hours=30, minutes=5)
    sheet["A2"].number_format = "dd.mm.yyyy"
    book.save(tmp_path / "a.xlsx")
    assert values(await read("a.xlsx")) == [
        {"a": "2026-01-31", "b": "2026-01-31T00:00:00", "c": "30:05:00"}
    ]


async def test_blank_rows_count_as_passed_over(tmp_path: Path, connection: FilesConnection) -> None:
    made(tmp_path / "a.xlsx", [None], ["id", "name"], [1, "a"], [None, ""], [], [2, None])
    source = await connection.source(Activity("a", "read", settings={"path": "a.xlsx"}))
    (page,) = [page async for page in source.read(None)]
    assert [record.at for record in page.records] == ["a.xlsx row 3", "a.xlsx row 6"]
    assert page.filtered == 2
    assert await source.total() == 2


async def test_sheet_and_header_row(tmp_path: Path, read: Read) -> None:
    book = made(tmp_path / "a.xlsx", ["other"])
    sheet = book.create_sheet("Data")
    for row in (["Report of May"], ["x", "y"], ["id", 2026], [1, 5]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    assert values(await read("a.xlsx", sheet="Data", header_row=3)) == [{"id": 1, "2026": 5}]
    assert values(await read("a.xlsx", sheet="Data", header=["a", "b"], header_row=3)) == [
        {"a": 1, "b": 5}
    ]


async def test_error_cells_and_ragged_rows_are_problems(tmp_path: Path, read: Read) -> None:
    book = made(tmp_path / "a.xlsx", ["id", "sum"], [1, 2], [2, None], [3, 4, "more"], [4, 5])
    book.worksheets[0]["B3"] = "#REF!"
    book.save(tmp_path / "a.xlsx")
    found = await read("a.xlsx")
    problems = [record.problem for record in found]
    assert problems[0] is problems[3] is None
    assert problems[1] is not None
    assert problems[2] is not None
    assert problems[1].message == "sum holds the error #REF!."
    assert (problems[1].path, problems[1].at) == ("sum", "a.xlsx row 3")
    assert problems[2].code == "row_ragged"
    assert values(found[2:3]) == [{"cells": [3, 4, "more"]}]


def with_values(path: Path, cached: dict[str, str]) -> None:
    """Gives formula cells the values that Excel would keep beside them."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    for formula, value in cached.items():
        sheet = sheet.replace(f"<f>{formula}</f><v />", f"<f>{formula}</f><v>{value}</v>")
        sheet = sheet.replace(f"<f>{formula}</f><v></v>", f"<f>{formula}</f><v>{value}</v>")
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


async def test_formulas_give_their_values(tmp_path: Path, read: Read) -> None:
    made(tmp_path / "a.xlsx", ["a", "b"], [1, "=A2+1"], ["=A2+5", None])
    with_values(tmp_path / "a.xlsx", {"A2+1": "2"})
    first, second = await read("a.xlsx")
    assert (first.problem, values([first])) == (None, [{"a": 1, "b": 2}])
    assert second.problem is not None
    assert second.problem.message == "a holds a formula without a value."


@pytest.mark.parametrize(
    ("rows", "settings", "message"),
    [
        ([["id", "id"]], {}, "Columns 1 and 2 have the same name 'id'"),
        ([["id", None, "name"]], {}, "Column 2 has no name"),
        ([[]], {}, "The sheet 'Customers' of a.xlsx is empty"),
        ([["id"]], {"header_row": 5}, "has no row 5"),
        ([["id"]], {"header_row": 0}, "header_row can't be 0; it has to be at least 1"),
        ([["id"]], {"sheet": "Custommers"}, "no sheet 'Custommers'; it has: Customers. Did you"),
        ([["id"]], {"json_columns": ["x"]}, "There is no column 'x' in a.xlsx"),
        ([["id"]], {"encoding": "utf-8"}, "'encoding' belongs to CSV; what `path` names is Excel"),
    ],
)
async def test_faults(
    tmp_path: Path,
    connection: FilesConnection,
    rows: list[list[Any]],
    settings: dict[str, JSON],
    message: str,
) -> None:
    made(tmp_path / "a.xlsx", *rows)
    with pytest.raises(SettingError, match=message):
        await connection.source(Activity("a", "read", settings={"path": "a.xlsx", **settings}))


async def test_merged_names_are_told(tmp_path: Path, connection: FilesConnection) -> None:
    book = made(tmp_path / "a.xlsx", ["id", "name", None, "x"])
    book.worksheets[0].merge_cells("B1:C1")
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(SettingError, match="Column 3 has no name"):
        await connection.source(Activity("a", "read", settings={"path": "a.xlsx"}))


async def test_no_workbook(tmp_path: Path, connection: FilesConnection) -> None:
    activity = Activity("a", "read", settings={"path": "a.xlsx"})
    (tmp_path / "a.xlsx").write_bytes(b"id,name\n")
    with pytest.raises(SettingError, match=r"a\.xlsx is not a workbook that can be read"):
        await connection.source(activity)
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("hello.txt", "x")
    with pytest.raises(SettingError, match="is not a workbook"):
        await connection.source(activity)


async def test_entities_that_grow_are_refused(tmp_path: Path, connection: FilesConnection) -> None:
    made(tmp_path / "a.xlsx", ["id"], ["x"])
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = bomb.encode() + sheet
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(SettingError, match="EntitiesForbidden"):
        await connection.source(Activity("a", "read", settings={"path": "a.xlsx"}))


async def test_texts_that_unpack_to_too_much(
    tmp_path: Path, connection: FilesConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity = Activity("a", "read", settings={"path": "a.xlsx"})
    made(tmp_path / "a.xlsx", ["id"], *([n] for n in range(500)), ["x" * 30_000])
    assert len([page async for page in (await connection.source(activity)).read(None)]) == 2
    monkeypatch.setattr(xlsx_reading, "PART_LIMIT", 10_000)
    made(tmp_path / "a.xlsx", ["id"])
    with pytest.raises(SettingError, match=r"theme1\.xml in a\.xlsx has more than 10,000 bytes"):
        await connection.source(activity)
    monkeypatch.undo()
    long = ["x" * 30_000] * 40
    made(tmp_path / "a.xlsx", ["id"], *([n] for n in range(900)), long)
    assert len([page async for page in (await connection.source(activity)).read(None)]) == 2
    limited = Activity("a", "read", settings={"path": "a.xlsx", "record_megabytes": 1})
    with pytest.raises(SettingError, match=r"A row of .*sheet1\.xml in a\.xlsx is longer than"):
        await connection.source(limited)


async def test_what_is_written(
    tmp_path: Path, connection: FilesConnection, write: Write, read: Read
) -> None:
    target = await connection.target(
        Activity("a", "write", settings={"path": "a.xlsx", "sheet": "Out"})
    )
    texts = ["=1+1", "#REF!", "00123", "_x0041_ \r\n\t\x01 é", " =", "TRUE", "1e5", ""]
    records: list[dict[str, Any]] = [{"t": text, "n": index} for index, text in enumerate(texts)]
    records.append({"n": 12345678901234567890, "ok": True, "price": 1.5, "none": None})
    outcomes = await write(target, [json.dumps(record).encode() for record in records])
    assert {outcome.kind for outcome in outcomes} == {"written"}
    await target.finish(True)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Out"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=1+1", "s")
    assert (sheet["A3"].value, sheet["A3"].data_type) == ("#REF!", "s")
    assert [cell.value for cell in sheet[1]] == ["t", "n", "ok", "price", "none"]
    assert [cell.value for cell in sheet[10]][1:4] == ["12345678901234567890", True, 1.5]
    found = values(await read("a.xlsx"))
    assert [row["t"] for row in found[:8]] == texts
    assert found[8] == {
        "t": "",
        "n": "12345678901234567890",
        "ok": True,
        "price": 1.5,
        "none": "",
    }


async def test_what_a_sheet_has_no_room_for(
    connection: FilesConnection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_writing, "ROW_LIMIT", 3)
    target = await connection.target(Activity("a", "write", settings={"path": "a.xlsx"}))
    long = target.prepare(Request(json.dumps({"t": "x" * 32_768}).encode()))
    assert isinstance(long, Problem)
    assert (long.code, long.path) == ("cell_too_long", "t")
    # A character that XML has no place for takes seven.
    odd = target.prepare(Request(json.dumps({"t": "x" * 32_760 + "\x01\x02"}).encode()))
    assert isinstance(odd, Problem)
    assert "has 32,774 characters" in odd.message
    outcomes = await write(target, [b'{"a":1}', b'{"a":2}', b'{"a":3}'])
    assert [outcome.kind for outcome in outcomes] == ["written", "written", "refused"]
    assert outcomes[2].problem is not None
    assert "no more than 3 rows" in outcomes[2].problem.message
    await target.finish(True)
