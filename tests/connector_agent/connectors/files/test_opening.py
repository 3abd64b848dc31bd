"""Packed files, read as they come."""

import bz2
import gzip
import lzma
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.opening import Stored, reading
from connector_sdk import JSON, Activity, SettingError

from tests.connector_agent.connectors.files.conftest import Read

DATA = b"id,name\n1,a\n"
GZIP = partial(gzip.compress, mtime=0)


def zipped(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)


@pytest.mark.parametrize(
    ("ending", "pack"),
    [("gz", GZIP), ("bz2", bz2.compress), ("xz", lzma.compress), ("XZ", lzma.compress)],
)
async def test_packed_by_ending_and_by_name(
    tmp_path: Path, read: Read, pack: Callable[[bytes], bytes], ending: str
) -> None:
    (tmp_path / f"a.csv.{ending}").write_bytes(pack(DATA))
    (record,) = await read(f"a.csv.{ending}")
    assert record.raw == b'{"id":"1","name":"a"}'
    assert record.at == f"a.csv.{ending} row 2"
    (tmp_path / "b.csv").write_bytes(pack(DATA))
    name = {"gz": "gzip"}.get(ending, ending.lower())
    assert len(await read("b.csv", compression=name)) == 1
    (tmp_path / "c.csv.gz").write_bytes(DATA)
    assert len(await read("c.csv.gz", compression="none")) == 1


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv.gz", gzip.compress(DATA, mtime=0)[:-3], "is not a whole gzip file"),
        ("a.csv.bz2", bz2.compress(DATA)[:-3], "is not a whole bz2 file"),
        ("a.csv.bz2", DATA, "is not a whole bz2 file: Invalid data stream"),
        ("a.csv.xz", lzma.compress(DATA)[:-3], "is not a whole xz file"),
        ("a.csv.xz", DATA, "is not a whole xz file"),
        ("a.csv.bz2", bz2.compress(DATA) * 2 + b"BZh0", "is not a whole bz2 file"),
        ("a.csv.bz2", bz2.compress(DATA) + bz2.compress(DATA)[:9], "whole bz2 file: it is cut off"),
        ("a.csv.xz", lzma.compress(DATA) + b"\xfd7zXZ!" + bytes(30), "is not a whole xz file"),
        ("a.csv.xz", lzma.compress(DATA) + lzma.compress(DATA)[:20], "is not a whole xz file"),
        ("a.csv.zip", DATA, "is not a whole zip file"),
        ("a.zip", DATA, "is not a whole zip file"),
    ],
)
async def test_broken_ones(
    tmp_path: Path, connection: FilesConnection, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SettingError, match=message):
        await connection.source(Activity("a", "read", settings={"path": name}))


@pytest.mark.parametrize(("ending", "pack"), [("bz2", bz2.compress), ("xz", lzma.compress)])
async def test_several_streams_one_behind_the_other(
    tmp_path: Path, read: Read, pack: Callable[[bytes], bytes], ending: str
) -> None:
    rows = [f"{number},a\n".encode() for number in range(30_000)]
    parts = [b"id,name\n", *(b"".join(rows[at : at + 10_000]) for at in range(0, 30_000, 10_000))]
    packed = bytes(8).join(map(pack, parts)) + bytes(4)
    (tmp_path / f"a.csv.{ending}").write_bytes(packed)
    records = await read(f"a.csv.{ending}")
    assert [record.raw for record in records[:: len(rows) - 1]] == [
        b'{"id":"0","name":"a"}',
        b'{"id":"29999","name":"a"}',
    ]
    assert len(records) == len(rows)
    (tmp_path / f"a.csv.{ending}").write_bytes(pack(b"id\n" + b"x\n" * 9000 + b"\xe9\n"))
    assert (await read(f"a.csv.{ending}", encoding=""))[-1].raw == '{"id":"é"}'.encode()


async def test_a_zip_of_one_file(tmp_path: Path, read: Read) -> None:
    zipped(tmp_path / "a.zip", a_csv=DATA)
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.writestr("__MACOSX/._a.csv", b"x")
        archive.mkdir("folder")
    assert [record.at for record in await read("a.zip")] == ["a.zip row 2"]
    zipped(tmp_path / "b.csv.zip", whatever=DATA)
    assert len(await read("b.csv.zip")) == 1


@pytest.mark.parametrize(
    ("settings", "message", "path"),
    [
        ({}, r"a\.zip holds 2 files: a\.csv, b\.csv\. .*Name the one that is meant", "path"),
        ({"member": "c.csv"}, r"has no file 'c\.csv' in it\. a\.zip holds 2 files", "member"),
        ({"path": "e.zip"}, r"e\.zip holds 0 files", "path"),
        ({"path": "x.csv", "member": "a.csv"}, "'member' belongs to zip archives", "member"),
    ],
)
async def test_which_member(
    tmp_path: Path, connection: FilesConnection, settings: dict[str, JSON], message: str, path: str
) -> None:
    zipped(tmp_path / "a.zip", a_csv=DATA, b_csv=b"id\n1\n2\n")
    zipped(tmp_path / "e.zip")
    (tmp_path / "x.csv").write_bytes(DATA)
    with pytest.raises(SettingError, match=message) as caught:
        await connection.source(Activity("a", "read", settings={"path": "a.zip", **settings}))
    assert caught.value.problems[0].path == path


async def test_a_member_by_name(tmp_path: Path, read: Read) -> None:
    zipped(tmp_path / "a.zip", a_csv=DATA, b_csv=b"id\n1\n2\n")
    assert len(await read("a.zip", member="b.csv")) == 2


async def test_an_encrypted_member(tmp_path: Path, connection: FilesConnection) -> None:
    zipped(tmp_path / "a.zip", a_csv=DATA)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(SettingError, match=r"a\.csv in a\.zip is encrypted"):
        await connection.source(Activity("a", "read", settings={"path": "a.zip"}))


async def test_a_member_packed_in_an_odd_way(tmp_path: Path, connection: FilesConnection) -> None:
    zipped(tmp_path / "a.zip", a_csv=DATA)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[8] = data[data.index(b"PK\x01\x02") + 10] = 9
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(SettingError, match=r"a\.csv in a\.zip is packed in a way"):
        await connection.source(Activity("a", "read", settings={"path": "a.zip"}))


@pytest.mark.parametrize("packing", ["gzip", "bz2", "xz", "zip"])
def test_what_grows_is_read_in_bounded_memory(tmp_path: Path, packing: str) -> None:
    data = bytes(30_000_000)
    path = tmp_path / "a"
    match packing:
        case "zip":
            zipped(path, a=data)
        case "gzip":
            path.write_bytes(gzip.compress(data, mtime=0))
        case "bz2":
            path.write_bytes(bz2.compress(data))
        case _:
            path.write_bytes(lzma.compress(data, preset=0))
    del data
    tracemalloc.start()
    with reading(Stored(path, packing)) as file:  # type: ignore[arg-type]
        found = 0
        while chunk := file.read(1 << 16):
            found += len(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == 30_000_000
    assert peak < 4_000_000
