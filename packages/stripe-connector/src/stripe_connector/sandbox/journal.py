"""The sandbox's state in a SQLite file, which one process owns."""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson
from connector_sdk import narrowed, private_file
from filelock import lock_descriptor

from stripe_connector.sandbox.store import Account, Remembered, Store, Stored

_TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, resource TEXT NOT NULL, id TEXT NOT NULL,
    deleted INTEGER NOT NULL, parents BLOB NOT NULL, private BLOB NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS remembered (
    account TEXT NOT NULL, key TEXT NOT NULL, print TEXT NOT NULL, status INTEGER NOT NULL,
    body BLOB NOT NULL, request_id TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (account, key)
) WITHOUT ROWID;
"""


class AlreadyServedError(Exception):
    """Another process serves the same file."""


class Journal:
    """A request is stored before it is answered: that survives a killed process, but no power cut
    (the file is synced at checkpoints).

    Raises AlreadyServedError, and sqlite3.DatabaseError for a file that is no state of a sandbox.
    """

    def __init__(self, path: Path) -> None:
        self._lock = _Lock(path.with_name(path.name + ".lock"))
        try:
            os.close(private_file(path))
            for ending in ("-wal", "-shm"):  # those of a new file get the permissions of it
                narrowed(path.with_name(path.name + ending))
            self._db = _opened(path)
        except BaseException:
            self._lock.release()
            raise

    def serve_at(self, address: str) -> None:
        """Leaves a note for others that find the file taken."""
        self._lock.write({"pid": os.getpid(), "address": address})

    def load(self, fresh: str) -> Store:
        """`fresh` becomes the own account if the file is new."""
        self._db.execute("INSERT OR IGNORE INTO setting VALUES ('account', ?)", (fresh,))
        [[own]] = self._db.execute("SELECT value FROM setting WHERE name = 'account'")
        store = Store(own)
        for seq, account, resource, name, deleted, parents, private, body in self._db.execute(
            "SELECT seq, account, resource, id, deleted, parents, private, body FROM object"
            " ORDER BY seq"
        ):
            stored = Stored(
                seq,
                resource,
                name,
                orjson.loads(body),
                orjson.loads(parents),
                orjson.loads(private),
                bool(deleted),
            )
            store.account(account).add(stored)
            store.last_seq = seq
        for account, key, *rest in self._db.execute(
            "SELECT account, key, print, status, body, request_id, at FROM remembered"
        ):
            store.account(account).keys[key] = Remembered(*rest)
        return store

    def write(self, account: Account, touched: Iterable[Stored], key: str = "") -> None:
        """In one transaction."""
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        stored.seq,
                        account.id,
                        stored.resource,
                        stored.id,
                        stored.deleted,
                        orjson.dumps(stored.parents),
                        orjson.dumps(stored.private),
                        orjson.dumps(stored.body),
                    )
                    for stored in touched
                ],
            )
            if key:
                kept = account.keys[key]
                self._db.execute(
                    "INSERT OR REPLACE INTO remembered VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        account.id,
                        key,
                        kept.fingerprint,
                        kept.status,
                        kept.body,
                        kept.request_id,
                        kept.at,
                    ),
                )

    def close(self) -> None:
        self._db.close()
        self._lock.release()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_TABLES)
    except BaseException:
        db.close()
        raise
    return db


class _Lock:
    """Ends with its process, and says who holds it."""

    def __init__(self, path: Path) -> None:
        self._file = private_file(path)
        try:
            taken = lock_descriptor(self._file, blocking=False)
            holder = "" if taken else self._read()
        except BaseException:
            os.close(self._file)
            raise
        if not taken:
            os.close(self._file)
            raise AlreadyServedError(_who(path, holder))

    def write(self, note: dict[str, object]) -> None:
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, orjson.dumps(note))

    def _read(self) -> str:
        with contextlib.suppress(OSError):  # on Windows a locked file can't be read either
            return os.read(self._file, 4096).decode("utf-8", "replace")
        return ""

    def release(self) -> None:
        os.close(self._file)


def _who(path: Path, holder: str) -> str:
    file = path.name.removesuffix(".lock")
    try:
        note = orjson.loads(holder)
        return f"{file} is already served at {note['address']} by process {note['pid']}."
    except (ValueError, TypeError, KeyError):
        return f"{file} is already served by another process, which is just starting."
