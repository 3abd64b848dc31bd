"""Every type comes out as it went in, and nothing is rounded, cut or guessed."""

import base64
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from connector_sdk import Activity

from tests.connector_database.workbench import Workbench, encoded, refused, written

LONG = "12345678901234567890123456789.0123456789"
"""More digits than a float keeps."""


async def test_types_of_postgresql(postgresql_bench: Workbench) -> None:
    bench = postgresql_bench
    bench.sql(
        "CREATE TYPE mood AS ENUM ('calm', 'cross')",
        "CREATE DOMAIN cents AS bigint CHECK (VALUE >= 0)",
        """CREATE TABLE kinds (
            id integer PRIMARY KEY, price numeric(12,2), long numeric, small smallint,
            cents cents, ratio double precision, yes boolean, note text, code char(3),
            at timestamptz, local timestamp, day date, clock time, span interval,
            doc jsonb, raw json, blob bytea, tag uuid, words text[], grid integer[][],
            prices numeric[], mood mood, address inet, cash money, period daterange,
            moments timestamptz[])""",
        f"""INSERT INTO kinds VALUES (
            1, 19.90, {LONG}, -32768, 5, 0.1, true, 'Zoë', 'ab',
            '2026-01-31 12:00:00.5+02', '2026-01-31 12:00:00', '2026-01-31', '23:59:59.25',
            '1 month 2 days 3 hours', '{{"a": {LONG}, "b": [null]}}', '[1.50]', '\\x00ff',
            '6ba7b810-9dad-11d1-80b4-00c04fd430c8', '{{a,NULL,"b,c"}}', '{{{{1,2}},{{3,4}}}}',
            '{{1.5,{LONG}}}', 'calm', '10.0.0.1/8', '1234.5', '[2026-01-01,2026-02-01)',
            '{{2026-01-31 12:00:00+00}}')""",
    )
    ((record,),) = [page.records for page in await bench.read(Activity("a", "read", "kinds"))]
    assert record.problem is None
    assert f'"a": {LONG}'.encode() in record.raw, "JSON keeps the digits of its numbers"
    assert b'"price":19.90' in record.raw
    values = msgspec.json.decode(record.raw)
    del values["doc"]
    assert values == {
        "id": 1,
        "price": 19.9,
        "long": LONG,
        "small": -32768,
        "cents": 5,
        "ratio": 0.1,
        "yes": True,
        "note": "Zoë",
        "code": "ab ",
        "at": "2026-01-31T10:00:00.5Z",
        "local": "2026-01-31T12:00:00",
        "day": "2026-01-31",
        "clock": "23:59:59.25",
        "span": "P1M2DT3H",
        "raw": [1.5],
        "blob": "AP8=",
        "tag": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "words": ["a", None, "b,c"],
        "grid": [[1, 2], [3, 4]],
        "prices": ["1.5", LONG],
        "mood": "calm",
        "address": "10.0.0.1/8",
        "cash": "$1,234.50",
        "period": "[2026-01-01,2026-02-01)",
        "moments": ["2026-01-31T12:00:00Z"],
    }
    bench.sql("CREATE TABLE copy (LIKE kinds INCLUDING ALL)")
    target = await bench.target("insert", "copy")
    (outcome,) = await written(target, [record.raw])
    assert outcome.kind == "written", outcome.problem
    await target.finish(True)
    same = bench.sql("SELECT count(*) FROM kinds k JOIN copy c ON k::text = c::text")
    assert same == [(1,)], bench.sql("SELECT k::text, c::text FROM kinds k, copy c")


