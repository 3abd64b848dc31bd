"""Statements of the hot transactions: compiled once for each dialect, run by the driver itself.

SQLAlchemy takes four times as long as the driver for a transaction of a few rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.compiler import SQLCompiler


class Statement:
    """A statement whose values are all parameters, by the names in `columns`."""

    def __init__(self, statement: Executable, columns: Sequence[str]) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, SQLCompiler] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Runs it for each row of parameters, in the transaction of the connection; returns how
        many rows of the table it changed."""
        compiled = self._for(connection)
        cursor = connection.connection.cursor()
        try:
            names = compiled.positiontup
            parameters: list[Any] = (
                [*rows] if names is None else [[row[name] for name in names] for row in rows]
            )
            if len(parameters) == 1:
                cursor.execute(compiled.string, parameters[0])
            else:
                cursor.executemany(compiled.string, parameters)
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def first(self, connection: Connection) -> Any:
        """The first row of a query without parameters."""
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._for(connection).string)
            return cursor.fetchone()
        finally:
            cursor.close()

    def _for(self, connection: Connection) -> SQLCompiler:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            assert isinstance(dialect, DefaultDialect)
            made = self._statement.compile(dialect=dialect, column_keys=[*self._columns])  # type: ignore[attr-defined]
            assert isinstance(made, SQLCompiler)
            compiled = self._compiled[dialect.name] = made
        return compiled
