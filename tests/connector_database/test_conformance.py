"""The battery of the contract, on each verb and each system that is tested."""

from pathlib import Path

import pytest
from connector_database.connector import DatabaseConnector
from connector_sdk import JSON, Activity, MemoryHost
from connector_sdk.conformance import Battery, Subject

from tests.connector_database.workbench import Workbench

ROWS = 1201


class TestConformance(Battery):
    @pytest.fixture(params=["insert", "upsert", "delete"])
    def subject(self, request: pytest.FixtureRequest, bench: Workbench, tmp_path: Path) -> Subject:
        verb = str(request.param)
        bench.sql(
            "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL)",
            f"INSERT INTO people SELECT n, 'name ' || n FROM {numbers(bench, ROWS)}",
            "CREATE TABLE target (id INTEGER PRIMARY KEY, name VARCHAR(20))",
            f"INSERT INTO target SELECT n, 'old' FROM {numbers(bench, 3)}",
            "CREATE TABLE keyless (name VARCHAR(20))",
        )
        good = [b'{"id":%d,"name":"Zo\xc3\xab"}' % number for number in range(4, 9)]
        if verb == "delete":
            bench.sql(f"INSERT INTO target SELECT n + 3, 'old' FROM {numbers(bench, 6)}")
            good = [b'{"id":%d}' % number for number in range(4, 9)]

        async def held() -> int:
            found = bench.count("target")
            return -found if verb == "delete" else found

        read: dict[str, JSON] = {"key": ["id"]}
        return Subject(
            connector=DatabaseConnector(),
            settings={"url": bench.url},
            wrong_settings=[
                ({"url": "oracle://a/b"}, "url"),
                ({"url": "sqlite://"}, "url"),
                ({"url": "no url"}, "url"),
                ({"url": "postgresql+asyncpg://a/b"}, "url"),
            ],
            source=Activity("people", "read", "people"),
            target=Activity("write", verb, "target"),
            good=good,
            bad=[
                (b'{"id":9,"nam":"x"}', "nam"),
                (b'{"id":"x"}', "id"),
                (b'{"id":null}', "id"),
            ],
            faults=[
                (Activity("a", "read", "peopel"), "on"),
                (Activity("a", "read", ""), "on"),
                (Activity("a", "read", "people", settings={"columns": ["nam"]}), "columns"),
                (Activity("a", "read", "people", settings={"key": ["nam"]}), "key"),
                (Activity("a", "read", "people", "x"), "action"),
                (Activity("a", "read", "keyless"), "key"),
                (Activity("a", "query", "people", settings={"query": "SELECT 1", **read}), "on"),
                (Activity("a", "query", settings={"query": "SELECT 1 AS id"}), "key"),
                (Activity("a", "upsert", "keyless"), "key"),
                (Activity("a", "upsert", "target", settings={"key": ["name"]}), "key"),
                (Activity("a", "delete", "keyless"), "key"),
                (Activity("a", "insert", "missing"), "on"),
                (Activity("a", "insert", "missing", settings={"create": True}), "columns"),
                (Activity("a", "insert", "target", settings={"columns": {"a": "text"}}), "columns"),
                (
                    Activity(
                        "a", "insert", "x", settings={"create": True, "columns": {"a": "txt"}}
                    ),
                    "columns.a",
                ),
            ],
            held=held,
            host=MemoryHost(folder=tmp_path),
        )


def numbers(bench: Workbench, last: int) -> str:
    """A table of the numbers from 1 on, as `n`."""
    return (
        "(WITH RECURSIVE counted(n) AS "
        f"(SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {last}) "
        "SELECT n FROM counted) AS numbers"
    )
