"""One database on one thread of its own: the event loop never waits for a disk."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from connector_sdk import (
    Problem,
    SettingError,
    TargetFullError,
    narrowed,
    private_file,
    private_folder,
)
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from connector_agent.store.migrations import migrate
from connector_agent.store.vault import VAULT, Vault

T = TypeVar("T")

_WAIT_FOR_LOCK = 30.0


class Database:
    """Runs functions that take a SQLAlchemy connection, each in one transaction.

    A transaction that returned is on disk (SQLite in WAL mode with full synchronisation), so
    that what it says survives the loss of the process and of power. `vault` seals what the ledger
    keeps of records; whoever works on a connection gets it by `vault_of`.
    """

    def __init__(self, path: Path, vault: Vault | None = None) -> None:
        self.path = path
        self.vault = vault or Vault()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._engine: Engine | None = None

    async def call(self, work: Callable[[Connection], T]) -> T:
        """`work` in a transaction on the database's thread. Raises TargetFullError when the
        disk is full, SettingError when the file is no database of ours."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    def call_now(self, work: Callable[[Connection], T]) -> T:
        """The same from a thread without an event loop."""
        return self._thread.submit(self._do, work).result()

    def call_outside(self, work: Callable[[Connection], T]) -> T:
        """`work` outside of any transaction, for what the database does only there."""
        return self._thread.submit(self._do, work, outside=True).result()

    def close(self) -> None:
        """Waits for what is under way and closes the file."""
        self._thread.submit(self._dispose).result()
        self._thread.shutdown()

    def _do(self, work: Callable[[Connection], T], outside: bool = False) -> T:
        try:
            engine = self._open()
            if outside:
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    return work(connection)
            with engine.begin() as connection:
                connection.info[VAULT] = self.vault
                return work(connection)
        except OperationalError as error:
            if "full" in str(error.orig) or "disk I/O" in str(error.orig):
                raise TargetFullError(
                    Problem(
                        "disk_full",
                        f"The ledger {self.path} can't grow: {error.orig}.",
                        "Make room on that disk, then go on with 'connector resume'.",
                    )
                ) from None
            if "locked" in str(error.orig):
                raise SettingError(
                    Problem(
                        "ledger_busy",
                        f"Another process kept the ledger {self.path} locked for "
                        f"{_WAIT_FOR_LOCK:.0f} seconds.",
                        "End it, or wait until it has ended.",
                    )
                ) from None
            raise SettingError(self._unreadable(error.orig)) from None
        except DatabaseError as error:
            raise SettingError(self._unreadable(error.orig)) from None

    def _unreadable(self, cause: object) -> Problem:
        return Problem(
            "ledger_unreadable",
            f"The ledger {self.path} can't be used: {cause}.",
            "Check that the folder can be written to; restore the file from a backup if it is "
            "damaged. It holds what was written where: don't delete it.",
        )

    def _open(self) -> Engine:
        if self._engine is None:
            self._keep_private()
            engine = create_engine(
                f"sqlite:///{self.path}", connect_args={"timeout": _WAIT_FOR_LOCK}
            )
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_immediate)
            with engine.begin() as connection:
                migrate(connection)
            self._engine = engine
        return self._engine

    def _keep_private(self) -> None:
        """SQLite gives the files beside a database the permissions of the database itself."""
        private_folder(self.path.parent, narrow=True)
        if not self.path.exists():
            os.close(private_file(self.path))
        for ending in ("", "-wal", "-shm"):
            narrowed(self.path.with_name(self.path.name + ending))

    def _dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


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
