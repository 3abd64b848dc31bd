"""A connection to the database, with a thread of its own: drivers block."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from connector_sdk import DriverThread, RefusedError
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from connector_database.faults import error_of

P = ParamSpec("P")
R = TypeVar("R")


class Session:
    """Opened with the first call; used in its own thread only. Close it with `close`."""

    def __init__(
        self, engine: Engine, prepared: Callable[[Connection], Connection] | None = None
    ) -> None:
        """`prepared` sets options of the connection."""
        self._engine = engine
        self._prepared = prepared
        self._connection: Connection | None = None
        self._thread = DriverThread("database")
        self._closed = False

    async def call(
        self,
        function: Callable[Concatenate[Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """The result of `function(connection, …)`. A thread can't be interrupted: a caller that
        is cancelled waits for its end, so that nobody closes the connection in use. Raises
        ConnectorError for what the database declines; its transaction is rolled back then."""

        def inside() -> R:
            try:
                if self._connection is None:
                    opened = self._engine.connect()
                    self._connection = self._prepared(opened) if self._prepared else opened
                return function(self._connection, *args, **kwargs)
            except SQLAlchemyError as error:
                self._drop()
                raise error_of(error, self._engine) from error
            except RefusedError:
                raise  # its savepoint is rolled back, and the rest stays
            except BaseException:
                self._drop()
                raise

        return await self._thread.call(inside)

    async def close(self) -> None:
        """Rolls back what is not committed. May be called twice."""
        if not self._closed:
            self._closed = True
            await self._thread.call(self._drop)
            self._thread.close()

    def _drop(self) -> None:
        """After a fault the connection is given up: nothing of its transaction may survive."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except SQLAlchemyError:
                connection.invalidate()
