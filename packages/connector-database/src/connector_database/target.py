"""Writes rows in one transaction with the position of the run."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
from connector_sdk import (
    Body,
    Call,
    ConnectorError,
    Cursor,
    Guarantee,
    Outcome,
    Problem,
    decode,
    encode,
)
from sqlalchemy import Table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from connector_database.chunks import chunks
from connector_database.creation import create
from connector_database.faults import is_of_row, refusal
from connector_database.positions import Positions
from connector_database.request import Requests
from connector_database.session import Session
from connector_database.tables import TableInfo, table_info
from connector_database.verbs import (
    Deleting,
    Done,
    Inserting,
    Row,
    Updating,
    Upserting,
    Verb,
    values_of,
)

P = ParamSpec("P")
R = TypeVar("R")

UPDATE = "update"
"""The action of a call that changes what an earlier run inserted."""


class _Change(msgspec.Struct):
    """A change of the row with this key."""

    id: str
    row: msgspec.Raw


class RowTarget:
    """Rows are durable with `commit`, or with `finish(True)`; a crash takes back the others."""

    guarantee: Guarantee = "transactional"
    horizon = 0.0

    def __init__(
        self,
        session: Session,
        verb: str,
        table: TableInfo,
        key: tuple[str, ...],
        schema: str | None,
        created: Table | None,
    ) -> None:
        """`created` is a table that is made with the first row."""
        self._session = session
        self._verb = verb
        self._table = table
        self._key = key
        self._schema = schema
        self._created = created
        self._positions = Positions(schema)
        self._lost: ConnectorError | None = None
        writable = [name for name, column in table.columns.items() if not column.given]
        needed = [name for name in writable if table.columns[name].required]
        if verb == "delete":
            self._requests = Requests(table, key, key)
        elif verb == "upsert":
            self._requests = Requests(table, [*key, *needed], writable)
        else:
            self._requests = Requests(table, needed, writable)
        self._changes = self._requests.without_needs()
        self._verbs = self._made()

    def clock(self) -> float | None:
        """A database keeps no keys."""
        return None

    def prepare(self, request: bytes, existing: str = "") -> Body | Problem:
        """The row, checked against every column. With `existing` the key of a row that an
        earlier run inserted: the change of that row."""
        changes = bool(existing) and self._verb == "insert"
        if changes and not self._table.primary:
            return Problem(
                "no_key",
                f"{self._table.name} has no primary key by which a row could be changed.",
                "Add one, or repeat with `skip`.",
            )
        row = (self._changes if changes else self._requests).row(request)
        if isinstance(row, Problem):
            return row
        body = request.strip()
        if changes:
            body = encode(_Change(existing, msgspec.Raw(body)))
        return Body(body, f"{self._table.name}.{UPDATE if changes else self._verb}")

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        """Writes chunks of up to 500 rows into the open transaction. A row that the database
        refuses leaves the others alone. Raises ConnectorError when it refuses more than that;
        all rows since the last commit are gone then."""
        async with aclosing(chunks(calls)) as every:
            async for chunk in every:
                for outcome in await self._in_session(self._write, chunk):
                    yield outcome

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        """Surely not there: what was not committed was taken back."""
        return [None] * len(calls)

    async def position(self) -> Cursor:
        """None beside the marks of `commit`."""
        return b""

    async def commit(self, run: str, mark: bytes) -> None:
        """Commits the rows since the last commit together with the mark of the run."""
        await self._in_session(self._commit, run, mark)

    async def committed(self, run: str) -> bytes | None:
        """The mark of the run's last commit."""
        return await self._in_session(self._positions.read, run)

    async def finish(self, complete: bool) -> None:
        """Commits with `complete`, else takes back the rows since the last commit."""
        try:
            if complete:
                await self._in_session(Connection.commit)
        finally:
            await self._session.close()

    async def _in_session(
        self,
        function: Callable[Concatenate[Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        if self._lost is not None:
            raise self._lost
        try:
            return await self._session.call(function, *args, **kwargs)
        except ConnectorError as error:
            self._lost = error
            raise

    def _commit(self, connection: Connection, run: str, mark: bytes) -> None:
        self._positions.write(connection, run, mark)
        connection.commit()

    def _write(self, connection: Connection, calls: list[Call]) -> list[Outcome]:
        self._begin(connection)
        done: dict[int, Done] = {}
        # Calls of one action together, and in order where one may depend on the other.
        start = 0
        while start < len(calls):
            end = start
            while end < len(calls) and calls[end].body.action == calls[start].body.action:
                end += 1
            changes = calls[start].body.action.endswith(f".{UPDATE}")
            rows: list[tuple[int, Row]] = []
            for place in range(start, end):
                row = self._row(calls[place], changes=changes)
                if isinstance(row, Problem):
                    done[place] = Done("refused", problem=row)
                else:
                    rows.append((place, row))
            self._attempt(connection, self._verbs[changes], rows, done)
            start = end
        return [
            Outcome(call.seq, call.step, one.kind, one.id, problem=one.problem)
            for call, one in ((call, done[place]) for place, call in enumerate(calls))
        ]

    def _row(self, call: Call, *, changes: bool) -> Row | Problem:
        if not changes:
            return self._requests.row(call.body.json)
        stored: _Change = decode(_Change, call.body.json)
        row = self._changes.row(bytes(stored.row))
        if isinstance(row, Problem):
            return row
        key = self._changes.key(self._table.primary, values_of(self._table.primary, stored.id))
        return key if isinstance(key, Problem) else {**row, **key}

    def _attempt(
        self,
        connection: Connection,
        verb: Verb,
        rows: list[tuple[int, Row]],
        done: dict[int, Done],
    ) -> None:
        """Writes all rows, or finds those that the database refuses by halves."""
        if not rows:
            return
        try:
            with connection.begin_nested():
                made = verb(connection, [row for _, row in rows])
        except SQLAlchemyError as error:
            if not is_of_row(error):
                raise
            if len(rows) == 1:
                done[rows[0][0]] = Done("refused", problem=refusal(error))
                return
            middle = len(rows) // 2
            self._attempt(connection, verb, rows[:middle], done)
            self._attempt(connection, verb, rows[middle:], done)
        else:
            for (place, _), outcome in zip(rows, made, strict=True):
                done[place] = outcome

    def _begin(self, connection: Connection) -> None:
        if self._created is not None:
            create(connection, self._created)
            self._created = None
            self._table = table_info(connection, self._table.name, None)
            self._verbs = self._made()
            connection.rollback()
        if not connection.in_transaction() and self._table.dialect == "postgresql":
            # A constraint that is checked at the end would fail the commit of all rows.
            connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

    def _made(self) -> tuple[Verb, Verb]:
        table, key = self._table, self._key
        if self._verb == "delete":
            return Deleting(table, key), Deleting(table, key)
        if self._verb == "upsert":
            return Upserting(table, key), Upserting(table, key)
        return Inserting(table), Updating(table, table.primary)
