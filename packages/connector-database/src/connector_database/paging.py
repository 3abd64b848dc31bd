"""The statements that read a table or a query in the order of its key, page by page."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from connector_sdk import JSON
from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    MetaData,
    Select,
    Table,
    TextClause,
    and_,
    column,
    func,
    insert,
    inspect,
    literal,
    literal_column,
    or_,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy import Text as SQLText
from sqlalchemy import cast as sql_cast
from sqlalchemy import types as sql
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from connector_database.tables import POSITIONS, TableInfo

_QUERY = "rows_of_query"
_COLON = re.compile(r"(?<![:\\]):(?!:)")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read: from where, which columns and what they are called (no names: as they come),
    and by which key. `proven` says that the database keeps the key unique and never null."""

    name: str
    origin: FromClause | TextClause
    columns: Sequence[ColumnElement[Any]]
    names: tuple[str, ...]
    key: tuple[str, ...]
    where: str = ""
    proven: bool = False

    def page(self, after: Sequence[Any] | None, limit: int) -> "Select[Any]":
        """The rows after a key. The values of the key come first, as the driver gives them."""
        query = (
            select(*(_untyped(column(name)) for name in self.key), *self.columns)
            .select_from(self.origin)
            .order_by(*(column(name) for name in self.key))
            .limit(limit)
        )
        if after is not None:
            query = query.where(self._beyond(after))
        return self._filtered(query)

    def keyless(self) -> "Select[Any]":
        """A row whose key is null somewhere: no order leads to it."""
        query: Select[Any] = select(literal_column("1")).select_from(self.origin).limit(1)
        return self._filtered(query.where(or_(*(column(name).is_(None) for name in self.key))))

    def twins(self, key: Sequence[Any]) -> "Select[Any]":
        """How many rows have this key."""
        query = select(func.count()).select_from(self.origin)
        same = [column(name) == _bound(value) for name, value in zip(self.key, key, strict=True)]
        return self._filtered(query.where(*same))

    def count(self, most: int) -> "Select[Any]":
        """How many rows there are, counted up to `most`."""
        rows: Select[Any] = (
            select(literal_column("1").label("one")).select_from(self.origin).limit(most)
        )
        return select(func.count()).select_from(self._filtered(rows).subquery())

    def _beyond(self, after: Sequence[Any]) -> ColumnElement[bool]:
        """Rows that follow: by the first column, or the same there and by the next one."""
        names: list[ColumnElement[Any]] = [column(name) for name in self.key]
        values = [_bound(value) for value in after]
        ways = [
            and_(
                *(names[before] == values[before] for before in range(index)),
                names[index] > values[index],
            )
            for index in range(len(names))
        ]
        if len(ways) == 1:
            return ways[0]
        return and_(names[0] >= values[0], or_(*ways))  # the first one finds the index

    def _filtered(self, query: "Select[Any]") -> "Select[Any]":
        return query.where(literal_column(f"({self.where}\n)")) if self.where else query


def plan_of_table(
    table: TableInfo, columns: Sequence[str], key: tuple[str, ...], where: str
) -> Plan:
    """Reads a table; types that drivers would change come as text."""
    names = tuple(columns) or tuple(table.columns)
    chosen = [
        sql_cast(table.table.c[name], SQLText())
        if table.columns[name].kind == "other"
        else _untyped(table.table.c[name])
        for name in names
    ]
    return Plan(table.name, table.table, chosen, names, key, where, table.is_unique(key))


def plan_of_query(query: str, key: tuple[str, ...]) -> Plan:
    """Reads what a SELECT gives. It becomes a part of a larger one, so that nothing else than
    reading can be done with it."""
    inner = _COLON.sub(r"\\:", query.strip().rstrip(";"))
    origin = text(f"({inner}\n) AS {_QUERY}")
    every: ColumnElement[Any] = literal_column(f"{_QUERY}.*")
    return Plan("the query", origin, (every,), (), key)


def key_json(key: Sequence[Any]) -> list[JSON]:
    """A key as the driver gave it, for a cursor."""
    return [_tagged(value) for value in key]


def key_of(stored: Sequence[JSON]) -> list[Any]:
    """The key that `key_json` stored."""
    return [_untagged(value) for value in stored]


def _untyped(element: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(element, sql.NullType())


def _bound(value: Any) -> ColumnElement[Any]:
    return literal(value, sql.NullType())


def _tagged(value: Any) -> JSON:
    match value:
        case bool() | int() | float() | str():
            return value
        case Decimal():
            return {"decimal": str(value)}
        case bytes() | bytearray() | memoryview():
            return {"bytes": base64.b64encode(value).decode()}
        case datetime():
            return {"datetime": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case time():
            return {"time": value.isoformat()}
        case timedelta():
            return {"seconds": str(value.total_seconds())}
        case UUID():
            return {"uuid": str(value)}
    return str(value)


_READ = {
    "decimal": Decimal,
    "bytes": base64.b64decode,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "seconds": lambda text: timedelta(seconds=float(text)),
    "uuid": UUID,
}


def _untagged(value: JSON) -> Any:
    if isinstance(value, dict):
        ((tag, told),) = value.items()
        return _READ[tag](told)  # type: ignore[operator]
    return value


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
