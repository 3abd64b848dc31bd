"""What is made of a part in the end: encodings, packings, columns that came late."""

import bz2
import gzip
import json
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.connector import FilesConnector
from connector_agent.connectors.files.part import part_of
from connector_sdk import JSON, MemoryHost, Problem, Request, TargetLostError
from openpyxl import load_workbook

from tests.connector_agent.connectors.files.conftest import Write
from tests.connector_agent.connectors.files.written import opened


def rows(path: Path) -> list[list[Any]]:
    """The cells of a file, by other code than ours."""
    name = path.name
    if name.endswith(".xlsx"):
        return [
            [str(cell or "") for cell in row] for row in load_workbook(path).worksheets[0].values
        ]
    if name.endswith(".parquet"):
        table = pq.read_table(path)
        values = [[str(cell or "") for cell in row.values()] for row in table.to_pylist()]
        return [table.column_names, *values]
    match path.suffix:
        case ".bz2":
            data = bz2.decompress(path.read_bytes())
        case ".gz":
            data = gzip.decompress(path.read_bytes())
        case ".xz":
            data = lzma.decompress(path.read_bytes())
        case ".zip":
            with zipfile.ZipFile(path) as archive:
                (member,) = archive.namelist()
                data = archive.read(member)
        case _:
            data = path.read_bytes()
    if ".json" in name:
        return [list(each.values()) for each in json.loads(data)]
    return [line.split(",") for line in data.decode().splitlines()]


@pytest.mark.parametrize(
    ("encoding", "start"),
    [
        ("utf-8", b"name"),
        ("utf-8-sig", b"\xef\xbb\xbfname"),
        ("UTF_16", b"\xff\xfen\x00"),
        ("utf-16-be", b"\x00n\x00a"),
        ("cp1252", b"name"),
    ],
)
@pytest.mark.parametrize("columns", [None, ["name", "x"]])
async def test_encodings(
    tmp_path: Path,
    connection: FilesConnection,
    write: Write,
    encoding: str,
    start: bytes,
    columns: JSON,
) -> None:
    target = await opened(connection, "a.csv", encoding=encoding, columns=columns)
    await write(target, [b'{"name":"Zo\xc3\xab"}', b'{"x":"\xe2\x82\xac"}'])
    kept = await target.position()
    await target.finish(False)
    target = await opened(connection, "a.csv", kept, encoding=encoding, columns=columns)
    await target.finish(True)
    data = (tmp_path / "a.csv").read_bytes()
    assert data.startswith(start)
    plain = {"UTF_16": "utf-16"}.get(encoding, encoding)
    assert data.decode(plain) == "name,x\r\nZoë,\r\n,€\r\n"


@pytest.mark.parametrize("columns", [None, ["name", "x"]])
async def test_a_character_without_a_place(connection: FilesConnection, columns: JSON) -> None:
    target = await opened(connection, "a.csv", encoding="cp1250", columns=columns)
    problem = target.prepare(Request('{"name":"a","x":"日本"}'.encode()))
    assert isinstance(problem, Problem)
    assert problem.code == "not_encodable"
    assert problem.path == "x"
    assert problem.message == "'日' (U+65E5) has no place in cp1250."


async def test_a_name_without_a_place(connection: FilesConnection) -> None:
    target = await opened(connection, "a.csv", encoding="ascii")
    problem = target.prepare(Request('{"é":"a"}'.encode()))
    assert isinstance(problem, Problem)
    assert problem.path == "é"


@pytest.mark.parametrize(
    "path",
    ["a.csv", "a.csv.gz", "a.csv.bz2", "a.csv.xz", "a.csv.zip", "a.xlsx", "a.parquet"],
)
async def test_columns_that_come_late_and_a_resume(
    tmp_path: Path, connection: FilesConnection, write: Write, path: str
) -> None:
    target = await opened(connection, path)
    await write(target, [b'{"id":"1"}', b'{"id":"2","b":"x"}'])
    kept = await target.position()
    await write(target, [b'{"id":"9","lost":"y"}'])
    await target.finish(False)
    assert not (tmp_path / path).exists()
    target = await opened(connection, path, kept)
    await write(target, [b'{"c":"z","b":"w","id":"3"}'])
    await target.finish(True)
    assert rows(tmp_path / path) == [
        ["id", "b", "c"],
        ["1", "", ""],
        ["2", "x", ""],
        ["3", "w", "z"],
    ]
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == [path]


