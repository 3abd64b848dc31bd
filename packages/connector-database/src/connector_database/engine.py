"""The engine of an address: how each system is set up so that no value is changed on its way."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
from connector_sdk import DriverThread, RefusedError
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from connector_database.address import Address
from connector_database.faults import error_of

TIMEOUT = 10
"""Seconds to wait for a connection, or for another process that holds a file of SQLite."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class BadText(bytes):
    """A text of SQLite that is no UTF-8."""


def engine_of(address: Address) -> Engine:
    """An engine without a pool: each connection lives in one thread and ends with it."""
    name = address.url.get_backend_name()
    arguments: dict[str, Any] = {}
    if name == "postgresql":
        arguments = {"connect_timeout": TIMEOUT, "application_name": "connector"}
        arguments = {key: value for key, value in arguments.items() if key not in address.url.query}
    elif name == "sqlite":
        # SQLAlchemy's driver begins no transaction before a savepoint; `_begin` does.
        arguments = {"timeout": TIMEOUT, "isolation_level": None}
    elif name in ("mysql", "mariadb"):
        arguments = {"connect_timeout": TIMEOUT}
    elif name == "mssql":
        arguments = {"timeout": TIMEOUT}
    engine = create_engine(
        address.url,
        connect_args=arguments,
        poolclass=NullPool,
        json_serializer=lambda value: _ENCODER.encode(value).decode(),
        hide_parameters=True,
    )
    if name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin)
    elif name == "postgresql":
        event.listen(engine, "connect", _set_up_postgresql)
    return engine


def for_reading(connection: Connection) -> Connection:
    """The connection, whose driver gives values without a loss: Python has no infinite time, no
    year beyond 9999, no month as a length of time. Not for reflecting tables."""
    if connection.dialect.name == "postgresql":
        _load_exactly(connection.connection.dbapi_connection)
    return connection


def for_writing(connection: Connection) -> Connection:
    """The connection, whose transactions are going to write."""
    return connection.execution_options(connector_writes=True)


def _set_up_sqlite(connection: Any, record: object) -> None:
    del record
    connection.text_factory = _text
    connection.execute("PRAGMA foreign_keys = ON")
    # A large transaction that spills locks readers out, also the source of the same run.
    connection.execute("PRAGMA cache_spill = OFF")


def _text(data: bytes) -> str | BadText:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return BadText(data)


def _begin(connection: Connection) -> None:
    # Taking the lock with the first write instead can't be waited for: SQLite gives up at once.
    writes = connection.get_execution_options().get("connector_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up_postgresql(connection: Any, record: object) -> None:
    del record
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute("SET DateStyle = 'ISO, YMD'")
    connection.execute("SET IntervalStyle = 'iso_8601'")
    connection.commit()


def _load_exactly(connection: Any) -> None:
    from psycopg.adapt import Loader
    from psycopg.types.string import TextLoader

    class RawJson(Loader):
        """JSON as it is stored, so that its numbers keep their digits."""

        def load(self, data: Any) -> msgspec.Raw:
            return msgspec.Raw(bytes(data))

    for name in ("date", "time", "timetz", "timestamp", "timestamptz", "interval"):
        connection.adapters.register_loader(name, TextLoader)
    for name in ("json", "jsonb"):
        connection.adapters.register_loader(name, RawJson)


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
