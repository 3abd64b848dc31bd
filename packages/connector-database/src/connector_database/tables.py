"""Tables and views as a database has them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from connector_sdk import Choice, Field, Problem, SettingError, did_you_mean
from sqlalchemy import MetaData, Table, inspect
from sqlalchemy import types as sql
from sqlalchemy.engine import Connection, Inspector
from sqlalchemy.exc import NoSuchTableError

from connector_database.columns import Column, column_of, is_numbered

POSITIONS = "connector_positions"
"""The table in which runs keep their marks."""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table as it was reflected. `primary` are the columns of its primary key, `unique` each
    set of columns that no two rows share, `numbered` a column of the primary key that the
    database fills."""

    table: Table
    dialect: str
    columns: Mapping[str, Column]
    primary: tuple[str, ...]
    unique: tuple[frozenset[str], ...]
    numbered: str = ""

    @property
    def name(self) -> str:
        return str(self.table.fullname)

    def record(self, names: Sequence[str] = ()) -> Field:
        """A row that is read."""
        chosen = [self.columns[name] for name in names or self.columns]
        return _object(column.field(target=False) for column in chosen)

    def request(self) -> Field:
        """A row that is written."""
        return _object(
            column.field(target=True) for column in self.columns.values() if not column.given
        )

    def change(self) -> Field:
        """What is changed of a row that is there."""
        return _object(replace(field, required=False) for field in self.request().fields)

    def key_request(self, key: Sequence[str], *, whole: bool) -> Field:
        """A row that is found by its key; `whole` says that other columns may be given."""
        fields = []
        for column in self.columns.values():
            if column.name in key or (whole and not column.given):
                fields.append(column.field(target=True))
        return _object(_needed(field) if field.name in key else field for field in fields)

    def known(self, names: Iterable[str], setting: str) -> list[Problem]:
        """A Problem for each name that is no column."""
        return [
            Problem(
                "no_such_column",
                f"{self.name} has no column {name!r}.",
                did_you_mean(name, self.columns) or f"It has: {', '.join(self.columns)}.",
                path=setting,
                value=name,
            )
            for name in names
            if name not in self.columns
        ]

    def key(self, stated: Sequence[str], *, enforced: bool) -> tuple[str, ...]:
        """The columns by which rows are told apart. `enforced`: the database has to keep them
        unique itself. Raises SettingError."""
        problems = self.known(stated, "key")
        if problems:
            raise SettingError(*problems)
        key = tuple(stated) or self.primary
        if not key:
            raise SettingError(
                Problem(
                    "no_key",
                    f"{self.name} has no primary key.",
                    "State the columns that make a row unique: `key: [id]`.",
                    path="key",
                )
            )
        if enforced and frozenset(key) not in self.unique:
            raise SettingError(
                Problem(
                    "key_not_unique",
                    f"{self.name} may have several rows with the same {' and '.join(key)}.",
                    "Add a primary key or a unique constraint on exactly these columns, or state "
                    "another `key`.",
                    path="key",
                )
            )
        return key

    def is_unique(self, key: Iterable[str]) -> bool:
        """Whether the database keeps `key` unique and without null."""
        columns = frozenset(key)
        return any(
            unique <= columns and not any(self.columns[name].nullable for name in unique)
            for unique in self.unique
        )


def _object(fields: Iterable[Field]) -> Field:
    return Field(name="", type="object", fields=tuple(fields))


def _needed(field: Field) -> Field:
    return replace(field, required=True, nullable=False)


def table_names(connection: Connection, schema: str | None) -> list[Choice]:
    """Tables and views; those of other schemas are named in full where an activity needs them."""
    inspector = inspect(connection)
    tables = [name for name in inspector.get_table_names(schema) if name != POSITIONS]
    views = [*inspector.get_view_names(schema)]
    if connection.dialect.name == "postgresql":
        views += inspector.get_materialized_view_names(schema)
    return [
        *(Choice(str(name), str(name)) for name in sorted(tables)),
        *(Choice(str(name), str(name), "view") for name in sorted(views)),
    ]


def exists(connection: Connection, on: str, schema: str | None) -> bool:
    """Whether there is such a table."""
    name, where = _split(inspect(connection), on, schema)
    return inspect(connection).has_table(name, where)


def table_info(connection: Connection, on: str, schema: str | None) -> TableInfo:
    """What the database says of a table or view. Raises SettingError where there is none."""
    inspector = inspect(connection)
    name, where = _split(inspector, on, schema)
    try:
        table = Table(name, MetaData(), schema=where, autoload_with=connection, resolve_fks=False)
    except NoSuchTableError:
        raise SettingError(_no_table(connection, on, schema)) from None
    dialect = connection.dialect.name
    columns = {str(each.name): column_of(each, dialect) for each in table.columns}
    primary = tuple(str(column.name) for column in table.primary_key.columns)
    numbered = [str(each.name) for each in table.primary_key.columns if is_numbered(each, dialect)]
    unique = {frozenset(primary)} if primary else set()
    for constraint in _unique(inspector, name, where):
        unique.add(constraint)
    for each in table.columns:
        if each.primary_key:
            each.nullable = False  # SQLite says that it may be
        if isinstance(each.type, sql.JSON):
            each.type.none_as_null = True
        elif columns[each.name].kind == "other" or (
            dialect == "sqlite" and not isinstance(each.type, sql.Integer)
        ):
            each.type = sql.NullType()  # the value goes to the driver as it is
        if dialect == "sqlite" and columns[each.name].kind == "json":
            each.type = sql.NullType()
    return TableInfo(
        table,
        dialect,
        columns,
        primary,
        tuple(unique),
        numbered[0] if len(primary) == 1 and numbered else "",
    )


def planned_info(table: Table, dialect: str) -> TableInfo:
    """A table that is going to be created."""
    columns = {str(each.name): column_of(each, dialect) for each in table.columns}
    primary = tuple(str(column.name) for column in table.primary_key.columns)
    return TableInfo(table, dialect, columns, primary, (frozenset(primary),) if primary else ())


def _unique(inspector: Inspector, name: str, schema: str | None) -> Iterable[frozenset[str]]:
    """Unique constraints and indexes over whole columns of all rows."""
    try:
        for constraint in inspector.get_unique_constraints(name, schema):
            yield frozenset(map(str, constraint["column_names"]))
    except NotImplementedError:
        pass  # SQL Server has them as indexes
    for index in inspector.get_indexes(name, schema):
        columns = [str(column) for column in index["column_names"] if column is not None]
        partial = any("where" in option for option in index.get("dialect_options", {}))
        if index["unique"] and len(columns) == len(index["column_names"]) and not partial:
            yield frozenset(columns)


def _split(inspector: Inspector, on: str, schema: str | None) -> tuple[str, str | None]:
    """Name and schema: "sales.orders" is a table of another schema, unless one is called so."""
    above, dot, name = on.rpartition(".")
    if dot and not inspector.has_table(on, schema):
        return name, above
    return on, schema


def _no_table(connection: Connection, on: str, schema: str | None) -> Problem:
    names = [choice.id for choice in table_names(connection, schema)]
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return Problem(
        "no_such_table",
        f"There is no table {on!r}." if on else "The activity names no table.",
        did_you_mean(on, names) or (f"There are: {listed}." if names else "There is none yet."),
        path="on",
        value=on,
    )
