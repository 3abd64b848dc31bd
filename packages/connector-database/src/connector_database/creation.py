"""Creates a table from columns and types that are stated, or from what an operation gives."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connector_sdk import Field, Problem, did_you_mean
from sqlalchemy import Column, MetaData, Table, inspect
from sqlalchemy import types as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

_DECIMAL = re.compile(r"decimal\(\s*(\d{1,3})\s*(?:,\s*(\d{1,3})\s*)?\)")
TYPES = (
    *("text", "integer", "decimal", "float", "boolean", "timestamp", "date", "time"),
    *("json", "bytes", "uuid"),
)
"""The types of columns, beside decimal(12,2)."""
_KEY_LENGTH = 255
_BOUNDED_KEYS = ("mysql", "mariadb", "mssql")
"""Systems without keys of texts that have no bound."""
_WIDEST = (38, 10)
"""Digits and decimals where a decimal needs a bound."""

_OF_FORMAT = {
    "decimal": "decimal",
    "date-time": "timestamp",
    "unix-time": "integer",
    "date": "date",
    "base64": "bytes",
    "uuid": "uuid",
    "int64": "integer",
}
_OF_TYPE = {
    "string": "text",
    "integer": "integer",
    "number": "decimal",
    "boolean": "boolean",
    "object": "json",
    "list": "json",
    "map": "json",
    "file": "text",
    "any": "json",
}


def type_of(field: Field) -> str:
    """The type of a column that holds what a field says."""
    return _OF_FORMAT.get(field.format) or _OF_TYPE[field.type]


def column_faults(columns: Mapping[str, str], key: Sequence[str]) -> list[Problem]:
    """What is wrong with columns that are stated, and with a key of them."""
    problems = [
        Problem(
            "unknown_column_type",
            f"The column {name!r} can't have the type {kind!r}.",
            did_you_mean(kind, TYPES) or f"Take one of {', '.join(TYPES)}.",
            path=f"columns.{name}",
            value=kind,
        )
        for name, kind in columns.items()
        if kind not in TYPES and not _DECIMAL.fullmatch(kind)
    ]
    problems += [
        Problem(
            "no_such_column",
            f"The key {name!r} is not among the columns.",
            did_you_mean(name, columns) or "State it below `columns`.",
            path="key",
            value=name,
        )
        for name in key
        if name not in columns
    ]
    return problems


def create(connection: Connection, table: Table) -> None:
    """Creates the table where it doesn't exist, and commits."""
    try:
        table.create(connection, checkfirst=True)
        connection.commit()
    except SQLAlchemyError:
        connection.rollback()
        if not inspect(connection).has_table(table.name, table.schema):
            raise  # no other run was quicker
        connection.rollback()


def table_of(
    on: str, schema: str | None, columns: Mapping[str, str], key: Sequence[str], dialect: str
) -> Table:
    """The table with these columns; `key` is its primary key."""
    above, dot, name = on.rpartition(".")
    made = [
        Column(
            column,
            _type(kind, dialect, keyed=column in key),
            primary_key=column in key,
            nullable=column not in key,
            autoincrement=False,
        )
        for column, kind in columns.items()
    ]
    return Table(name if dot else on, MetaData(), *made, schema=above if dot else schema)


def _type(kind: str, dialect: str, *, keyed: bool) -> sql.TypeEngine[Any]:
    bounded = _DECIMAL.fullmatch(kind)
    is_postgresql, is_sqlite = dialect == "postgresql", dialect == "sqlite"
    if bounded or kind == "decimal":
        if is_sqlite:
            return sql.Text()  # its decimals are floats; text keeps every digit
        if bounded:
            return sql.Numeric(int(bounded[1]), int(bounded[2] or 0))
        return sql.Numeric() if is_postgresql else sql.Numeric(*_WIDEST)
    match kind:
        case "text":
            return sql.String(_KEY_LENGTH) if keyed and dialect in _BOUNDED_KEYS else sql.Text()
        case "integer":
            return sql.BigInteger()
        case "float":
            return sql.Double()
        case "boolean":
            return sql.Boolean()
        case "timestamp":
            return sql.DateTime(timezone=True)
        case "date":
            return sql.Date()
        case "time":
            return sql.Time()
        case "json":
            return JSONB(none_as_null=True) if is_postgresql else sql.JSON(none_as_null=True)
        case "bytes":
            return sql.LargeBinary()
        case "uuid":
            return sql.Uuid() if dialect in ("postgresql", "mssql") else sql.CHAR(36)
    raise ValueError(kind)
