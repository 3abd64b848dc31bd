"""Pages, and going on from a cursor."""

import asyncio
import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.source import FileSource
from connector_sdk import Activity, MemoryHost, Page, SettingError, SourceChangedError

ROWS = [f"{number},name {number}" for number in range(1, 1201)]


def made(tmp_path: Path, rows: list[str], name: str = "a.csv") -> None:
    data = "\n".join(["id,name", *rows, ""]).encode()
    (tmp_path / name).write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)


async def opened(connection: FilesConnection, name: str = "a.csv") -> FileSource:
    return await connection.source(Activity("a", "read", settings={"path": name}))


async def pages(source: FileSource, after: bytes | None = None) -> list[Page]:
    return [page async for page in source.read(after)]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
async def test_every_cursor_goes_on(tmp_path: Path, connection: FilesConnection, name: str) -> None:
    made(tmp_path, [*ROWS[:700], "broken", "", *ROWS[700:]], name)
    source = await opened(connection, name)
    first, second, third = await pages(source)
    assert [len(page.records) for page in (first, second, third)] == [500, 500, 201]
    assert [page.filtered for page in (first, second, third)] == [0, 1, 0]
    assert await pages(source, first.after) == [second, third]
    assert await pages(source, second.after) == [third]
    assert await pages(source, third.after) == []


async def test_more_rows_at_the_end_are_read(tmp_path: Path, connection: FilesConnection) -> None:
    made(tmp_path, ROWS[:600])
    *_, last = await pages(await opened(connection))
    made(tmp_path, ROWS[:601])
    (more,) = await pages(await opened(connection), last.after)
    assert [record.seq for record in more.records] == [601]


@pytest.mark.parametrize(
    ("rows", "how"),
    [
        (["0,new", *ROWS], "first 500 records are not the same"),
        ([*ROWS[:10], "11,other", *ROWS[11:]], "first 500 records are not the same"),
        (ROWS[:499], "it ends after record 499"),
    ],
)
async def test_a_changed_file_is_noticed(
    tmp_path: Path, connection: FilesConnection, rows: list[str], how: str
) -> None:
    made(tmp_path, ROWS)
    first, *_ = await pages(await opened(connection))
    made(tmp_path, rows)
    with pytest.raises(SourceChangedError, match=how):
        await pages(await opened(connection), first.after)


async def test_a_change_behind_the_cursor_is_read(
    tmp_path: Path, connection: FilesConnection
) -> None:
    made(tmp_path, ROWS)
    first, *_ = await pages(await opened(connection))
    made(tmp_path, [*ROWS[:500], "x,y"])
    (rest,) = await pages(await opened(connection), first.after)
    assert [record.raw for record in rest.records] == [b'{"id":"x","name":"y"}']


@pytest.mark.parametrize("cursor", [b"{", b"[]", b'{"rows":"x"}'])
async def test_a_cursor_of_something_else(
    tmp_path: Path, connection: FilesConnection, cursor: bytes
) -> None:
    made(tmp_path, ROWS)
    with pytest.raises(SettingError, match="one of a file"):
        await pages(await opened(connection), cursor)


async def test_stopping_ends_between_pages(
    tmp_path: Path, connection: FilesConnection, host: MemoryHost
) -> None:
    made(tmp_path, ROWS)
    reading = (await opened(connection)).read(None)
    await anext(reading)
    host.stop()
    assert [page async for page in reading] == []


async def test_cancelled_in_the_middle(tmp_path: Path, connection: FilesConnection) -> None:
    made(tmp_path, ROWS)
    source = await opened(connection)
    for _ in range(20):
        task = asyncio.ensure_future(pages(source))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert len(await pages(source)) == 3


MEASURED = """
import asyncio, resource, sys
from connector_agent.connectors.files.connector import FilesConnector
from connector_sdk import Activity, MemoryHost

async def main():
    connection = await FilesConnector().connect({"folder": sys.argv[1]}, MemoryHost())
    source = await connection.source(Activity("a", "read", settings={"path": sys.argv[2]}))
    count = sum([len(page.records) async for page in source.read(None)])
    print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

asyncio.run(main())
"""


def measured(folder: Path, rows: int) -> int:
    """The peak memory in kB of a process that reads so many rows of 100 characters."""
    name = f"{rows}.csv"
    with (folder / name).open("w") as file:
        file.write("id,text\n")
        for number in range(rows):
            file.write(f"{number},{'x' * 92}\n")
    out = subprocess.run(
        [sys.executable, "-c", MEASURED, str(folder), name], capture_output=True, check=True
    )
    count, peak = map(int, out.stdout.split())
    assert count == rows
    return peak


def test_memory_stays_the_same(tmp_path: Path) -> None:
    assert measured(tmp_path, 60_000) < measured(tmp_path, 2_000) + 6_000


@pytest.mark.full
def test_memory_stays_the_same_for_200_megabytes(tmp_path: Path) -> None:
    assert measured(tmp_path, 2_000_000) < measured(tmp_path, 2_000) + 8_000
