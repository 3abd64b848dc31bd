"""Records that are too long, and files that unpack to too much: a message, and little memory."""

import bz2
import gzip
import io
import json
import lzma
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.limits import MEGABYTE, bounded_lines
from connector_sdk import JSON, Activity, SettingError
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.connectors.files.conftest import Read

LONG = 2 * MEGABYTE
HUGE = 64 * MEGABYTE
ONE: dict[str, JSON] = {"record_megabytes": 1}


async def test_a_long_row_of_csv_is_a_problem_and_the_others_are_read(
    tmp_path: Path, read: Read
) -> None:
    (tmp_path / "a.csv").write_text(f"id,name\r\n1,{'x' * LONG}\r\n2,Ada\r\n")
    long, ada = await read("a.csv", **ONE)
    assert long.problem is not None
    assert long.problem.at == "a.csv row 2"
    assert "longer than 1,048,576 characters (`record_megabytes`)" in long.problem.message
    assert "`record_megabytes` above 1" in long.problem.remedy
    assert len(long.raw) < 2000
    assert (json.loads(ada.raw), ada.at) == ({"id": "2", "name": "Ada"}, "a.csv row 3")
    long, _ = await read("a.csv", record_megabytes=3)  # the remedy
    assert (long.problem, len(json.loads(long.raw)["name"])) == (None, LONG)


async def test_a_quote_that_is_never_closed(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text('id,name\n1,"Ada\n' + "2,Grace\n" * (LONG // 8))
    first, *rest = await read("a.csv", **ONE)
    assert first.problem is not None
    found = re.search(r"the ([\d,]+) lines behind it belong to it", first.problem.message)
    assert found is not None
    # Every line is a record, or told of.
    assert len(rest) + int(found[1].replace(",", "")) == LONG // 8
    assert {record.raw for record in rest} == {b'{"id":"2","name":"Grace"}'}


async def test_a_long_header(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "a.csv").write_text("x" * LONG)
    with pytest.raises(SettingError, match=r"The header of a\.csv can't be read.*megabytes"):
        await connection.source(Activity("a", "read", settings={"path": "a.csv", **ONE}))


async def test_a_long_line_of_json_lines(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.jsonl").write_text('{"a":1}\n{"b":"' + "x" * LONG + '"}\n{"a":2}')
    first, long, last = await read("a.jsonl", **ONE)
    assert long.problem is not None
    assert (long.problem.code, long.problem.at) == ("record_too_long", "a.jsonl line 2")
    assert len(long.raw) < 2000
    assert (first.raw, last.raw, last.at) == (b'{"a":1}', b'{"a":2}', "a.jsonl line 3")
    _, long, _ = await read("a.jsonl", record_megabytes=3)
    assert long.problem is None


async def test_a_long_element_of_json_stops_the_run(
    tmp_path: Path, connection: FilesConnection, read: Read
) -> None:
    (tmp_path / "a.json").write_text('[\n{"a":1},\n{"b":"' + "x" * LONG + '"}]')
    with pytest.raises(SettingError, match="in line 3") as caught:
        await connection.source(Activity("a", "read", settings={"path": "a.json", **ONE}))
    assert (caught.value.problem.code, caught.value.problem.at) == (
        "record_too_long",
        "a.json line 3",
    )
    assert len(await read("a.json", record_megabytes=3)) == 2


async def test_a_long_row_of_parquet(tmp_path: Path, read: Read) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    texts = ["a", "x" * LONG, *"bcdefghijklmnopqrstuvwxyz"]
    table = pyarrow.table({"id": range(len(texts)), "name": texts})
    parquet.write_table(table, tmp_path / "a.parquet")
    found = await read("a.parquet", **ONE)
    assert [record.problem is None for record in found] == [text != texts[1] for text in texts]
    assert found[1].problem is not None
    assert found[1].problem.at == "a.parquet row 2"
    assert json.loads(found[-1].raw) == {"id": 26, "name": "z"}
    assert all(record.problem is None for record in await read("a.parquet", record_megabytes=3))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: _zipped({"a.csv": data}),
}


def _zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("ending", list(PACKERS))
async def test_a_file_that_unpacks_to_too_much(
    tmp_path: Path, connection: FilesConnection, read: Read, ending: str
) -> None:
    path = tmp_path / f"a.csv.{ending}"
    path.write_bytes(PACKERS[ending](b"id\n" + (b"1" * 999 + b"\n") * 2000))
    limited: dict[str, JSON] = {"path": path.name, "unpacked_megabytes": 1}
    with pytest.raises(
        SettingError, match="more than 1,048,576 bytes when it is unpacked"
    ) as error:
        await connection.source(Activity("a", "read", settings=limited))
    assert error.value.problem.path == "unpacked_megabytes"
    assert len(await read(path.name, unpacked_megabytes=3)) == 2000


async def test_a_workbook_that_unpacks_to_too_much(
    tmp_path: Path, connection: FilesConnection
) -> None:
    sheet = b"<worksheet><sheetData>" + b" " * LONG + b"</sheetData></worksheet>"
    (tmp_path / "a.xlsx").write_bytes(_zipped({"xl/worksheets/sheet1.xml": sheet}))
    settings: dict[str, JSON] = {"path": "a.xlsx", "unpacked_megabytes": 1}
    with pytest.raises(SettingError, match="when it is unpacked"):
        await connection.source(Activity("a", "read", settings=settings))


async def test_a_long_text_of_a_workbook(tmp_path: Path, connection: FilesConnection) -> None:
    texts = b"<sst><si><t>a</t></si><si><t>" + b"x" * LONG + b"</t></si></sst>"
    (tmp_path / "a.xlsx").write_bytes(_zipped({"xl/sharedStrings.xml": texts}))
    settings: dict[str, JSON] = {"path": "a.xlsx", **ONE}
    with pytest.raises(SettingError, match=r"A text of xl/sharedStrings\.xml in a\.xlsx is longer"):
        await connection.source(Activity("a", "read", settings=settings))


async def test_much_behind_the_rows_of_a_sheet_is_no_row(tmp_path: Path, read: Read) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["id"], [1]):
        sheet.append(row)
    book.save(tmp_path / "plain.xlsx")
    parts = {}
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as archive:
        for name in archive.namelist():
            parts[name] = archive.read(name)
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"</sheetData>", b"</sheetData>" + b" " * LONG)
    (tmp_path / "a.xlsx").write_bytes(_zipped(parts))
    assert len(await read("a.xlsx", **ONE)) == 1


async def test_a_row_that_no_sheet_has(tmp_path: Path, connection: FilesConnection) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["id"])
    book.save(tmp_path / "plain.xlsx")
    parts = {}
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as archive:
        for name in archive.namelist():
            parts[name] = archive.read(name)
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(
        b"</sheetData>", b'<row r="999999999999"><c t="n"><v>1</v></c></row></sheetData>'
    )
    (tmp_path / "a.xlsx").write_bytes(_zipped(parts))
    source = await connection.source(Activity("a", "read", settings={"path": "a.xlsx"}))
    with pytest.raises(SettingError, match="a row beyond 1,048,576"):
        async for _ in source.read(None):
            pass


