"""Insert, upsert and delete: one transaction, and an outcome for each row."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from connector_database.verbs import Upserting
from connector_sdk import Activity, Call

from tests.connector_database.workbench import Workbench, called, kinds, refused, written

MARK = b'{"settled":2}'


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
