"""What the connection and the activities ask for."""

from collections.abc import Mapping
from typing import TypeAlias

from connector_sdk import ActivityType, declared, setting

TYPES = (
    ActivityType("read", "source", "Read", "Reads the rows of a table or view.", ("object",)),
    ActivityType("query", "source", "Query", "Reads the rows that a SELECT gives."),
    ActivityType(
        "insert",
        "target",
        "Insert",
        "Adds a row for each record. Rows and the position of the run are committed together.",
        ("object",),
        guarantee="transactional",
    ),
    ActivityType(
        "upsert",
        "target",
        "Upsert",
        "Updates the row with the same key, or adds one where there is none.",
        ("object",),
        guarantee="transactional",
    ),
    ActivityType(
        "delete",
        "target",
        "Delete",
        "Deletes the row with the key of the record.",
        ("object",),
        guarantee="transactional",
    ),
)


@declared
class DatabaseSettings:
    """The settings of a connection."""

    url: str = setting(
        "URL",
        "postgresql://USER:PASSWORD@HOST/DATABASE, sqlite:///FILE, or one that starts with mysql, "
        "mariadb or mssql. A relative file is taken from the project's folder. A URL with a "
        "password belongs in an environment variable.",
        format="url",
        secret=True,
        variable="DATABASE_URL",
    )
    schema: str = setting(
        "Schema",
        "The schema of the tables; the default of the user where left out.",
        default="",
    )


@declared
class Read:
    """The settings of a read activity."""

    columns: tuple[str, ...] = setting(
        "Columns", "The columns to read; all where left out.", default=()
    )
    where: str = setting(
        "Where", "A condition in SQL that a row has to meet: status = 'open'.", default=""
    )
    key: tuple[str, ...] = setting(
        "Key",
        "The columns by which rows are ordered and a run is resumed: unique and never null. The "
        "primary key where left out.",
        default=(),
    )


@declared
class Query:
    """The settings of a query activity."""

    query: str = setting(
        "Query", "One SELECT, without an ORDER BY: rows come in the order of the key."
    )
    key: tuple[str, ...] = setting(
        "Key", "The columns of the result that make a row unique; never null."
    )


@declared
class Delete:
    """The settings of a delete activity."""

    key: tuple[str, ...] = setting(
        "Key",
        "The columns that make a row unique; the primary key where left out.",
        default=(),
    )


@declared
class Write(Delete):
    """The settings of an insert or an upsert activity."""

    create: bool = setting(
        "Create",
        "Creates the table where it doesn't exist, with `columns`, and `key` as its primary key.",
        default=False,
    )
    columns: Mapping[str, str] = setting(
        "Columns",
        "With `create`: each column with its type: text, integer, decimal, decimal(12,2), float, "
        "boolean, timestamp, date, time, json, bytes or uuid.",
        default={},
    )


Settings: TypeAlias = Read | Query | Delete
RECORDS: dict[str, type[Settings]] = {
    "read": Read,
    "query": Query,
    "insert": Write,
    "upsert": Write,
    "delete": Delete,
}
"""The settings of each activity type."""
