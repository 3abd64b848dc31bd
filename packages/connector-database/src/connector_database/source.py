"""Reads a table or a query in pages, each of which can be continued from in another process."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import msgspec
from connector_sdk import (
    JSON,
    Cursor,
    Host,
    Page,
    Problem,
    Record,
    SettingError,
    SourceChangedError,
    shown,
)
from sqlalchemy.engine import Connection

from connector_database.columns import Column
from connector_database.decoding import UnfitError, reader_of
from connector_database.engine import Session
from connector_database.paging import Plan, key_json, key_of

ROWS = 500
BYTES = 1 << 22
"""What a page holds at most; wide rows come in smaller pages."""
COUNTED = 100_000
"""Rows that are counted for the progress; beyond that a database may take minutes."""


class _Place(msgspec.Struct):
    """The cursor: the key of the last row that was read, its columns, and how many rows came."""

    by: tuple[str, ...]
    key: list[JSON]
    rows: int


class RowSource:
    """The rows that a plan reads. `columns` are those of its records, by their names; None where
    they show with the first page only."""

    def __init__(
        self, session: Session, plan: Plan, columns: Sequence[Column] | None, host: Host
    ) -> None:
        self._session = session
        self._plan = plan
        self._columns = columns
        self._host = host
        self._limit = ROWS
        self._encode = msgspec.json.Encoder(decimal_format="number").encode

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """Pages of 500 rows or about 4 MiB, in the order of the key. A row that is added later
        is read if its key is higher than those that were read. Raises SettingError where two
        rows have the same key or a key is null: rows would be passed over."""
        place = self._parsed(after) if after else None
        key = key_of(place.key) if place is not None else None
        rows = place.rows if place is not None else 0
        if not self._plan.proven:
            await self._session.call(self._require_keys)
        while not self._host.stopping():
            page, key = await self._session.call(self._page, key, rows)
            if page is None:
                return
            rows += len(page.records)
            yield page

    async def total(self) -> int | None:
        """Counted up to 100,000; more are not known cheaply."""
        return await self._session.call(self._count)

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        """Nothing to do: rows stay where they are."""
        return ()

    def _parsed(self, after: Cursor) -> _Place:
        try:
            place = msgspec.json.decode(after, type=_Place)
        except msgspec.MsgspecError as error:
            raise SettingError(
                Problem(
                    "cursor_foreign",
                    "The place to continue from is not one of a table.",
                    "Run the operation from the start.",
                )
            ) from error
        if place.by != self._plan.key:
            raise SourceChangedError(
                Problem(
                    "source_changed",
                    f"{self._plan.name} was read by {' and '.join(place.by)} and is now read by "
                    f"{' and '.join(self._plan.key)}.",
                    "Put the former `key` back and resume, or run the operation from the start.",
                    path="key",
                )
            )
        return place

    def _count(self, connection: Connection) -> int | None:
        found = connection.execute(self._plan.count(COUNTED + 1)).scalar_one()
        connection.rollback()
        return int(found) if found <= COUNTED else None

    def _require_keys(self, connection: Connection) -> None:
        found = connection.execute(self._plan.keyless()).first()
        connection.rollback()
        if found is not None:
            raise SettingError(self._no_key())

    def _page(
        self, connection: Connection, after: list[Any] | None, rows: int
    ) -> tuple[Page | None, list[Any] | None]:
        """The next page and the key of its last row. Its own transaction, so that nothing is
        held while records are written elsewhere."""
        result = connection.execute(self._plan.page(after, self._limit))
        width = len(self._plan.key)
        # By the driver: SQLAlchemy takes "*" for a name where one column comes of it.
        described = [each[0] for each in result.cursor.description]
        names = self._plan.names or tuple(described[width:])
        if len(set(names)) < len(names):
            raise SettingError(_same_name(names))
        found = result.fetchall()
        if not found:
            connection.rollback()
            return None, after
        readers = self._readers(names)
        records: list[Record] = []
        size = 0
        before = after
        for row in found:
            key = list(row[:width])
            if before is not None and key == before:
                raise SettingError(self._twin(key))
            if None in key:
                raise SettingError(self._no_key())
            before = key
            rows += 1
            record = self._record(rows, key, names, readers, row[width:])
            size += len(record.raw)
            records.append(record)
        if not self._plan.proven and len(found) == self._limit:
            # The rest of several rows with the last key would be passed over.
            same = connection.execute(self._plan.twins(before or ())).scalar_one()
            if same > 1:
                raise SettingError(self._twin(before or ()))
        connection.rollback()
        self._limit = max(1, min(ROWS, BYTES * len(records) // max(size, 1)))
        place = _Place(self._plan.key, key_json(before or ()), rows)
        return Page(records, msgspec.json.encode(place)), before

    def _readers(self, names: Sequence[str]) -> list[Callable[[Any], Any]]:
        columns = self._columns
        if columns is None:
            columns = [Column(name, "any") for name in names]
        return [reader_of(column) for column in columns]

    def _record(
        self,
        seq: int,
        key: Sequence[Any],
        names: Sequence[str],
        readers: Sequence[Callable[[Any], Any]],
        row: Sequence[Any],
    ) -> Record:
        problem = None
        values: dict[str, Any] = {}
        at = f"{self._plan.name} {_told(self._plan.key, key)}"
        for name, read, value in zip(names, readers, row, strict=True):
            try:
                values[name] = read(value)
            except UnfitError as error:
                values[name] = repr(value)
                problem = problem or Problem(
                    "cell_unfit",
                    f"{name} holds {error}, which JSON has no place for.",
                    "Correct it in the table, or leave the row out with `where`.",
                    path=name,
                    value=shown(repr(value)),
                    at=at,
                )
        return Record(seq, self._encode(values), at, problem)

    def _twin(self, key: Sequence[Any]) -> Problem:
        return Problem(
            "key_not_unique",
            f"{self._plan.name} has several rows with {_told(self._plan.key, key)}.",
            "State as `key` columns that make a row unique; others can be passed over.",
            path="key",
        )

    def _no_key(self) -> Problem:
        return Problem(
            "key_is_null",
            f"{self._plan.name} has a row without {' or '.join(self._plan.key)}.",
            "State as `key` columns that are never null, or leave such rows out with a condition.",
            path="key",
        )


def _same_name(names: Sequence[str]) -> Problem:
    twice = next(name for name in names if names.count(name) > 1)
    return Problem(
        "column_twice",
        f"The query gives two columns {twice!r}.",
        f"Give one of them another name: SELECT … AS other_{twice}.",
        path="query",
    )


def _told(names: Sequence[str], key: Sequence[Any]) -> str:
    """ "id 17", or "shop 2, number 17"."""
    return ", ".join(f"{name} {shown(value)}" for name, value in zip(names, key, strict=True))