@pytest.mark.parametrize("path", ["a.json", "a.json.gz", "a.json.zip", "a.json.xz"])
async def test_a_json_list_is_cut_back(
    tmp_path: Path, connection: FilesConnection, write: Write, path: str
) -> None:
    target = await opened(connection, path)
    empty = await target.position()
    await write(target, [b'{"a":1}'])
    kept = await target.position()
    await write(target, [b'{"a":2}'])
    await target.finish(False)
    target = await opened(connection, path, kept)
    await write(target, [b'{"a":3}', b'{"a":4}'])
    await target.finish(True)
    assert rows(tmp_path / path) == [[1], [3], [4]]
    fresh = await opened(connection, path)
    await fresh.finish(True)
    assert rows(tmp_path / path) == []
    assert empty


MADE = ["a.csv", "a.csv.gz", "a.json.bz2", "a.csv.zip", "a.xlsx", "a.parquet"]


@pytest.mark.parametrize("path", MADE)
async def test_a_run_killed_behind_the_move_is_done(
    tmp_path: Path, write: Write, path: str
) -> None:
    host = MemoryHost(tmp_path, tmp_path / ".connector")
    connection = await FilesConnector().connect({}, host)
    target = await opened(connection, path)
    await write(target, [b'{"id":"1"}', b'{"id":"2"}'])
    early = await target.position()
    await write(target, [b'{"id":"3"}'])
    last = await target.position()
    await target.finish(True)
    before = (tmp_path / path).read_bytes()
    target = await opened(connection, path, last)
    assert await target.position() == last
    await target.finish(True)
    assert (tmp_path / path).read_bytes() == before
    with pytest.raises(TargetLostError, match=r"holds other bytes|has .* bytes, and"):
        await opened(connection, path, early)
    # Another file in its place is not taken for the one that was made.
    (tmp_path / path).write_bytes(before + b" ")
    with pytest.raises(TargetLostError):
        await opened(connection, path, last)


@pytest.mark.parametrize("path", MADE)
async def test_a_run_killed_before_the_move_makes_it_again(
    tmp_path: Path,
    connection: FilesConnection,
    write: Write,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = await opened(connection, path)
    await write(target, [b'{"id":"1"}', b'{"id":"2"}'])
    kept = await target.position()

    def broken(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(Exception, match="no room left"):
        patch.setattr(target._note, "write", broken)
        await target.finish(True)
    await target.close()
    assert part_of(tmp_path / path).exists()
    assert not (tmp_path / path).exists()
    target = await opened(connection, path, kept)
    await target.finish(True)
    found = rows(tmp_path / path)
    assert found[-2:] == [["1"], ["2"]]
    assert not part_of(tmp_path / path).exists()


async def test_names_in_zip_archives(
    tmp_path: Path, connection: FilesConnection, write: Write
) -> None:
    for path, settings, name in (
        ("a.csv.zip", {}, "a.csv"),
        ("b.zip", {"format": "csv"}, "b.csv"),
        ("c.csv.zip", {"member": "inner.txt"}, "inner.txt"),
        ("d.jsonl", {"compression": "zip"}, "d.jsonl"),
    ):
        stated: dict[str, JSON] = {**settings}
        target = await opened(connection, path, None, **stated)
        await write(target, [b'{"id":"1"}'])
        await target.finish(True)
        with zipfile.ZipFile(tmp_path / path) as archive:
            assert archive.namelist() == [name]


async def test_the_mode_of_a_made_file_stays(
    tmp_path: Path, connection: FilesConnection, write: Write
) -> None:
    (tmp_path / "a.xlsx").touch(mode=0o600)
    target = await opened(connection, "a.xlsx")
    await write(target, [b'{"id":"1"}'])
    await target.finish(True)
    assert (tmp_path / "a.xlsx").stat().st_mode & 0o777 == 0o600
