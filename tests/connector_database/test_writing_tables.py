"""Writing to tables: those that are made, named oddly, locked or out of reach."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from connector_sdk import Activity, Body, Call, Outcome, Request, SettingError, UnreachableError

from tests.connector_database.workbench import Workbench, encoded, kinds, written

MARK = b'{"settled":2}'


async def test_a_table_is_created(bench: Workbench) -> None:
    columns = {
        "id": "text",
        "count": "integer",
        "price": "decimal",
        "paid": "decimal(12,2)",
        "ratio": "float",
        "yes": "boolean",
        "at": "timestamp",
        "day": "date",
        "clock": "time",
        "doc": "json",
        "blob": "bytes",
        "tag": "uuid",
    }
    settings: dict[str, Any] = {"create": True, "columns": columns, "key": ["id"]}
    what = Activity("a", "insert", "made", settings=settings)
    schemas = await bench.connection.schemas(what)
    assert [field.name for field in schemas.request.fields] == list(columns)
    assert [field.name for field in schemas.request.fields if field.required] == ["id"]
    target = await bench.target("insert", "made", **settings)
    await target.finish(False)
    assert not await bench.connection.choices("read", []), "not before the first row"
    row = {
        "id": "cus_1",
        "count": 3,
        "price": "0.1234567890123456789",
        "paid": "19.90",
        "ratio": 0.5,
        "yes": True,
        "at": "2026-01-31T12:00:00Z",
        "day": "2026-01-31",
        "clock": "12:30:00",
        "doc": {"a": [1]},
        "blob": "AP8=",
        "tag": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    }
    for number in (1, 2):
        (outcome,) = await bench.write(
            "insert", "made", [{**row, "id": f"cus_{number}"}], **settings
        )
        assert outcome.kind == "written", outcome.problem
    read, _ = await bench.rows(Activity("a", "read", "made"))
    assert read["price"] == row["price"], "no digit is lost"
    assert float(read["paid"]) == 19.9
    assert read["at"].removesuffix("Z") == "2026-01-31T12:00:00"
    for name in ("count", "ratio", "yes", "day", "clock", "doc", "blob", "tag"):
        assert read[name] == row[name], name
    assert kinds(await bench.write("insert", "made", [row], **settings)) == ["refused"]


async def test_a_commit_makes_the_table_of_marks(bench: Workbench) -> None:
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY)")
    target = await bench.target("insert", "people")
    await written(target, [b'{"id":1}'])
    await target.commit("run-1", MARK)
    await target.finish(True)
    assert bench.count("people") == bench.count("connector_positions") == 1


async def test_a_file_is_made_with_its_first_table_only(sqlite_bench: Workbench) -> None:
    bench = sqlite_bench
    (bench.folder / "test.db").unlink()
    tested = await bench.connection.test()
    assert tested.problem is not None
    assert tested.problem.code == "no_database_file"
    what = Activity("a", "insert", "made", settings={"create": True, "columns": {"id": "integer"}})
    assert await bench.connection.check(what) == ()
    read = Activity("a", "read", "made")
    assert await bench.connection.check(read) == (tested.problem._replace(warning=True),)
    with pytest.raises(UnreachableError):
        await bench.connection.source(read)
    assert not (bench.folder / "test.db").exists(), "a wrong name makes no file"
    target = await bench.connection.target(what)
    assert kinds(await written(target, [b'{"id":1}'])) == ["written"]
    await target.finish(True)
    assert bench.count("made") == 1
    assert (bench.folder / "test.db").stat().st_mode & 0o077 == 0


async def test_the_loop_goes_on_while_the_database_waits(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY)")
    target = await bench.target("insert", "people")
    entered, go_on = threading.Event(), threading.Event()
    write = target._write

    def slow(*arguments: Any) -> list[str | Outcome]:
        entered.set()
        assert go_on.wait(60)
        assert threading.current_thread() is not threading.main_thread()
        return write(*arguments)

    monkeypatch.setattr(target, "_write", slow)
    writing = asyncio.create_task(written(target, [b'{"id":1}']))
    while not entered.is_set():
        await asyncio.sleep(0)
    go_on.set()
    assert kinds(await writing) == ["written"]
    await target.finish(True)


async def test_calls_that_wait_for_an_outcome(bench: Workbench) -> None:
    """Whoever gives one call after the other must not be kept waiting for 499 more."""
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY)")
    target = await bench.target("insert", "people")
    done = asyncio.Event()

    async def handed() -> AsyncIterator[Call]:
        for seq in (1, 2):
            body = target.prepare(Request(b'{"id":%d}' % seq))
            assert isinstance(body, Body)
            yield Call(seq, 0, "", 0, None, body)
            await done.wait()

    async for _ in target.write(handed()):
        done.set()
    await target.finish(True)
    assert bench.count("people") == 2


async def test_a_locked_file(sqlite_bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    bench = sqlite_bench
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY)")
    other = sqlite3.connect(bench.folder / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("connector_database.engine.TIMEOUT", 0)
    from connector_database.address import Address
    from connector_database.connection import DatabaseConnection

    connection = DatabaseConnection(Address.of(bench.url, "", bench.folder), bench.host)
    target = await connection.target(Activity("a", "insert", "people"))
    with pytest.raises(UnreachableError, match="Another process holds the database"):
        await written(target, [b'{"id":1}'])
    other.close()
    with pytest.raises(UnreachableError):
        await target.commit("run", MARK)  # its rows are gone: nothing may say that they are there
    await connection.close()
    assert bench.count("people") == 0


async def test_a_connection_that_is_lost(postgresql_bench: Workbench) -> None:
    bench = postgresql_bench
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY)")
    target = await bench.target("insert", "people")
    await written(target, [b'{"id":1}'])
    bench.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with pytest.raises(UnreachableError):
        await written(target, [b'{"id":2}'])
    with pytest.raises(UnreachableError):
        await target.commit("run", MARK)
    assert bench.count("people") == 0


async def test_a_table_that_may_not_be_written(postgresql_bench: Workbench) -> None:
    from connector_database.address import Address
    from connector_database.connection import DatabaseConnection
    from connector_sdk import CredentialError
    from sqlalchemy.engine import make_url

    bench = postgresql_bench
    role = f"reader_{time.monotonic_ns()}"
    bench.sql(
        "CREATE TABLE people (id INTEGER PRIMARY KEY)",
        f"CREATE ROLE {role} LOGIN",
        f"GRANT SELECT ON people TO {role}",
    )
    url = make_url(bench.url).set(username=role).render_as_string(hide_password=False)
    connection = DatabaseConnection(Address.of(url, "", bench.folder), bench.host)
    try:
        target = await connection.target(Activity("a", "insert", "people"))
        with pytest.raises(CredentialError, match="permission denied"):
            await written(target, [b'{"id":1}'])
    finally:
        await connection.close()
        bench.sql(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


async def test_a_table_of_another_schema(postgresql_bench: Workbench) -> None:
    bench = postgresql_bench
    bench.sql("CREATE SCHEMA sales", 'CREATE TABLE sales."Odd.Name" (id INTEGER PRIMARY KEY)')
    bench.sql("CREATE TABLE sales.orders (id INTEGER PRIMARY KEY)")
    assert kinds(await bench.write("insert", "sales.orders", [{"id": 1}])) == ["written"]
    assert bench.count("sales.orders") == 1
    with pytest.raises(SettingError, match="no table 'orders'"):
        await bench.target("insert", "orders")


async def test_names_that_need_quotes(bench: Workbench) -> None:
    bench.sql(
        'CREATE TABLE "Order" ("select" INTEGER PRIMARY KEY, "a%b" TEXT, "c:d" TEXT, "e f" TEXT)'
    )
    row = {"select": 1, "a%b": "%s", "c:d": ":x", "e f": "?"}
    for verb in ("insert", "upsert"):
        (outcome,) = await bench.write(verb, "Order", [row])
        assert outcome.kind == "written", outcome.problem
    assert await bench.rows(Activity("a", "read", "Order")) == [row]
    assert kinds(await bench.write("delete", "Order", [{"select": 1}])) == ["written"]


def test_encoded() -> None:
    assert encoded({"a": 1}) == b'{"a":1}'
