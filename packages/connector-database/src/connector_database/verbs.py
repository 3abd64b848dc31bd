"""Requests as rows: which columns they may give, which they need, and the values. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple, Protocol, cast

import msgspec
from connector_sdk import Kind, Problem, did_you_mean
from sqlalchemy import and_, bindparam, delete, insert, update
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.sql.dml import Insert

from connector_database.encoding import (
    Convert,
    ValueFaultError,
    converter_of,
    value_problem,
)
from connector_database.tables import TableInfo

_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class Requests:
    """Reads requests for one table. `required` are columns that each needs, `allowed` those
    that it may give."""

    def __init__(self, table: TableInfo, required: Sequence[str], allowed: Sequence[str]) -> None:
        self._table = table
        self._required = tuple(required)
        self._converters: Mapping[str, Convert] = {
            name: converter_of(table.columns[name], table.dialect) for name in allowed
        }

    def without_needs(self) -> "Requests":
        """The same for a change of a row that is there: no column is needed."""
        return Requests(self._table, (), tuple(self._converters))

    def row(self, request: bytes) -> dict[str, Any] | Problem:
        """The values for the driver, by column; a number keeps all its digits."""
        try:
            values = _DECODER.decode(request)
        except (msgspec.DecodeError, ArithmeticError) as error:
            return _not_an_object(f"The record is not JSON: {error}.")
        if not isinstance(values, dict):
            return _not_an_object("The record is not a JSON object.")
        row: dict[str, Any] = {}
        for name, value in values.items():
            convert = self._converters.get(name)
            if convert is None:
                return self._unknown(name)
            if value is None:
                row[name] = None
                continue
            try:
                row[name] = convert(value)
            except ValueFaultError as fault:
                return value_problem(name, fault, value)
        for name in self._required:
            if row.get(name) is None:
                return _missing(name, given=name in row)
        for name, value in row.items():
            if value is None and not self._table.columns[name].nullable:
                return _missing(name, given=True)
        if not row:
            return _not_an_object("The record has no field to make a column of.")
        return row

    def key(self, names: Sequence[str], texts: Sequence[str]) -> dict[str, Any] | Problem:
        """The values of a key that was kept as text."""
        try:
            return {
                name: self._converters[name](text) for name, text in zip(names, texts, strict=True)
            }
        except (ValueFaultError, KeyError, ValueError):
            return Problem(
                "key_changed",
                f"{self._table.name} is not the table whose row {', '.join(texts)!r} was written.",
                "Put its former primary key back, or let the operation forget what it wrote.",
            )

    def _unknown(self, name: str) -> Problem:
        column = self._table.columns.get(name)
        if column is not None and column.given:
            hint = "The database makes its value; take it out."
        elif column is not None:
            hint = "Only the key finds a row; take it out."
        else:
            hint = did_you_mean(name, self._converters) or "Take it out of the mapping."
        message = f"{self._table.name} has no column {name!r} to write to."
        return Problem("unknown_field", message, hint, path=name)


def _missing(name: str, *, given: bool) -> Problem:
    if given:
        return Problem(
            "null_not_allowed",
            f"{name} can't be null.",
            "Leave the record out, or give a value.",
            path=name,
        )
    return Problem(
        "missing_field", f"The required field {name!r} is missing.", "Give it a value.", path=name
    )


def _not_an_object(message: str) -> Problem:
    return Problem("not_an_object", message, "Make an object of it in the mapping.")


Row = Mapping[str, Any]


class Done(NamedTuple):
    """What became of one row; `id` is its key as text, "" where it isn't known."""

    kind: Kind
    id: str = ""
    problem: Problem | None = None


class Verb(Protocol):
    """One way to write rows."""

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> list[Done]:
        """An outcome for each row, in order."""
        ...


class Inserting:
    """Adds rows. Where the database numbers them, the numbers come back."""

    def __init__(self, table: TableInfo) -> None:
        self._table = table

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> list[Done]:
        done: list[Done] = [Done("written")] * len(rows)
        for names, places in _by_columns(rows).items():
            chosen = [rows[place] for place in places]
            for place, outcome in zip(places, self._insert(connection, names, chosen), strict=True):
                done[place] = outcome
        return done

    def _insert(
        self, connection: Connection, names: Sequence[str], rows: list[Row]
    ) -> Iterable[Done]:
        table = self._table
        if not table.numbered or table.numbered in names:
            connection.execute(insert(table.table), rows)
            known = bool(table.primary) and set(table.primary) <= set(names)
            return [Done("written", id_of(table.primary, row) if known else "") for row in rows]
        number = table.table.c[table.numbered]
        if connection.dialect.insert_executemany_returning_sort_by_parameter_order and not any(
            table.columns[name].kind == "other" for name in names
        ):
            query = insert(table.table).returning(number, sort_by_parameter_order=True)
            return [
                Done("written", str(made)) for made in connection.execute(query, rows).scalars()
            ]
        made = [connection.execute(insert(table.table), row) for row in rows]
        keys = [result.inserted_primary_key for result in made]
        return [Done("written", str(key[0]) if key else "") for key in keys]