async def test_types_of_sqlite(sqlite_bench: Workbench) -> None:
    bench = sqlite_bench
    bench.sql(
        """CREATE TABLE kinds (
            id INTEGER PRIMARY KEY, price DECIMAL(12,2), ratio REAL, yes BOOLEAN, note TEXT,
            at DATETIME, day DATE, clock TIME, doc JSON, blob BLOB, whatever)""",
        """INSERT INTO kinds VALUES (1, 19.9, 0.1, 1, 'Zoë', '2026-01-31 12:00:00.000000',
            '2026-01-31', '12:30:00', '{"a": 1.50}', x'00ff', 'x')""",
        """INSERT INTO kinds VALUES (2, 'free', NULL, 7, 5, 'soon', NULL, NULL, 'no JSON',
            'text', 1.5)""",
    )
    first, second = await bench.rows(Activity("a", "read", "kinds"))
    assert first == {
        "id": 1,
        "price": 19.9,
        "ratio": 0.1,
        "yes": True,
        "note": "Zoë",
        "at": "2026-01-31T12:00:00",
        "day": "2026-01-31",
        "clock": "12:30:00",
        "doc": {"a": 1.5},
        "blob": "AP8=",
        "whatever": "x",
    }
    # SQLite keeps anything in any column: it is read as what it is.
    assert (second["price"], second["yes"], second["at"]) == ("free", 7, "soon")
    assert (second["doc"], second["blob"], second["whatever"]) == ("no JSON", "text", 1.5)
    bench.sql(bench.sql("SELECT sql FROM sqlite_master")[0][0].replace("kinds", "copy"))
    (outcome,) = await bench.write("insert", "copy", [first])
    assert outcome.kind == "written", outcome.problem
    assert bench.sql("SELECT * FROM copy") == [
        (
            1,
            19.9,
            0.1,
            1,
            "Zoë",
            "2026-01-31 12:00:00.000000",
            "2026-01-31",
            "12:30:00",
            '{"a":1.5}',
            b"\x00\xff",
            "x",
        )
    ]


async def test_what_has_no_place_in_json_is_told(bench: Workbench) -> None:
    bench.sql("CREATE TABLE odd (id INTEGER PRIMARY KEY, x DOUBLE PRECISION, note TEXT)")
    if bench.is_postgresql:
        bench.sql("INSERT INTO odd VALUES (1, 'NaN', 'a'), (2, 'Infinity', 'b'), (3, 1, 'c')")
    else:
        bench.sql(
            "INSERT INTO odd VALUES (1, 9e999, 'a'), (2, 1, CAST(x'ff' AS TEXT)), (3, 1, 'c')"
        )
    (page,) = await bench.read(Activity("a", "read", "odd"))
    problems = [record.problem for record in page.records]
    assert problems[2] is None
    for problem in problems[:2]:
        assert problem is not None
        assert problem.code == "cell_unfit"
        assert problem.at.startswith("odd id ")


COLUMNS = "id INTEGER PRIMARY KEY, n SMALLINT, price NUMERIC(6,2), f DOUBLE PRECISION, "
COLUMNS += "t VARCHAR(3), b BOOLEAN, m TIMESTAMP, d DATE, c TIME"


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"n": 1.5}, "whole number"),
        ({"n": True}, "whole number"),
        ({"price": Decimal("1.005")}, "has 2 decimals, and 1.005 has 3"),
        ({"price": Decimal("10000")}, "has 4 digits before the point"),
        ({"price": "1,5"}, "decimal number"),
        ({"f": Decimal("0.12345678901234567890")}, "about 16 digits"),
        ({"f": Decimal("1e400")}, "about 16 digits"),
        ({"t": "four"}, "has 4 characters; 3 are allowed"),
        ({"t": ["a"]}, "has to be text"),
        ({"b": "yes"}, "true or false"),
        ({"b": 1}, "true or false"),
        ({"m": "31/01/2026"}, "a moment such as"),
        ({"m": "2026-02-30T12:00:00"}, "a moment such as"),
        ({"d": "2026-1-31"}, "a date such as"),
        ({"d": "2026-01-31T00:00:00"}, "a date such as"),
        ({"c": "noon"}, "a time of the day"),
    ],
)
async def test_a_value_that_would_change_is_refused(
    bench: Workbench, values: dict[str, Any], part: str
) -> None:
    bench.sql(f"CREATE TABLE strict ({COLUMNS})")
    problem = refused(await bench.target("insert", "strict"), {"id": 1, **values})
    assert part in problem.message
    assert problem.path == next(iter(values))
    assert problem.remedy


