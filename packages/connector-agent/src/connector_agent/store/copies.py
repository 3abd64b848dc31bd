"""Copies of a ledger: backed up, restored, put aside."""

import os
import secrets
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from connector_sdk import Problem, SettingError
from sqlalchemy import Connection

from connector_agent.store.migrations import NEWEST

BESIDE = ("-wal", "-shm")
"""Ends of the names of what SQLite keeps beside a database."""


def put_aside(path: Path) -> Path | None:
    """Renames a ledger and its side files; returns its new path, None where there was none.
    Raises OSError."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.stem}-{stamp}-{secrets.token_hex(2)}{path.suffix}")
    moved = False
    for end in (*BESIDE, ""):
        part = path.with_name(path.name + end)
        if part.exists():
            part.rename(aside.with_name(aside.name + end))
            moved = True
    return aside if moved else None


def copy_to(connection: Connection, file: Path) -> None:
    """Backs a ledger up to a new private file. The connection must be in no transaction. Raises
    OSError, SQLite's errors, and SettingError where the file exists."""
    if file.exists():
        raise SettingError(
            Problem(
                "file_exists",
                f"There is a file {file} already.",
                "Name another one, so that nothing is written over.",
                value=str(file),
            )
        )
    fresh = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        source = connection.connection.dbapi_connection
        _copied(source, fresh)  # type: ignore[arg-type]
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


def copy_from(file: Path, fresh: Path) -> None:
    """Copies the ledger in `file` to `fresh`. Raises SettingError where it isn't a whole ledger,
    OSError and SQLite's errors."""
    if not file.is_file():
        raise SettingError(_no_copy(file, "it isn't there, or is no file"))
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source:
        try:
            found = source.execute("PRAGMA integrity_check(1)").fetchone()[0]
            (version,) = source.execute("SELECT version_num FROM alembic_version").fetchone()
        except (sqlite3.DatabaseError, TypeError) as error:
            raise SettingError(_no_copy(file, str(error))) from None
        if found != "ok":
            raise SettingError(_no_copy(file, str(found)))
        if version > NEWEST:
            raise SettingError(_no_copy(file, f"a newer version wrote it (shape {version})"))
        try:
            _copied(source, fresh)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise


def _copied(source: sqlite3.Connection, file: Path) -> None:
    file.unlink(missing_ok=True)
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(file)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _no_copy(file: Path, why: str) -> Problem:
    return Problem(
        "no_copy_of_a_ledger",
        f"{file} is no copy of a ledger that could be put back: {why}.",
        "Name a file that 'connector ledger backup' made.",
        value=str(file),
    )