class Upserting:
    """Updates the row with the same key, or adds one. Columns that a row doesn't have stay."""

    def __init__(self, table: TableInfo, key: tuple[str, ...]) -> None:
        self._table = table
        self._key = key
        self._updating = Updating(table, key)

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> list[Done]:
        # In order: of two rows with the same key the later one has the last word.
        for names, same in groupby(rows, key=lambda row: tuple(sorted(row))):
            statement = self._statement(connection.dialect.name, names)
            if statement is not None:
                connection.execute(statement, list(same))
            else:
                for row in same:
                    if not self._updating.one(connection, row):
                        connection.execute(insert(self._table.table), row)
        return [Done("written", id_of(self._key, row)) for row in rows]

    def _statement(self, dialect: str, names: Sequence[str]) -> Insert | None:
        others = [name for name in names if name not in self._key]
        table = self._table.table
        if dialect in ("postgresql", "sqlite"):
            module = postgresql if dialect == "postgresql" else sqlite
            made: Any = module.insert(table)
            if not others:
                found = made.on_conflict_do_nothing(index_elements=list(self._key))
            else:
                found = made.on_conflict_do_update(
                    index_elements=list(self._key),
                    set_={name: made.excluded[name] for name in others},
                )
            return cast(Insert, found)
        if dialect in ("mysql", "mariadb"):
            own = mysql.insert(table)
            changed = others or [self._key[0]]
            return own.on_duplicate_key_update({name: own.inserted[name] for name in changed})
        return None


class Updating:
    """Changes the rows with these keys."""

    def __init__(self, table: TableInfo, key: tuple[str, ...]) -> None:
        self._table = table
        self._key = key

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> list[Done]:
        return [
            Done("written", id_of(self._key, row))
            if self.one(connection, row)
            else Done("refused", problem=self._gone(row))
            for row in rows
        ]

    def one(self, connection: Connection, row: Row) -> bool:
        """Whether there is such a row; it is changed."""
        values = {name: value for name, value in row.items() if name not in self._key}
        # A row of nothing but its key: it is looked for by setting the key to what it is.
        values = values or {self._key[0]: row[self._key[0]]}
        where, keys = _where(self._table, self._key, row)
        result = connection.execute(update(self._table.table).where(where).values(values), keys)
        return result.rowcount > 0

    def _gone(self, row: Row) -> Problem:
        return Problem(
            "no_such_row",
            f"{self._table.name} has no row {id_of(self._key, row)!r} any more.",
            "Give the record another identity to have it added again.",
        )


class Deleting:
    """Deletes the rows with these keys; one that isn't there is skipped."""

    def __init__(self, table: TableInfo, key: tuple[str, ...]) -> None:
        self._table = table
        self._key = key

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> list[Done]:
        keys = [_where(self._table, self._key, row)[1] for row in rows]
        where, _ = _where(self._table, self._key, rows[0])
        statement = delete(self._table.table).where(where)
        if len(rows) > 1:
            with connection.begin_nested() as together:
                if connection.execute(statement, keys).rowcount == len(rows):
                    return [Done("written", id_of(self._key, row)) for row in rows]
                together.rollback()  # one of them isn't there, and nobody says which
        gone = [connection.execute(statement, key).rowcount for key in keys]
        return [
            Done("written" if count else "skipped", id_of(self._key, row))
            for count, row in zip(gone, rows, strict=True)
        ]


def id_of(key: Sequence[str], row: Row) -> str:
    """A key as text: the value of one column, or a JSON list of several."""
    if len(key) == 1:
        return str(row[key[0]])
    return json.dumps([str(row[name]) for name in key], ensure_ascii=False)


def values_of(key: Sequence[str], identifier: str) -> list[str]:
    """The values that `id_of` wrote, as text."""
    if len(key) == 1:
        return [identifier]
    found: list[str] = json.loads(identifier)
    return found


def _by_columns(rows: Sequence[Row]) -> dict[tuple[str, ...], list[int]]:
    """The places of rows that give the same columns: one statement takes them together."""
    found: dict[tuple[str, ...], list[int]] = {}
    for place, row in enumerate(rows):
        found.setdefault(tuple(sorted(row)), []).append(place)
    return found


def _where(table: TableInfo, key: Sequence[str], row: Row) -> tuple[Any, dict[str, Any]]:
    """The condition for a key, and its values by their parameters."""
    named = {f"key__{place}": name for place, name in enumerate(key)}
    where = and_(
        *(
            table.table.c[name] == bindparam(parameter, type_=table.table.c[name].type)
            for parameter, name in named.items()
        )
    )
    return where, {parameter: row[name] for parameter, name in named.items()}
