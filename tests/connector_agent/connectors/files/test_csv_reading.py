"""CSV files as a source."""

import gzip
import json
from pathlib import Path

import pytest
from connector_agent.connectors.files.connection import FilesConnection, look_at
from connector_agent.connectors.files.settings import read_options
from connector_sdk import JSON, Activity, Problem, Record, SettingError

from tests.connector_agent.connectors.files.conftest import Read


def values(records: list[Record]) -> list[dict[str, str]]:
    assert [record.problem for record in records] == [None] * len(records)
    return [json.loads(record.raw) for record in records]


def problem_of(record: Record) -> Problem:
    assert record.problem is not None
    assert record.problem.at == record.at
    return record.problem


async def test_values_stay_the_text_of_the_file(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text('crm_id, Name ,x\n007, "Ann" ,1e5\n"a ""b""",,TRUE\n')
    records = await read("a.csv")
    assert values(records) == [
        {"crm_id": "007", " Name ": ' "Ann" ', "x": "1e5"},
        {"crm_id": 'a "b"', " Name ": "", "x": "TRUE"},
    ]
    assert [(record.seq, record.at) for record in records] == [
        (1, "a.csv row 2"),
        (2, "a.csv row 3"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_dialect_and_encoding_are_found(
    tmp_path: Path, read: Read, encoding: str, delimiter: str
) -> None:
    text = f"id{delimiter}name\r\n1{delimiter}Zoë Müller\r\n"
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    assert values(await read("a.csv")) == [{"id": "1", "name": "Zoë Müller"}]


async def test_stated_dialect(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.txt").write_bytes("id^name\n1^'Zoë^'\n".encode("cp1250"))
    found = await read("a.txt", format="csv", delimiter="^", quote="'", encoding="cp1250")
    assert values(found) == [{"id": "1", "name": "Zoë^"}]


async def test_by_ending(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.tsv").write_text("a,b\tc\n1\t2\n")
    assert values(await read("a.tsv")) == [{"a,b": "1", "c": "2"}]
    (tmp_path / "a.csv.gz").write_bytes(
        gzip.compress(b"a,b\n1,2\n", mtime=0) + gzip.compress(b"3,4\n", mtime=0)
    )
    assert values(await read("a.csv.gz")) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


async def test_ragged_rows_are_problems_and_kept(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text("a,b,c\n1,2\n1,2,3\n1,2,3,4\n")
    short, sound, long = await read("a.csv")
    assert problem_of(short).message == "The row has 2 cells; the header has 3."
    assert short.at == "a.csv row 2"
    assert json.loads(short.raw) == {"cells": ["1", "2"]}
    assert sound.problem is None
    assert problem_of(long).message == "The row has 4 cells; the header has 3."
    assert json.loads(long.raw) == {"cells": ["1", "2", "3", "4"]}


async def test_an_unclosed_quote(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text('a,b\n1,2\n"3,4\n5,6\n')
    sound, broken = await read("a.csv")
    assert sound.problem is None
    assert broken.at == "a.csv row 3"
    assert "never closed" in problem_of(broken).message
    assert json.loads(broken.raw) == {"text": '"3,4\n5,6\n'}


async def test_blank_cells_and_empty_lines(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "a.csv").write_text("\na,b\n,\n\n\n1,2\n\n")
    source = await connection.source(Activity("a", "read", settings={"path": "a.csv"}))
    (page,) = [page async for page in source.read(None)]
    assert [(json.loads(record.raw), record.at) for record in page.records] == [
        ({"a": "", "b": ""}, "a.csv row 3"),
        ({"a": "1", "b": "2"}, "a.csv row 6"),
    ]
    assert page.filtered == 4


async def test_header_only(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    assert await read("a.csv") == []


async def test_names_are_stated(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text("1,2\n3,4\n")
    records = await read("a.csv", header=["x", "y"])
    assert values(records) == [{"x": "1", "y": "2"}, {"x": "3", "y": "4"}]
    assert records[0].at == "a.csv row 1"


async def test_decimal_comma(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text(
        "balance;note\n1.234,50;1,5\n -7,5 ;x\n1 000;x\n;x\nn/a;x\n12.5;x\n", encoding="utf-8"
    )
    records = await read("a.csv", decimal_comma=["balance"])
    found = [json.loads(record.raw) for record in records]
    assert found[0] == {"balance": "1234.50", "note": "1,5"}
    assert [each["balance"] for each in found[1:]] == ["-7.5", "1000", "", "n/a", "12.5"]
    assert [record.problem is None for record in records] == [True] * 5 + [False]
    assert "'12.5'" in problem_of(records[5]).message
    assert problem_of(records[5]).path == "balance"


async def test_a_cell_of_a_megabyte(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1," + "x" * (1 << 20) + "\n")
    assert len(values(await read("a.csv"))[0]["b"]) == 1 << 20


async def test_pages_do_not_grow_with_cells(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "a.csv").write_text("a,b\n" + ("1," + "x" * (1 << 20) + "\n") * 9)
    source = await connection.source(Activity("a", "read", settings={"path": "a.csv"}))
    assert [len(page.records) async for page in source.read(None)] == [4, 4, 1]


@pytest.mark.parametrize(
    ("data", "settings", "path", "message"),
    [
        (b"", {}, "path", "a.csv is empty; a header"),
        (b"\n\r\n", {}, "path", "a.csv is empty; a header"),
        (b"\xef\xbb\xbf", {}, "path", "a.csv is empty; a header"),
        (b"a,b,a\n", {}, "path", "Columns 1 and 3 have the same name 'a'."),
        (b"a,,b, \n", {}, "path", "Column 2 has no name."),
        (b'a,"b\n', {}, "path", "The header of a.csv can't be read."),
        (b"a\n", {"header": False}, "header", "needs names for its columns"),
        (b"a\n", {"header": []}, "header", "There are no columns."),
        (b"a\n", {"header": 5}, "header", "header has to be"),
        (b"a\n", {"header": ["x", "x"]}, "header", "Columns 1 and 2"),
        (b"a\n", {"delimiter": ";;"}, "delimiter", "one character"),
        (b"a\n", {"delimiter": ",", "quote": ","}, "quote", "one character"),
        (b"a\n", {"encoding": "latin-99"}, "encoding", "There is no encoding 'latin-99'."),
        (b"a\n", {"encoding": "hex"}, "encoding", "There is no encoding 'hex'."),
        (b"a\nZo\xeb\n", {"encoding": "utf-8"}, "encoding", "byte 4 (0xeb), in line 2"),
        (b"ab\n", {"decimal_comma": ["abc"]}, "decimal_comma", "There is no column 'abc'"),
        (b"a\n", {"format": "xml"}, "format", "csv, jsonl"),
        (b"a\n", {"headr": True}, "headr", "no field 'headr'"),
        (b"a\n", {"path": "b.csv"}, "path", "There is no file 'b.csv'"),
        (b"a\n", {"path": "a.txt"}, "format", "does not tell its format"),
        (b"a\n", {"path": " "}, "path", "empty or not a path"),
        (b"a\n", {"path": "a.jsonl", "quote": "'"}, "quote", "belongs to CSV"),
    ],
)
async def test_faults(
    tmp_path: Path,
    connection: FilesConnection,
    data: bytes,
    settings: dict[str, JSON],
    path: str,
    message: str,
) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    activity = Activity("a", "read", settings={"path": "a.csv", **settings})
    problems = await connection.check(activity)
    assert [problem.path for problem in problems][:1] == [path]
    assert message in problems[0].message
    with pytest.raises(SettingError):
        await connection.source(activity)


async def test_every_fault_of_the_header_at_once(
    tmp_path: Path, connection: FilesConnection
) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,,a\n")
    problems = await connection.check(Activity("a", "read", settings={"path": "a.csv"}))
    assert [problem.at for problem in problems] == ["a.csv row 1"] * 2


async def test_schemas_follow_the_header(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "a.csv").write_bytes("id;nåme\n1;é\n".encode("cp1252"))
    schemas = await connection.schemas(Activity("a", "read", settings={"path": "a.csv"}))
    assert [(field.name, field.type) for field in schemas.response.fields] == [
        ("id", "string"),
        ("nåme", "string"),
    ]
    assert schemas.response.description == "CSV in cp1252, assumed; between cells: semicolon."


def test_a_file_that_changes_its_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\nb\n")
    ready = look_at(read_options(tmp_path, {"path": "a.csv"}).of(tmp_path / "a.csv", "a.csv"))
    (tmp_path / "a.csv").write_bytes(b"a\nZo\xeb\n")
    with pytest.raises(SettingError, match="changed while it was read"):
        list(ready.records())


async def test_a_broken_gzip_file(tmp_path: Path, connection: FilesConnection) -> None:
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 1000, mtime=0)
    (tmp_path / "a.csv.gz").write_bytes(packed[:-20])
    (tmp_path / "b.csv.gz").write_bytes(b"a,b\n")
    for name in ("a.csv.gz", "b.csv.gz"):
        (problem,) = await connection.check(Activity("a", "read", settings={"path": name}))
        assert "is not a whole gzip file" in problem.message


async def test_totals(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "a.csv").write_text('a,b\n1,"x\ny"\n\n2,3\n')
    source = await connection.source(Activity("a", "read", settings={"path": "a.csv"}))
    assert await source.total() == 2
    (tmp_path / "b.csv").write_text("a,b\n" + "1,2\n" * 150_000)
    source = await connection.source(Activity("a", "read", settings={"path": "b.csv"}))
    total = await source.total()
    assert total is not None
    assert abs(total - 150_000) < 100
