"""Parquet files, read and written."""

import datetime as dt
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.parquet import types_of
from connector_sdk import Activity, Record, SettingError

from tests.connector_agent.connectors.files.conftest import Read, Write

UTC = dt.UTC


def values(records: list[Record]) -> list[dict[str, Any]]:
    return [json.loads(record.raw) for record in records]


async def test_types_become_those_of_json(tmp_path: Path, read: Read) -> None:
    when = dt.datetime(2026, 1, 31, 10, 30, 0, 250_000, UTC)
    table = pa.table(
        {
            "i": pa.array([2**60, None]),
            "f": pa.array([1.5, float("nan")]),
            "d": pa.array([Decimal("1.10"), None], pa.decimal128(9, 2)),
            "s": pa.array(["00123", ""]),
            "b": pa.array([True, None]),
            "day": pa.array([dt.date(2026, 1, 31), None]),
            "ns": pa.array([when, None], pa.timestamp("ns", "UTC")),
            "dur": pa.array([dt.timedelta(seconds=1.5), None], pa.duration("ns")),
            "raw": pa.array([b"Zo\xc3\xab", None]),
            "cat": pa.array(["x", None]).dictionary_encode(),
            "st": pa.array([{"a": [1, 2]}, None]),
            "m": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = await read("a.parquet")
    assert first.at == "a.parquet row 1"
    assert first.raw.startswith(b'{"i":1152921504606846976,"f":1.5,"d":1.10,"s":"00123","b":true')
    assert values([first])[0] | {"i": 0} == {
        "i": 0,
        "f": 1.5,
        "d": 1.1,
        "s": "00123",
        "b": True,
        "day": "2026-01-31",
        "ns": "2026-01-31T10:30:00.250000+00:00",
        "dur": 1.5,
        "raw": "Zoë",
        "cat": "x",
        "st": {"a": [1, 2]},
        "m": {"k": 1},
    }
    assert set(values([second])[0].values()) == {None, ""}


async def test_values_without_a_place_in_json(tmp_path: Path, read: Read) -> None:
    table = pa.table({"f": [float("inf"), 1.0, 2.0], "b": [b"x", b"\xff", b"y"]})
    pq.write_table(table, tmp_path / "a.parquet")
    first, second, third = await read("a.parquet")
    assert third.problem is None
    assert first.problem is not None
    assert second.problem is not None
    assert (first.problem.path, second.problem.path) == ("f", "b")
    assert second.problem.at == "a.parquet row 2"


async def test_numbers_of_32_bits_keep_their_digits(tmp_path: Path, read: Read) -> None:
    prices = pa.array([19.99, 0.1, None, 16_777_216, 3e38], pa.float32())
    pq.write_table(pa.table({"price": prices}), tmp_path / "a.parquet")
    found = [record["price"] for record in values(await read("a.parquet"))]
    assert found == [19.99, 0.1, None, 16_777_216, 3e38]


async def test_a_time_that_no_calendar_has_is_told(tmp_path: Path, read: Read) -> None:
    table = pa.table({"at": pa.array([1 << 62], pa.timestamp("us"))})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(
        SettingError, match=r"a\.parquet is not a Parquet file that can be read: date"
    ):
        await read("a.parquet")


async def test_row_groups_and_nested_columns(tmp_path: Path, read: Read) -> None:
    table = pa.table({"id": range(2500), "address.city": [f"c{n}" for n in range(2500)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=300)
    found = values(await read("a.parquet", nested=True))
    assert found == [{"id": n, "address": {"city": f"c{n}"}} for n in range(2500)]


async def test_the_schema(tmp_path: Path, connection: FilesConnection) -> None:
    table = pa.table({"i": [1], "f": [1.5], "s": ["x"], "b": [True], "l": [[1]]})
    pq.write_table(table, tmp_path / "a.parquet")
    schema = await connection.schemas(Activity("a", "read", settings={"path": "a.parquet"}))
    assert [field.type for field in schema.response.fields] == [
        "integer",
        "number",
        "string",
        "boolean",
        "any",
    ]


async def test_no_parquet_file(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "a.parquet").write_bytes(b"id\n1\n")
    with pytest.raises(SettingError, match=r"a\.parquet is not a Parquet file"):
        await connection.source(Activity("a", "read", settings={"path": "a.parquet"}))


async def test_written_types(tmp_path: Path, connection: FilesConnection, write: Write) -> None:
    target = await connection.target(Activity("a", "write", settings={"path": "a.parquet"}))
    requests = [
        b'{"i":1,"f":1,"b":true,"s":"1","mixed":1,"l":[1,"a"],"none":null,"o":{"x":1}}',
        b'{"i":9007199254740993,"f":0.1,"b":false,"s":"b","mixed":"x","l":[]}',
        b'{"i":null,"big":12345678901234567890,"long":0.12345678901234567890}',
    ]
    assert {outcome.kind for outcome in await write(target, requests)} == {"written"}
    await target.finish(True)
    table = pq.read_table(tmp_path / "a.parquet")
    assert {field.name: str(field.type) for field in table.schema} == {
        "i": "int64",
        "f": "double",
        "b": "bool",
        "s": "string",
        "mixed": "string",
        "l": "string",
        "none": "string",
        "o.x": "int64",
        "big": "string",
        "long": "string",
    }
    assert table.to_pylist()[1]["i"] == 9007199254740993
    assert table.column("mixed").to_pylist() == ["1", "x", None]
    assert table.column("l").to_pylist() == ['[1,"a"]', "[]", None]
    assert table.column("long").to_pylist()[2] == "0.12345678901234567890"


def test_types_of_columns() -> None:
    wide = 2**53 + 1
    rows: list[list[Any]] = [[1, True, wide, Decimal("0.5")], [Decimal("1.5"), 1, None, wide]]
    assert types_of(iter(rows), 4) == ["double", "text", "int64", "text"]


async def test_without_pyarrow(
    tmp_path: Path, connection: FilesConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(pa.table({"id": [1]}), tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for kind, opened in (("read", connection.source), ("write", connection.target)):
        activity = Activity("a", kind, settings={"path": "a.parquet"})
        with pytest.raises(SettingError, match=r"pip install 'connector-agent\[parquet\]'"):
            await opened(activity)
        (problem,) = await connection.check(activity)
        assert (problem.code, problem.path) == ("parquet_missing", "format")
