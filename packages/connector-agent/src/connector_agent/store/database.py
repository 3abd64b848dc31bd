"""The ledger's database on its own thread, and its errors."""

import asyncio
import errno
import math
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from connector_sdk import (
    ConnectorError,
    Problem,
    SettingError,
    TargetFullError,
    narrowed,
    private_file,
    private_folder,
)
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from connector_agent.store.copies import copy_from, copy_to, put_aside
from connector_agent.store.mark import (
    DAMAGED,
    LOST,
    Mark,
    damaged,
    generation_of,
    gone,
    is_urgent,
    losses,
    mark_of,
    note_loss,
    read_mark,
    rise,
    unmarked,
    write_mark,
)
from connector_agent.store.migrations import migrate
from connector_agent.store.vault import VAULT, Vault

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def fault_of(path: Path, cause: BaseException | None, waited: float) -> ConnectorError:
    """The error for what SQLite reported; `waited` is its lock time-out in seconds."""
    name = str(getattr(cause, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return _full(path, cause)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return SettingError(
            Problem(
                "ledger_busy",
                f"Another process kept the ledger {path} locked for {waited:.0f} seconds.",
                "End it, or wait until it has ended.",
            )
        )
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return SettingError(damaged(path, cause))
    return SettingError(_closed(path, cause))


def unwritable(path: Path, error: OSError, what: str = "ledger") -> ConnectorError:
    """The error for a ledger file that can't be written."""
    if error.errno in _FULL:
        return _full(path, error.strerror, what)
    return SettingError(_closed(path, error.strerror or error, what))


def _full(path: Path, cause: object, what: str = "ledger") -> TargetFullError:
    return TargetFullError(
        Problem(
            "disk_full",
            f"The {what} {path} can't grow: {cause}.",
            "Free space on that disk, then run 'connector resume'.",
        )
    )


def _closed(path: Path, cause: object, what: str = "ledger") -> Problem:
    return Problem(
        "ledger_unwritable",
        f"The {what} {path} can't be used: {cause}.",
        f"Look at the owner and the permissions of {path.parent} and of what is in it, and whether "
        "its disk is mounted read-only; then do the same again.",
    )


T = TypeVar("T")

MARK_SECONDS = 2.0
"""How far the mark may lag, unless it is requested at once."""

_WAIT_FOR_LOCK = 30.0


class Database:
    """Runs functions that take a SQLAlchemy connection, each in one transaction.

    A finished transaction is on disk (SQLite in WAL mode, synchronous=FULL): it survives a crash
    and a power cut. `vault` encrypts what the ledger keeps of records; functions get it by
    `vault_of`.

    Each change raises the generation of the ledger and updates the mark beside the file. A
    ledger that doesn't match its mark is read-only until `adopt`.
    """

    def __init__(self, path: Path, vault: Vault | None = None) -> None:
        self.path = path
        self.vault = vault or Vault()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._engine: Engine | None = None
        self._past: Mark | None = None
        self._loss: Problem | None = None
        self._unmarked: Mark | None = None
        self._marked = -math.inf
        self._closed = False

    async def call(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in a transaction on the database's thread. Raises TargetFullError when the
        disk is full, SettingError when the file isn't a ledger or `work` changes one that lost
        data."""
        return await self._off_the_loop(self._do, work)

    def call_now(self, work: Callable[[Connection], T]) -> T:
        """The same from a thread without an event loop."""
        return self._thread.submit(self._do, work).result()

    def call_outside(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` outside a transaction, where SQLite demands it."""
        return self._thread.submit(self._do, work, outside=True).result()

    async def lost(self, *, thorough: bool = False) -> Problem | None:
        """What the ledger lost, or how it is damaged; None if nothing. `thorough` reads the
        whole file. Raises as `call` does otherwise."""
        return await self._off_the_loop(self._lost, thorough)

    async def adopt(self) -> None:
        """Accepts a ledger that lost data, at a person's request. The loss is recorded in it; a
        damaged file is put aside."""
        await self._off_the_loop(self._adopt)

    async def mark(self) -> None:
        """Writes the mark of the latest change."""
        await self._off_the_loop(self._write_mark)

    async def readable(self) -> bool:
        """Whether it can be read, although it may have lost data."""
        return self._engine is not None and (self._loss is None or self._loss.code != DAMAGED)

    async def backup(self, file: Path) -> None:
        """Raises SettingError and TargetFullError."""
        with self._copying(file):
            await self._off_the_loop(self._do, lambda connection: copy_to(connection, file), True)

    async def restore(self, file: Path) -> Path | None:
        """Replaces the ledger with a copy; returns where the old one is kept, if any. Raises
        SettingError and TargetFullError."""
        with self._copying(self.path):
            return await self._off_the_loop(self._restore, file)

    def close(self) -> None:
        """Finishes pending work and closes the file. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._thread.submit(self._dispose).result()
        self._thread.shutdown()

    async def _off_the_loop(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _do(self, work: Callable[[Connection], T], outside: bool = False) -> T:
        with self._with_remedy():
            engine = self._open()
            if outside:
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    return work(connection)
            with engine.begin() as connection:
                connection.info[VAULT] = self.vault
                is_urgent(connection.info)
                before = _changes(connection)
                done = work(connection)
                changed = _changes(connection) != before
                if changed:
                    if self._loss is not None:
                        raise SettingError(self._loss)
                    self._unmarked = rise(connection)
                urgent = is_urgent(connection.info)
            if changed and (urgent or time.monotonic() - self._marked >= MARK_SECONDS):
                self._write_mark()
            return done

    def _lost(self, thorough: bool) -> Problem | None:
        try:
            with self._with_remedy():
                engine = self._open()
                if self._loss is None and thorough:
                    with engine.connect() as connection:
                        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
                    if found != "ok":
                        self._loss = damaged(self.path, found)
        except SettingError as error:
            if error.problem.code not in (LOST, DAMAGED):
                raise
            self._loss = error.problem
        return self._loss

    def _adopt(self) -> None:
        loss = self._loss
        if loss is None:
            return
        with self._with_remedy():
            if loss.code == DAMAGED or self._is_empty():
                self._dispose()
                put_aside(self.path)
            past, self._past = self._past, None
            engine = self._open(empty=True)
            generation = past.generation if past is not None else 0
            with engine.begin() as connection:
                self._unmarked = note_loss(connection, loss.message, generation)
            self._loss = None
            self._write_mark()

    def _restore(self, file: Path) -> Path | None:
        with self._with_remedy():
            private_folder(self.path.parent)
            fresh = self.path.with_name(f"{self.path.name}.new")
            copy_from(file, fresh)
            self._dispose()
            aside = put_aside(self.path)
            fresh.replace(self.path)
            if not mark_of(self.path).exists():
                # Nothing says how old the copy is: what was written since isn't known.
                self._loss = unmarked(self.path)
                self._adopt()
            return aside

    @contextmanager
    def _copying(self, file: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unwritable(file, error, "file") from error

    def _write_mark(self) -> None:
        if self._unmarked is None:
            return
        try:
            write_mark(mark_of(self.path), self._unmarked)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._unmarked = None
        self._marked = time.monotonic()

    def _open(self, empty: bool = False) -> Engine:
        """The opened database. Raises SettingError where there is nothing to open and its mark
        exists, unless `empty`."""
        if self._engine is None:
            try:
                private_folder(self.path.parent, narrow=True)
                self._past, loss = self._look() if not empty else (None, None)
                if loss is not None and self._is_empty():
                    raise SettingError(loss)
                self._keep_private()
            except OSError as error:
                raise unwritable(self.path, error) from error
            engine = create_engine(
                f"sqlite:///{self.path}", connect_args={"timeout": _WAIT_FOR_LOCK}
            )
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_immediate)
            try:
                with engine.begin() as connection:
                    migrate(connection)
                    found = generation_of(connection)
            except BaseException:
                engine.dispose()
                raise
            if self._past is not None:
                loss = losses(self.path, self._past, found)
            self._loss = loss
            self._engine = engine
        return self._engine

    def _keep_private(self) -> None:
        """SQLite gives the files beside a database the permissions of the database itself."""
        if not self.path.exists():
            os.close(private_file(self.path))
        for ending in ("", "-wal", "-shm"):
            narrowed(self.path.with_name(self.path.name + ending))

    def _look(self) -> tuple[Mark | None, Problem | None]:
        """The mark, and what shows of a loss before the ledger is opened."""
        try:
            mark = read_mark(mark_of(self.path))
        except ValueError:
            return None, gone(self.path) if self._is_empty() else unmarked(self.path)
        return mark, gone(self.path) if mark is not None and self._is_empty() else None

    def _is_empty(self) -> bool:
        return not self.path.exists() or self.path.stat().st_size == 0

    @contextmanager
    def _with_remedy(self) -> Iterator[None]:
        """Makes a fault of the database one that says what to do."""
        try:
            yield
        except DatabaseError as error:
            raise fault_of(self.path, error.orig, _WAIT_FOR_LOCK) from None
        except sqlite3.Error as error:
            raise fault_of(self.path, error, _WAIT_FOR_LOCK) from None

    def _dispose(self) -> None:
        with suppress(ConnectorError):
            self._write_mark()  # one that is too old does no harm
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def _changes(connection: Connection) -> int:
    """Rows changed through this connection so far."""
    raw = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    return raw.total_changes


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    del record
    # Transactions are begun by _begin_immediate; the driver's own late BEGIN would let two
    # writers read the same state first.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    # What a person asked to be erased must not stay in free pages.
    connection.execute("PRAGMA secure_delete=ON")


def _begin_immediate(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE")
