"""Pages by key: every row once, whatever the key is, and a stop where that can't be."""

from typing import Any

import msgspec
import pytest
from connector_database import source as reading
from connector_sdk import Activity, Page, Record, SettingError, SourceChangedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connector_database.workbench import Workbench


def activity(table: str, **stated: Any) -> Activity:
    return Activity("a", "read", table, settings=stated)


def query(text: str, *key: str) -> Activity:
    return Activity("a", "query", settings={"query": text, "key": list(key)})


def records(pages: list[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


async def each_from_every_cursor(bench: Workbench, what: Activity) -> list[Any]:
    """All rows; from each cursor on they are the same."""
    pages = await bench.read(what)
    every = records(pages)
    seen = 0
    for page in pages:
        seen += len(page.records)
        assert records(await bench.read(what, page.after)) == every[seen:]
    return [msgspec.json.decode(record.raw) for record in every]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ROWS", 3)


async def test_a_key_of_several_columns(bench: Workbench) -> None:
    bench.sql("CREATE TABLE lines (shop TEXT, no INTEGER, sku TEXT, PRIMARY KEY (shop, no))")
    rows = [(shop, no) for shop in ("a", "b", "ä", "B") for no in range(-2, 3)]
    for shop, no in rows:
        bench.sql(f"INSERT INTO lines VALUES ('{shop}', {no}, 'x')")
    read = await each_from_every_cursor(bench, activity("lines"))
    assert sorted((row["shop"], row["no"]) for row in read) == sorted(rows)
    places = [record.at for record in records(await bench.read(activity("lines")))]
    assert "lines shop a, no -2" in places


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("uuid", [f"'00000000-0000-0000-0000-0000000000{n:02}'" for n in range(11, 21)]),
        ("numeric", [f"{n}.123456789012345678901" for n in range(10)]),
        ("timestamptz", [f"'2026-01-01 00:00:00.00000{n}+02'" for n in range(10)]),
        ("date", [f"'2026-01-{n:02}'" for n in range(1, 11)]),
        ("bytea", [f"'\\x0{n}ff'" for n in range(10)]),
        ("interval", [f"'{n} days'" for n in range(1, 11)]),
        ("double precision", [f"{n}.1" for n in range(10)]),
        ("text", ["''", "'a''b'", "'%s'", "':x'", "'ß'", "'日本'", "'A'", "'a'", "'\\'", "' '"]),
        ("inet", [f"'10.0.0.{n}'" for n in range(10)]),
        ("bigint", [str((1 << 53) + n) for n in range(10)]),
    ],
)
async def test_a_key_of_each_type(
    postgresql_bench: Workbench, kind: str, values: list[str]
) -> None:
    bench = postgresql_bench
    rows = ", ".join(f"({value}, {number})" for number, value in enumerate(values))
    bench.sql(
        f"CREATE TABLE keyed (k {kind} PRIMARY KEY, n INTEGER)", f"INSERT INTO keyed VALUES {rows}"
    )
    for what in (activity("keyed"), query("SELECT * FROM keyed", "k")):
        read = await each_from_every_cursor(bench, what)
        assert sorted(row["n"] for row in read) == list(range(10))


async def test_a_key_of_any_value_of_sqlite(sqlite_bench: Workbench) -> None:
    bench = sqlite_bench
    bench.sql(
        "CREATE TABLE mixed (k PRIMARY KEY NOT NULL)",
        "INSERT INTO mixed VALUES (1), (2.5), (-7), ('1'), (''), ('2026-01-01 00:00:00'), "
        "(x'00'), (x'ff'), (9007199254740993)",
    )
    assert len(await each_from_every_cursor(bench, activity("mixed"))) == 9


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.sets(st.tuples(st.integers(-3, 3), st.text("aAäz%:' ", max_size=2)), max_size=12))
async def test_every_row_comes_once(sqlite_bench: Workbench, keys: set[tuple[int, str]]) -> None:
    bench = sqlite_bench
    bench.sql("DROP TABLE IF EXISTS many", "CREATE TABLE many (a INTEGER, b TEXT, UNIQUE (a, b))")
    for a, b in keys:
        bench.sql(f"INSERT INTO many VALUES ({a}, '{b.replace(chr(39), chr(39) * 2)}')")
    read = await each_from_every_cursor(bench, activity("many", key=["a", "b"]))
    assert [(row["a"], row["b"]) for row in read] == sorted(keys)


async def test_two_rows_with_one_key_are_not_passed_over(bench: Workbench) -> None:
    bench.sql("CREATE TABLE loose (k INTEGER, n INTEGER)")
    bench.sql("INSERT INTO loose VALUES (1, 1), (2, 2), (3, 3), (3, 4), (5, 5)")
    for what in (activity("loose", key=["k"]), query("SELECT * FROM loose;", "k")):
        with pytest.raises(SettingError, match="several rows with k 3"):
            await bench.read(what)
    assert len(await bench.rows(activity("loose", key=["k", "n"]))) == 5


async def test_a_key_that_is_null_is_not_passed_over(bench: Workbench) -> None:
    bench.sql("CREATE TABLE loose (k INTEGER UNIQUE, n INTEGER)")
    bench.sql("INSERT INTO loose VALUES (1, 1), (2, 2), (3, 3), (NULL, 4)")
    with pytest.raises(SettingError, match="a row without k"):
        await bench.read(activity("loose", key=["k"]))
    assert len(await bench.rows(activity("loose", key=["k"], where="k IS NOT NULL"))) == 3


