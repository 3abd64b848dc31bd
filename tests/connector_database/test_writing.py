"""Insert, upsert and delete: one transaction, and an outcome for each row."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from connector_database.verbs import Upserting
from connector_sdk import Activity, Body, Call, Outcome, Request, SettingError, UnreachableError

from tests.connector_database.workbench import Workbench, called, encoded, refused, written

MARK = b'{"settled":2}'


def kinds(outcomes: list[Outcome]) -> list[str]:
    return [outcome.kind for outcome in outcomes]


async def test_rows_and_mark_are_there_together_or_not(bench: Workbench) -> None:
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY)")
    target = await bench.target("insert", "people")
    assert await target.committed("run-1") is None
    await written(target, [b'{"id":1}', b'{"id":2}'])
    assert bench.count("people") == 0, "not before the commit"
    await target.commit("run-1", MARK)
    assert bench.count("people") == 2
    await written(target, [b'{"id":3}'])
    await target.commit("run-1", b"\xff another \x00")
    await written(target, [b'{"id":4}'])
    await target.finish(False)
    assert bench.count("people") == 3, "what came after the last commit is taken back"
    again = await bench.target("insert", "people")
    assert await again.committed("run-1") == b"\xff another \x00"
    assert await again.committed("run-2") is None
    await written(again, [b'{"id":4}'])
    await again.finish(True)
    assert bench.count("people") == 4


async def test_one_row_that_is_refused_leaves_the_others_alone(bench: Workbench) -> None:
    bench.sql(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER CHECK (age > 0), "
        "boss INTEGER REFERENCES people (id))",
        "INSERT INTO people VALUES (7, 1, NULL)",
    )
    rows: list[dict[str, Any]] = [{"id": number, "age": 1} for number in range(1, 101)]
    rows[40] = {"id": 41, "age": 0}
    rows[41] = {"id": 42, "age": 1, "boss": 999}
    outcomes = await bench.write("insert", "people", rows)
    refusals = {outcome.seq: outcome.problem for outcome in outcomes if outcome.kind != "written"}
    assert sorted(refusals) == [7, 41, 42]
    assert bench.count("people") == 98
    for problem in refusals.values():
        assert problem is not None
        assert problem.code == "constraint_violated"
        assert problem.message.startswith("The database refused the row: ")
        assert "INSERT" not in problem.message


async def test_a_chunk_of_nothing_but_refusals(bench: Workbench) -> None:
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY)", "INSERT INTO people VALUES (1)")
    outcomes = await bench.write("insert", "people", [{"id": 1}] * 600)
    assert set(kinds(outcomes)) == {"refused"}
    assert len(outcomes) == 600


async def test_constraints_that_are_checked_at_the_end(postgresql_bench: Workbench) -> None:
    bench = postgresql_bench
    bench.sql(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, boss INTEGER "
        "REFERENCES people (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    outcomes = await bench.write("insert", "people", [{"id": 1, "boss": 9}, {"id": 2}])
    assert kinds(outcomes) == ["refused", "written"]


async def test_a_trigger_refuses(postgresql_bench: Workbench) -> None:
    bench = postgresql_bench
    bench.sql(
        "CREATE TABLE people (id INTEGER PRIMARY KEY)",
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF NEW.id = 2 THEN RAISE EXCEPTION 'two is taken'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER no BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION no()",
    )
    outcomes = await bench.write("insert", "people", [{"id": 1}, {"id": 2}, {"id": 3}])
    assert kinds(outcomes) == ["written", "refused", "written"]
    assert outcomes[1].problem is not None
    assert "two is taken" in outcomes[1].problem.message


async def test_text_that_postgresql_can_t_hold(postgresql_bench: Workbench) -> None:
    bench = postgresql_bench
    bench.sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT)")
    rows = [{"id": 1, "note": "a\0b"}, {"id": 2, "note": "ok"}]
    assert kinds(await bench.write("insert", "notes", rows)) == ["refused", "written"]


async def test_ids_that_the_database_gives(bench: Workbench) -> None:
    kind = "SERIAL PRIMARY KEY" if bench.is_postgresql else "INTEGER PRIMARY KEY"
    bench.sql(f"CREATE TABLE people (id {kind}, name TEXT, note TEXT DEFAULT 'none')")
    rows: list[dict[str, Any]] = [
        {"name": "a"},
        {"name": "b", "note": "x"},
        {"name": "c"},
        {"id": 50, "name": "d"},
    ]
    outcomes = await bench.write("insert", "people", rows)
    stored = {name: str(number) for number, name in bench.sql("SELECT id, name FROM people")}
    assert {row["name"]: outcome.id for row, outcome in zip(rows, outcomes, strict=True)} == stored
    assert stored["d"] == "50"
    assert bench.sql("SELECT note FROM people ORDER BY name") == [
        ("none",),
        ("x",),
        ("none",),
        ("none",),
    ]


async def test_ids_beside_types_that_only_the_database_knows(postgresql_bench: Workbench) -> None:
    bench = postgresql_bench
    bench.sql("CREATE TABLE hosts (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ip INET)")
    outcomes = await bench.write("insert", "hosts", [{"ip": "10.0.0.1"}, {"ip": None}])
    assert [outcome.id for outcome in outcomes] == ["1", "2"]
    target = await bench.target("insert", "hosts")
    assert refused(target, {"id": 9}).remedy == "The database makes its value; take it out."


async def test_what_an_earlier_run_inserted_is_changed(bench: Workbench) -> None:
    bench.sql(
        "CREATE TABLE people (shop TEXT, no INTEGER, name TEXT NOT NULL, note TEXT, "
        "PRIMARY KEY (shop, no))"
    )
    (outcome,) = await bench.write(
        "insert", "people", [{"shop": "a", "no": 1, "name": "Ada", "note": "x"}]
    )
    assert outcome.id == '["a", "1"]'
    target = await bench.target("insert", "people")
    calls = called(target, [b'{"note":"y"}'], outcome.id)
    calls += [call._replace(seq=2) for call in called(target, [b'{"note":"z"}'], '["b", "1"]')]

    async def handed() -> AsyncIterator[Call]:
        for call in calls:
            yield call

    outcomes = [each async for each in target.write(handed())]
    await target.finish(True)
    assert kinds(outcomes) == ["written", "refused"]
    assert outcomes[1].problem is not None
    assert outcomes[1].problem.code == "no_such_row"
    assert bench.sql("SELECT name, note FROM people") == [("Ada", "y")]


async def test_upsert(bench: Workbench) -> None:
    bench.sql(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT NOT NULL UNIQUE, name TEXT)",
        "INSERT INTO people VALUES (1, 'a@x', 'Ada'), (2, 'b@x', 'Bob')",
    )
    rows = [
        {"id": 3, "mail": "a@x", "name": "Ann"},
        {"id": 4, "mail": "c@x"},
        {"id": 4, "mail": "c@x", "name": "Cy"},
        {"id": 4, "mail": "c@x", "name": "Cyd"},
        {"id": 2, "mail": "d@x", "name": "Dee"},
    ]
    outcomes = await bench.write("upsert", "people", rows, key=["mail"])
    assert kinds(outcomes) == ["written"] * 4 + ["refused"], "its id belongs to another row"
    assert outcomes[0].id == "a@x"
    assert bench.sql("SELECT * FROM people ORDER BY mail") == [
        (3, "a@x", "Ann"),
        (2, "b@x", "Bob"),
        (4, "c@x", "Cyd"),
    ]
    problem = refused(await bench.target("upsert", "people", key=["mail"]), {"id": 1, "mail": None})
    assert problem.path == "mail"


async def test_upsert_of_nothing_but_the_key(bench: Workbench) -> None:
    bench.sql(
        "CREATE TABLE tags (name TEXT PRIMARY KEY, note TEXT)", "INSERT INTO tags VALUES ('a', 'x')"
    )
    assert (
        kinds(await bench.write("upsert", "tags", [{"name": "a"}, {"name": "b"}]))
        == ["written"] * 2
    )
    assert bench.sql("SELECT * FROM tags ORDER BY name") == [("a", "x"), ("b", None)]


async def test_upsert_where_the_database_has_none(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upserting, "_statement", lambda *_: None)
    await test_upsert(bench)
    bench.sql("CREATE TABLE tags (name TEXT PRIMARY KEY)", "INSERT INTO tags VALUES ('a')")
    assert (
        kinds(await bench.write("upsert", "tags", [{"name": "a"}, {"name": "b"}]))
        == ["written"] * 2
    )
    assert bench.count("tags") == 2


async def test_delete(bench: Workbench) -> None:
    bench.sql(
        "CREATE TABLE people (id INTEGER PRIMARY KEY)",
        "CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES people (id))",
        "INSERT INTO people VALUES (1), (2), (3), (4)",
        "INSERT INTO pets VALUES (1, 3)",
    )
    outcomes = await bench.write("delete", "people", [{"id": n} for n in (1, 2, 3, 9)])
    assert kinds(outcomes) == ["written", "written", "refused", "skipped"]
    assert bench.sql("SELECT id FROM people") == [(3,), (4,)]
    assert kinds(await bench.write("delete", "people", [{"id": 4}])) == ["written"]
    target = await bench.target("delete", "people")
    assert refused(target, {}).path == "id"
    schemas = await bench.connection.schemas(Activity("a", "delete", "people"))
    assert schemas.note


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