@pytest.mark.parametrize("name", ["record_megabytes", "unpacked_megabytes"])
async def test_a_limit_of_nothing(connection: FilesConnection, name: str) -> None:
    (problem,) = await connection.check(Activity("a", "read", settings={"path": "a.csv", name: 0}))
    assert (problem.code, problem.path) == ("out_of_range", name)


MEASURED = """
import asyncio, resource, sys
from pathlib import Path
from connector_agent.connectors.files.connector import FilesConnector
from connector_agent.connectors.files import csv_reading, json_reading, xlsx_reading
import openpyxl
from connector_sdk import Activity, ConnectorError, MemoryHost

async def main():
    folder = Path(sys.argv[1])
    connection = await FilesConnector().connect({}, MemoryHost(folder))
    activity = Activity("a", "read", settings={"path": sys.argv[2], "record_megabytes": 1})
    try:
        source = await connection.source(activity)
        await source.total()
        async for page in source.read(None):
            for record in page.records:
                if record.problem:
                    print(record.problem.text())
    except ConnectorError as error:
        print(error)

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
asyncio.run(main())
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def _huge(ending: str) -> bytes:
    x = b"x" * HUGE
    match ending:
        case "csv":
            return b"id,name\n1," + x + b"\n2,Ada\n"
        case "quoted.csv":
            return b'id,name\n1,"' + (b"x" * 999 + b"\n") * (HUGE // 1000)
        case "jsonl":
            return b'{"a":"' + x + b'"}\n'
        case "json":
            return b'[{"a":"' + x + b'"}]'
        case "passed.json":
            return b'{"b":"' + x + b'","items":[]}'
        case "csv.gz":
            return gzip.compress(_huge("csv"), 1)
        case "csv.xz":
            return lzma.compress(_huge("csv"), preset=0)
        case "csv.zip":
            return _zipped({"a.csv": _huge("csv")})
        case "texts.xlsx":
            return _zipped({"xl/sharedStrings.xml": b"<sst><si><t>" + x + b"</t></si></sst>"})
    return _zipped({"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row><c><v>" + x})


@pytest.mark.parametrize(
    "ending",
    [
        *("csv", "quoted.csv", "jsonl", "json", "passed.json", "csv.gz", "csv.xz", "csv.zip"),
        *("texts.xlsx", "sheet.xlsx"),
    ],
)
def test_memory_stays_near_the_limit(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"a.{ending}").write_bytes(_huge(ending))
    command = [sys.executable, "-c", MEASURED, str(tmp_path), f"a.{ending}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    *problems, grown = said.stdout.splitlines()
    assert problems
    assert "record_megabytes" in problems[0]
    assert int(grown) < HUGE // MEGABYTE // 2, f"{grown} MB for a limit of 1 MB"


@given(
    st.lists(st.text("ab", max_size=5) | st.sampled_from(["a" * 30, "b" * 150]), max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 12),
)
def test_bounded_lines_are_the_lines(lines: list[str], end: str, limit: int) -> None:
    text = io.TextIOWrapper(io.BytesIO("".join(f"{x}{end}" for x in lines).encode()), newline="")
    found = list(bounded_lines(text, limit))
    assert [line.rstrip("\r\n")[: limit + 1] for line in found] == [x[: limit + 1] for x in lines]
    for line, whole in zip(found, lines, strict=True):
        assert (len(line) > limit) == (len(whole + end) > limit)