async def test_columns_and_where(bench: Workbench) -> None:
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, note TEXT)")
    bench.sql("INSERT INTO people VALUES (1, 'a:b', '100%'), (2, 'c', 'x'), (3, 'a:c', '100%')")
    what = activity("people", columns=["note", "id"], where="name LIKE 'a:%' -- only these")
    assert await bench.rows(what) == [{"note": "100%", "id": 1}, {"note": "100%", "id": 3}]
    assert await (await bench.connection.source(what)).total() == 2
    schema = (await bench.connection.schemas(what)).response
    assert [field.name for field in schema.fields] == ["note", "id"]


async def test_a_wrong_condition_is_told(bench: Workbench) -> None:
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY)", "INSERT INTO people VALUES (1)")
    for where in ("nmae = 1", "id = 1; DROP TABLE people", "id ="):
        (problem,) = await bench.connection.check(activity("people", where=where))
        assert problem.code == "statement_refused"
    assert bench.count("people") == 1


async def test_a_query_of_several_tables(bench: Workbench) -> None:
    bench.sql(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer INTEGER, total NUMERIC(10,2))",
        "INSERT INTO people VALUES (1, 'Ada'), (2, 'Bob')",
        "INSERT INTO orders VALUES (7, 1, 1.5), (8, 1, 2.5), (9, 2, 4)",
    )
    text = """SELECT o.id, p.name, o.total AS "Total" FROM orders o
        JOIN people p ON p.id = o.buyer WHERE p.name <> ':x' -- a comment"""
    read = await each_from_every_cursor(bench, query(text, "id"))
    assert [(row["id"], row["name"], float(row["Total"])) for row in read] == [
        (7, "Ada", 1.5),
        (8, "Ada", 2.5),
        (9, "Bob", 4.0),
    ]


async def test_a_query_of_nothing_but_its_key(bench: Workbench) -> None:
    bench.sql("CREATE TABLE orders (id INTEGER, buyer INTEGER, note TEXT)")
    bench.sql("INSERT INTO orders VALUES (1, 7, 'a'), (2, 7, 'b'), (3, 8, 'c')")
    text = "SELECT DISTINCT buyer FROM orders"
    assert await bench.rows(query(text, "buyer")) == [{"buyer": 7}, {"buyer": 8}]
    text = "SELECT note, id FROM orders"
    assert await bench.rows(query(text, "note", "id")) == [
        {"note": note, "id": number} for number, note in enumerate("abc", start=1)
    ]


async def test_a_query_with_two_columns_of_one_name_is_refused(postgresql_bench: Workbench) -> None:
    bench = postgresql_bench
    bench.sql("CREATE TABLE a (id INTEGER, x TEXT)", "INSERT INTO a VALUES (1, 'a')")
    with pytest.raises(SettingError, match="two columns 'x'"):
        await bench.read(query("SELECT id, x, x FROM a", "id"))


async def test_a_query_only_reads(bench: Workbench) -> None:
    bench.sql("CREATE TABLE a (id INTEGER)", "INSERT INTO a VALUES (1)")
    for text in ("DELETE FROM a", "SELECT 1 AS id; DELETE FROM a", "DELETE FROM a RETURNING id"):
        assert await bench.connection.check(query(text, "id"))
    assert bench.count("a") == 1


async def test_rows_added_beyond_the_cursor_are_read(bench: Workbench) -> None:
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY)")
    bench.sql("INSERT INTO people VALUES (1), (2), (3)")
    (page,) = await bench.read(activity("people"))
    bench.sql("INSERT INTO people VALUES (4)", "DELETE FROM people WHERE id < 4")
    (record,) = records(await bench.read(activity("people"), page.after))
    assert (record.seq, record.raw) == (4, b'{"id":4}')


async def test_another_key_is_another_order(bench: Workbench) -> None:
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY, no INTEGER NOT NULL UNIQUE)")
    bench.sql("INSERT INTO people VALUES (1, 1)")
    (page,) = await bench.read(activity("people"))
    with pytest.raises(SourceChangedError, match="was read by id and is now read by no"):
        await bench.read(activity("people", key=["no"]), page.after)
    with pytest.raises(SettingError):
        await bench.read(activity("people"), b'{"files":[]}')


async def test_wide_rows_come_in_small_pages(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ROWS", 10)
    monkeypatch.setattr(reading, "BYTES", 3000)
    bench.sql("CREATE TABLE wide (id INTEGER PRIMARY KEY, note TEXT)")
    for number in range(25):
        bench.sql(f"INSERT INTO wide VALUES ({number}, '{'x' * 1000}')")
    pages = await bench.read(activity("wide"))
    assert [len(page.records) for page in pages][:3] == [10, 2, 2]


async def test_views_are_read(bench: Workbench) -> None:
    bench.sql("CREATE TABLE people (id INTEGER PRIMARY KEY)", "INSERT INTO people VALUES (1)")
    bench.sql('CREATE VIEW "Old people" AS SELECT id AS "No." FROM people')
    assert await bench.rows(activity("Old people", key=["No."])) == [{"No.": 1}]
    assert "Old people" in [each.id for each in await bench.connection.choices("read", [])]
    assert "Old people" not in [each.id for each in await bench.connection.choices("insert", [])]
