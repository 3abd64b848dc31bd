"""Requests as rows: which columns they may give, which they need, and the values. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from connector_sdk import Problem, did_you_mean

from connector_database.tables import TableInfo
from connector_database.writing_values import (
    Convert,
    ValueFaultError,
    converter_of,
    value_problem,
)

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
