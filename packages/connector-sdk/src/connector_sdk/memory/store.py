"""The system that the memory connector connects to: lists of records in SQLite."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar

from connector_sdk.target_base import DriverThread

P = ParamSpec("P")
R = TypeVar("R")

_TABLES = """
create table if not exists things
    (id integer primary key, list text not null, key text unique, name text, record blob not null);
create index if not exists things_by_name on things (list, name);
create table if not exists drafts
    (list text, number integer, name text, record blob not null, primary key (list, number));
create table if not exists marks (run text primary key, mark blob not null);
"""


class Thing(NamedTuple):
    """A record to keep. `key` is the call's, None where calls have none."""

    list: str
    name: str
    record: bytes
    key: str | None = None


class Store:
    """Records by list. `file` is a path, or ":memory:". Each function of this
    module is a transaction on the store's own thread: `await store.call(count, "people")`."""

    def __init__(self, file: str = ":memory:") -> None:
        self.file = file
        self._thread = DriverThread("memory-connector")
        self._connection: sqlite3.Connection | None = None

    async def call(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """`work` in one transaction: all of it is kept, or nothing."""
        return await self._thread.call(
            self._do, lambda connection: work(connection, *args, **kwargs)
        )

    def close(self) -> None:
        """Ends the thread. May be called twice."""
        self._thread.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _do(self, work: Callable[[sqlite3.Connection], R]) -> R:
        connection = self._opened()
        connection.execute("begin immediate")
        try:
            result = work(connection)
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
        return result

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self.file, timeout=30, isolation_level=None, check_same_thread=False
            )
            # What is kept survives the process, as memory elsewhere would; not a power cut.
            self._connection.execute("pragma journal_mode=wal")
            self._connection.execute("pragma synchronous=off")
            self._connection.executescript(_TABLES)
        return self._connection


def count(connection: sqlite3.Connection, list: str) -> int:
    """How many records a list holds."""
    (found,) = connection.execute("select count(*) from things where list = ?", (list,)).fetchone()
    return int(found)


def page(
    connection: sqlite3.Connection, list: str, after: int, size: int
) -> Sequence[tuple[int, bytes]]:
    """The next records by id."""
    return connection.execute(
        "select id, record from things where list = ? and id > ? order by id limit ?",
        (list, after, size),
    ).fetchall()


def add(connection: sqlite3.Connection, things: Iterable[Thing]) -> list[str]:
    """Adds records. One whose key is there already stays as it is; the ids tell which it is."""
    ids = []
    for thing in things:
        row = None
        if thing.key is not None:
            row = connection.execute("select id from things where key = ?", (thing.key,)).fetchone()
        if row is None:
            row = connection.execute(
                "insert into things (list, key, name, record) values (?, ?, ?, ?) returning id",
                (thing.list, thing.key, thing.name, thing.record),
            ).fetchone()
        ids.append(str(row[0]))
    return ids


def put(connection: sqlite3.Connection, things: Iterable[Thing]) -> list[str]:
    """Adds records or replaces those of the same name."""
    ids = []
    for thing in things:
        changed = connection.execute(
            "update things set record = ? where list = ? and name = ? returning id",
            (thing.record, thing.list, thing.name),
        ).fetchall()
        ids.extend([str(changed[0][0])] if changed else add(connection, [thing]))
    return ids


def change(connection: sqlite3.Connection, id: str, thing: Thing) -> bool:
    """Replaces the record with this id, if it is there."""
    found = connection.execute(
        "update things set record = ?, name = ? where id = ? and list = ?",
        (thing.record, thing.name, id, thing.list),
    )
    return found.rowcount == 1


def of_key(connection: sqlite3.Connection, key: str) -> str | None:
    """The id of what was added under a key."""
    row = connection.execute("select id from things where key = ?", (key,)).fetchone()
    return str(row[0]) if row is not None else None


def commit(connection: sqlite3.Connection, things: Sequence[Thing], run: str, mark: bytes) -> None:
    """Adds records and keeps the run's mark."""
    add(connection, things)
    connection.execute("insert or replace into marks values (?, ?)", (run, mark))


def mark_of(connection: sqlite3.Connection, run: str) -> bytes | None:
    """The mark that was kept last."""
    row = connection.execute("select mark from marks where run = ?", (run,)).fetchone()
    return bytes(row[0]) if row is not None else None


def cut(connection: sqlite3.Connection, list: str, position: int) -> None:
    """Drops the end of a list's draft."""
    connection.execute("delete from drafts where list = ? and number > ?", (list, position))


def draft(connection: sqlite3.Connection, things: Sequence[Thing], position: int) -> None:
    """Adds records to a list's draft, from a position on."""
    rows = [
        (thing.list, number, thing.name, thing.record)
        for number, thing in enumerate(things, start=position + 1)
    ]
    connection.executemany("insert into drafts values (?, ?, ?, ?)", rows)


def publish(connection: sqlite3.Connection, list: str) -> None:
    """Puts a list's draft in the place of the list."""
    connection.execute("delete from things where list = ?", (list,))
    connection.execute(
        "insert into things (list, name, record) "
        "select list, name, record from drafts where list = ? order by number",
        (list,),
    )
    cut(connection, list, 0)
