"""A database that tests look into by another way than the connector's."""

import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from connector_database.connection import DatabaseConnection
from connector_database.target import RowTarget
from connector_sdk import Activity, Body, Call, MemoryHost, Outcome, Page, Problem, Request


@dataclass
class Workbench:
    """One database; `connection` is the connector's."""

    url: str
    folder: Path
    host: MemoryHost
    connection: DatabaseConnection

    @property
    def is_postgresql(self) -> bool:
        return self.url.startswith("postgresql")

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """The rows that the last statement gives."""
        rows: list[tuple[Any, ...]] = []
        if self.is_postgresql:
            with psycopg.connect(self.url) as connection:
                for statement in statements:
                    cursor = connection.execute(statement)
                    rows = cursor.fetchall() if cursor.description else []
            return rows
        with closing(sqlite3.connect(self.folder / "test.db")) as lite, lite:
            for statement in statements:
                rows = lite.execute(statement).fetchall()
        return rows

    def count(self, table: str) -> int:
        ((found,),) = self.sql(f"SELECT count(*) FROM {table}")
        return int(found)

    async def read(self, activity: Activity, after: bytes | None = None) -> list[Page]:
        """All pages from a cursor on."""
        source = await self.connection.source(activity)
        return [page async for page in source.read(after)]

    async def rows(self, activity: Activity) -> list[dict[str, Any]]:
        """All records, which have to be whole."""
        records = [record for page in await self.read(activity) for record in page.records]
        assert [record.problem for record in records if record.problem] == []
        return [msgspec.json.decode(record.raw) for record in records]

    async def target(self, type: str, on: str, **settings: Any) -> RowTarget:
        return await self.connection.target(Activity("a", type, on, settings=settings))

    async def write(
        self, type: str, on: str, rows: Iterable[Mapping[str, Any]], **settings: Any
    ) -> list[Outcome]:
        """Writes and commits."""
        target = await self.target(type, on, **settings)
        outcomes = await written(target, [encoded(row) for row in rows])
        await target.finish(True)
        return outcomes


def encoded(row: Mapping[str, Any]) -> bytes:
    return msgspec.json.Encoder(decimal_format="number").encode(row)


def called(target: RowTarget, requests: Iterable[bytes], existing: str = "") -> list[Call]:
    calls = []
    for seq, request in enumerate(requests, start=1):
        body = target.prepare(Request(request), existing)
        assert isinstance(body, Body), body
        calls.append(Call(seq, 0, "", 0, None, body))
    return calls


def refused(target: RowTarget, row: Mapping[str, Any]) -> Problem:
    problem = target.prepare(Request(encoded(row)))
    assert isinstance(problem, Problem), problem
    return problem


async def written(target: RowTarget, requests: Iterable[bytes]) -> list[Outcome]:
    """The outcomes of requests, handed over one by one."""
    calls = called(target, requests)

    async def handed() -> AsyncIterator[Call]:
        for call in calls:
            yield call

    return [outcome async for outcome in target.write(handed())]


def kinds(outcomes: list[Outcome]) -> list[str]:
    return [outcome.kind for outcome in outcomes]
