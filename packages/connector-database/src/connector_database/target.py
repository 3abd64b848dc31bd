"""Writes rows in one transaction with the position of the run."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
from connector_sdk import (
    BatchTarget,
    Body,
    Call,
    ConnectorError,
    Guarantee,
    Outcome,
    Prepared,
    Problem,
    RefusedError,
    Request,
    decode,
    encode,
    not_an_object,
)
from sqlalchemy import Table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from connector_database.creation import create
from connector_database.engine import Session
from connector_database.faults import is_of_row, refusal
from connector_database.paging import Positions
from connector_database.tables import TableInfo, table_info
from connector_database.verbs import (
    Deleting,
    Inserting,
    Requests,
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


class RowTarget(BatchTarget):
    """Rows are durable with `commit`, or with `finish(True)`; a crash takes back the others."""

    guarantee: Guarantee = "transactional"
    linger = 0.02

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
        super().__init__(table.request())
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

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        """The row, checked against every column. With `existing` the key of a row that an
        earlier run inserted: the change of that row."""
        changes = bool(existing) and self._verb == "insert"
        if changes and not self._table.primary:
            return Problem(
                "no_key",
                f"{self._table.name} has no primary key by which a row could be changed.",
                "Add one, or repeat with `skip`.",
            )
        try:
            body = request.raw.strip()
        except ValueError as error:
            return not_an_object(error)
        row = (self._changes if changes else self._requests).row(body)
        if isinstance(row, Problem):
            return row
        if changes:
            body = encode(_Change(existing, msgspec.Raw(body)))
        return Body(body, f"{self._table.name}.{UPDATE if changes else self._verb}")

    async def put_all(self, calls: Sequence[Call]) -> Sequence[str | Outcome]:
        """Writes the rows into the open transaction, all or none. Raises RefusedError where the
        database refuses one of them; what ends the run takes back all rows since the last
        commit."""
        return await self._in_session(self._write, calls)

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        """Surely not there: what was not committed was taken back."""
        return [None] * len(calls)

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
        except RefusedError:
            raise  # of one row: the transaction goes on
        except ConnectorError as error:
            self._lost = error
            raise

    def _commit(self, connection: Connection, run: str, mark: bytes) -> None:
        self._positions.write(connection, run, mark)
        connection.commit()

    def _write(self, connection: Connection, calls: Sequence[Call]) -> list[str | Outcome]:
        self._begin(connection)
        made: list[str | Outcome] = []
        try:
            with connection.begin_nested():
                # In order, since one row may depend on another.
                for action, same in groupby(calls, key=lambda call: call.body.action):
                    changes = action.endswith(f".{UPDATE}")
                    made += self._done(connection, list(same), changes=changes)
        except SQLAlchemyError as error:
            if not is_of_row(error):
                raise
            raise RefusedError(refusal(error)) from error
        return made

    def _done(
        self, connection: Connection, calls: Sequence[Call], *, changes: bool
    ) -> Iterator[str | Outcome]:
        rows = [self._row(call, changes=changes) for call in calls]
        done = self._verbs[changes](connection, rows)
        for call, (kind, made, problem) in zip(calls, done, strict=True):
            if kind == "written":
                yield made
            else:
                yield Outcome(call.seq, call.step, kind, made, problem=problem)

    def _row(self, call: Call, *, changes: bool) -> Row:
        if not changes:
            row = self._requests.row(call.body.json)
        else:
            stored: _Change = decode(_Change, call.body.json)
            given = self._changes.row(bytes(stored.row))
            primary = self._table.primary
            key = self._changes.key(primary, values_of(primary, stored.id))
            row = key if isinstance(key, Problem) else given
            if not isinstance(row, Problem) and not isinstance(key, Problem):
                row = {**row, **key}
        if isinstance(row, Problem):
            raise RefusedError(row)
        return row

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