async def test_integers_have_bounds(postgresql_bench: Workbench) -> None:
    bench = postgresql_bench
    bench.sql("CREATE TABLE strict (id INTEGER PRIMARY KEY, n SMALLINT, big BIGINT)")
    target = await bench.target("insert", "strict")
    assert "from -32768 to 32767, not 40000" in refused(target, {"id": 1, "n": 40000}).message
    assert refused(target, {"id": 1 << 31}).path == "id"
    assert refused(target, {"id": 1, "big": 1 << 63}).path == "big"


async def test_text_that_means_a_value_is_taken(bench: Workbench) -> None:
    bench.sql(f"CREATE TABLE lax ({COLUMNS})")
    row = {"id": "1", "n": "-7", "price": "12.50", "f": "1e3", "t": 12, "b": "true"}
    row |= {"m": "2026-01-31T14:00:00+02:00", "d": "2026-01-31", "c": "12:30:00"}
    (outcome,) = await bench.write("insert", "lax", [row])
    assert outcome.kind == "written", outcome.problem
    (read,) = await bench.rows(Activity("a", "read", "lax"))
    assert read == {
        "id": 1,
        "n": -7,
        "price": 12.5,
        "f": 1000.0,
        "t": "12",
        "b": True,
        "m": "2026-01-31T12:00:00",
        "d": "2026-01-31",
        "c": "12:30:00",
    }


async def test_unix_seconds_are_a_moment(bench: Workbench) -> None:
    kind = "TIMESTAMPTZ" if bench.is_postgresql else "DATETIME"
    bench.sql(f"CREATE TABLE moments (id INTEGER PRIMARY KEY, m {kind})")
    await bench.write("insert", "moments", [{"id": 1, "m": 1769860800}])
    (read,) = await bench.rows(Activity("a", "read", "moments"))
    assert read["m"].removesuffix("Z") == "2026-01-31T12:00:00"


async def test_a_moment_without_an_offset_is_no_timestamptz(postgresql_bench: Workbench) -> None:
    bench = postgresql_bench
    bench.sql("CREATE TABLE moments (id INTEGER PRIMARY KEY, m TIMESTAMPTZ)")
    problem = refused(
        await bench.target("insert", "moments"), {"id": 1, "m": "2026-01-31T12:00:00"}
    )
    assert "offset" in problem.message


async def test_null_in_json_is_null(bench: Workbench) -> None:
    bench.sql("CREATE TABLE docs (id INTEGER PRIMARY KEY, doc JSON)")
    await bench.write("insert", "docs", [{"id": 1, "doc": None}, {"id": 2, "doc": {"a": [1]}}])
    assert bench.sql("SELECT id FROM docs WHERE doc IS NULL") == [(1,)]


async def test_bytes_are_base64(bench: Workbench) -> None:
    kind = "BYTEA" if bench.is_postgresql else "BLOB"
    bench.sql(f"CREATE TABLE blobs (id INTEGER PRIMARY KEY, blob {kind})")
    target = await bench.target("insert", "blobs")
    assert refused(target, {"id": 1, "blob": "no base64!"}).path == "blob"
    await target.finish(False)
    await bench.write("insert", "blobs", [{"id": 1, "blob": base64.b64encode(b"\0\1").decode()}])
    ((stored,),) = bench.sql("SELECT blob FROM blobs")
    assert bytes(stored) == b"\0\1"


async def test_numbers_of_json_keep_their_digits(postgresql_bench: Workbench) -> None:
    bench = postgresql_bench
    bench.sql("CREATE TABLE amounts (id INTEGER PRIMARY KEY, amount NUMERIC)")
    await bench.write("insert", "amounts", [{"id": 1, "amount": Decimal(LONG)}])
    assert bench.sql("SELECT amount FROM amounts") == [(Decimal(LONG),)]


def test_encoding_is_exact() -> None:
    assert encoded({"a": Decimal(LONG)}) == f'{{"a":{LONG}}}'.encode()
