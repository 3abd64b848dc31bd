"""The ledger of the process under test: SQLite on a real file, without threads."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, QueuePool, create_engine

T = TypeVar("T")


class Disk:
    """Gives every process the same engine, whose compiled statements are worth keeping, on the
    file that is asked for. What a process left open is closed with it."""

    def __init__(self) -> None:
        self._file = ""
        self._engine = create_engine("sqlite://", creator=self._connect, poolclass=QueuePool)

    def engine(self, url: str, **settings: Any) -> Engine:
        """In the place of SQLAlchemy's create_engine."""
        del settings
        self._engine.dispose()
        self._file = url.removeprefix("sqlite:///")
        return self._engine

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(Path(self._file), check_same_thread=False)


class Inline(Executor):
    """In the place of the database's thread: does at once what it is given."""

    def __init__(self, *ignored: object, **names: object) -> None:
        del ignored, names

    def submit(self, fn: Callable[..., T], /, *args: Any, **names: Any) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **names))
        except BaseException as error:
            future.set_exception(error)
        return future
