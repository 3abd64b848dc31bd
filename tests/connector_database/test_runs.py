"""Whole runs from table to table, in processes of their own: killed, resumed, and many rows."""

import asyncio
import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.connector_database.test_conformance import numbers
from tests.connector_database.workbench import Workbench
from tests.warm import Call, call

VICTIM = Path(__file__).with_name("victim.py")
GROWTH = 24_000
"""Kilobytes by which many rows may take more memory than few: the noise of an allocator."""


def project(bench: Workbench, target: str, operation: str = "") -> None:
    """A project that copies `people` to `copy`, both in the database of the test."""
    for name in ("endpoints", "operations"):
        (bench.folder / name).mkdir(exist_ok=True)
    (bench.folder / "project.yaml").write_text("name: copy\n")
    (bench.folder / "endpoints" / "shop.yaml").write_text(
        "connector: database\nconnection:\n  url: ${env:TEST_URL}\n"
        f"activities:\n  people:\n    type: read\n    on: people\n  copy:\n    {target}\n"
    )
    (bench.folder / "operations" / "copy.yaml").write_text(
        f"source: shop/people\ntarget: shop/copy\n{operation}"
    )


def fill(bench: Workbench, rows: int) -> None:
    bench.sql(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, balance NUMERIC(12,2))",
        f"INSERT INTO people SELECT n, 'name ' || n, n * 0.25 FROM {numbers(bench, rows)}",
        "CREATE TABLE copy (id INTEGER PRIMARY KEY, name TEXT, balance NUMERIC(12,2))",
    )


async def connector(
    bench: Workbench, *arguments: str, death: int = 0, when: str = "-"
) -> tuple[int, Any]:
    """The exit status and the last line of JSON but one."""
    said = await asyncio.to_thread(
        partial(call, program=VICTIM, environ=environ(bench)),
        bench.folder,
        str(death),
        when,
        *arguments,
        "--json",
    )
    assert said.status in (0, 1, 3, -signal.SIGKILL), said
    if said.status == -signal.SIGKILL:
        return said.status, None
    return said.status, json.loads(said.out.splitlines()[-2])


def environ(bench: Workbench) -> dict[str, str]:
    return {"TEST_URL": bench.url, "PATH": os.environ["PATH"]}


async def measured(bench: Workbench, *arguments: str) -> tuple[int, Any, int]:
    """The same in a process that nothing was imported for, and how many kilobytes it took."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(VICTIM),
        "0",
        "-",
        *arguments,
        "--project",
        str(bench.folder),
        "--json",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environ(bench),
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    *_, end, peak = [json.loads(line) for line in out.decode().splitlines()]
    return 0, end, peak["peak"]


def differences(bench: Workbench) -> list[tuple[Any, ...]]:
    """Rows that are not in both tables, or that are there twice."""
    return bench.sql(
        "SELECT id, name, balance, count(*) FROM "
        "(SELECT * FROM people UNION ALL SELECT * FROM copy) AS both_tables "
        "GROUP BY id, name, balance HAVING count(*) <> 2"
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("verb", ["insert", "upsert"])
async def test_killed_again_and_again(bench: Workbench, verb: str) -> None:
    rows = 3000
    fill(bench, rows)
    if verb == "insert":
        # A row that was written twice would not be refused for its key.
        bench.sql(
            "DROP TABLE copy", "CREATE TABLE copy (id INTEGER, name TEXT, balance NUMERIC(12,2))"
        )
    project(bench, f"type: {verb}\n    on: copy")
    seen = 0
    for death, when in ((2, "before"), (1, "after"), (1, "before"), (2, "after")):
        status, _ = await connector(bench, "run", "copy", death=death, when=when)
        assert status == -signal.SIGKILL
        committed = bench.count("copy")
        assert committed >= seen
        seen = committed
    assert 0 < seen < rows
    status, end = await connector(bench, "resume", "last")
    assert (status, end["status"]) == (0, "finished"), end
    assert (end["read"], end["written"], end["pending"]) == (rows, rows, 0)
    assert differences(bench) == []


@pytest.mark.timeout(300)
async def test_killed_at_any_moment(bench: Workbench) -> None:
    """From outside, whatever it is doing then."""
    rows = 10_000
    fill(bench, rows)
    bench.sql("DROP TABLE copy", "CREATE TABLE copy (id INTEGER, name TEXT, balance NUMERIC(12,2))")
    project(bench, "type: insert\n    on: copy")
    kills = 0
    for target in (1000, 4000, 7000):
        process = Call(bench.folder, "run", "copy", "--json", environ=environ(bench))
        ended = asyncio.create_task(asyncio.to_thread(process.wait))
        while not ended.done() and bench.count("copy") < target:
            await asyncio.sleep(0.01)
        if not ended.done():
            process.kill()
        kills += (await ended).status == -signal.SIGKILL
    status, end = await connector(bench, "run", "copy")
    assert kills > 0
    assert (status, end["written"]) == (0, rows), end
    assert differences(bench) == []


async def test_refusals_survive_a_kill(bench: Workbench) -> None:
    rows = 600
    fill(bench, rows)
    bench.sql("INSERT INTO copy SELECT * FROM people WHERE id IN (10, 90, 300)")
    project(bench, "type: insert\n    on: copy")
    for when in ("before", "after"):
        status, _ = await connector(bench, "run", "copy", death=2, when=when)
        assert status == -signal.SIGKILL
    status, end = await connector(bench, "run", "copy")
    assert (status, end["read"], end["written"], end["refused"]) == (3, rows, rows - 3, 3), end
    assert differences(bench) == []


async def test_a_second_run_recognises_what_was_written(bench: Workbench) -> None:
    kind = "SERIAL" if bench.is_postgresql else "INTEGER"
    bench.sql(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO people VALUES (1, 'a'), (2, 'b')",
        f"CREATE TABLE copy (no {kind} PRIMARY KEY, name TEXT)",
    )
    mapping = "identity: id\nmapping:\n  - to: name\n    from: name\n"
    project(bench, "type: insert\n    on: copy", mapping)
    _, end = await connector(bench, "run", "copy")
    assert end["written"] == 2
    bench.sql("INSERT INTO people VALUES (3, 'c')", "UPDATE people SET name = 'x' WHERE id = 1")
    _, end = await connector(bench, "run", "copy")
    assert (end["written"], end["skipped"]) == (1, 2)
    project(bench, "type: insert\n    on: copy", mapping + "options:\n  repeat: update\n")
    _, end = await connector(bench, "run", "copy")
    assert end["written"] == 3, end
    assert bench.sql("SELECT no, name FROM copy ORDER BY no") == [(1, "x"), (2, "b"), (3, "c")]


async def peak_of(bench: Workbench, rows: int) -> int:
    bench.sql("DROP TABLE IF EXISTS people", "DROP TABLE IF EXISTS copy")
    fill(bench, rows)
    project(bench, "type: upsert\n    on: copy")
    status, end, peak = await measured(bench, "run", "copy")
    assert (status, end["written"]) == (0, rows), end
    assert differences(bench) == []
    return peak


@pytest.mark.timeout(300)
async def test_memory_stays_flat(bench: Workbench) -> None:
    few = await peak_of(bench, 1000)
    many = await peak_of(bench, 10_000)
    assert many - few < GROWTH, (few, many)


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_a_hundred_thousand_rows(bench: Workbench) -> None:
    few = await peak_of(bench, 1000)
    many = await peak_of(bench, 100_000)
    assert many - few < GROWTH, (few, many)
