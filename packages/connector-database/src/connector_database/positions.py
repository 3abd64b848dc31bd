"""The marks of runs, in a table of the database that the runs write to.

They are committed together with the rows, so that a run that was killed continues exactly after
the last row that is there.
"""

from sqlalchemy import Column, MetaData, Table, insert, inspect, select, update
from sqlalchemy import types as sql
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from connector_database.tables import POSITIONS


class Positions:
    """The table in one schema."""

    def __init__(self, schema: str | None) -> None:
        self._schema = schema
        self._is_there = False
        self._table = Table(
            POSITIONS,
            MetaData(),
            Column("run", sql.String(64), primary_key=True),
            Column("mark", sql.LargeBinary(), nullable=False),
            schema=schema,
        )

    def read(self, connection: Connection, run: str) -> bytes | None:
        """The mark of a run; makes the table where there is none. Ends the transaction."""
        self._create(connection)
        self._is_there = True
        query = select(self._table.c.mark).where(self._table.c.run == run)
        found = connection.execute(query).scalar_one_or_none()
        connection.rollback()
        return bytes(found) if found is not None else None

    def write(self, connection: Connection, run: str, mark: bytes) -> None:
        """Puts the mark into the transaction."""
        if not self._is_there:
            self._create_within(connection)
            self._is_there = True
        changed = connection.execute(
            update(self._table).where(self._table.c.run == run).values(mark=mark)
        )
        if not changed.rowcount:
            connection.execute(insert(self._table).values(run=run, mark=mark))

    def _create_within(self, connection: Connection) -> None:
        """Where making a table ends the transaction, another connection makes it."""
        if connection.dialect.name in ("mysql", "mariadb"):
            with connection.engine.connect() as other:
                self._create(other)
        else:
            self._table.create(connection, checkfirst=True)

    def _create(self, connection: Connection) -> None:
        if inspect(connection).has_table(POSITIONS, self._schema):
            return
        try:
            self._table.create(connection)
            connection.commit()
        except SQLAlchemyError:
            connection.rollback()
            if not inspect(connection).has_table(POSITIONS, self._schema):
                raise  # no other run was quicker
