"""A file that was looked at, so that its records can be read, and what formats share of it."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec
import orjson
from connector_sdk import ANY_OBJECT, JSON, Field, Problem, SettingError, shown

from connector_agent.connectors.files.columns import (
    ColumnsClashError,
    clash,
    columns_as_field,
    nested,
    steps_of,
    unknown_columns,
)
from connector_agent.connectors.files.settings import ReadSettings

Read = tuple[bytes, str, Problem | None] | None
"""One record as raw JSON, its place, and its problem; None for a line that is passed over."""
Reads = Generator[Read, None, None]


class Ready(NamedTuple):
    """One file, its format proved as far as that goes. `records` begins to read it, from its
    start; `schema` is a record's."""

    settings: ReadSettings
    records: Callable[[], Reads]
    schema: Field = ANY_OBJECT


class Columns:
    """Makes records of cells: by the names of columns, and as `nested` and `json_columns` ask.
    Raises SettingError when these name a column that isn't there."""

    def __init__(self, settings: ReadSettings, names: Sequence[str]) -> None:
        problems = unknown_columns("json_columns", settings.json_columns, names, settings.name)
        if problems:
            raise SettingError(*problems)
        self.names = tuple(names)
        self._nested = settings.nested
        self._steps = [steps_of(name) for name in names]
        self._json = [(names.index(name), name) for name in settings.json_columns]
        self._encode = msgspec.json.Encoder(decimal_format="number").encode

    def schema(self, leaf: Field, description: str) -> Field:
        """The schema of the records, each column a `leaf`."""
        apart = {name for _, name in self._json}
        fields: tuple[Field, ...]
        if self._nested:
            fields = columns_as_field(self.names, leaf).fields
        else:
            fields = tuple(replace(leaf, name=name) for name in self.names)
        fields = tuple(Field(name=f.name, type="any") if f.name in apart else f for f in fields)
        return Field(name="", type="object", fields=fields, description=description)

    def read(self, cells: Sequence[JSON], at: str, problem: Problem | None = None) -> Read:
        """The record of a whole row."""
        values: list[Any] = list(cells)
        for index, name in self._json:
            try:
                values[index] = _parsed(values[index])
            except orjson.JSONDecodeError as error:
                problem = problem or Problem(
                    "cell_not_json",
                    f"{name} is not JSON: {error}.",
                    "Correct the cell, or take the column out of `json_columns`.",
                    path=name,
                    value=shown(values[index]),
                    at=at,
                )
        if not self._nested:
            return self._encode(dict(zip(self.names, values, strict=True))), at, problem
        try:
            record = nested(zip(self.names, self._steps, values, strict=True))
        except ColumnsClashError as error:
            flat = dict(zip(self.names, values, strict=True))
            return self._encode(flat), at, problem or clash(str(error), at)
        return self._encode(record), at, problem


def _parsed(cell: JSON) -> Any:
    """The cell as the JSON that it holds, whose numbers keep their digits."""
    if not isinstance(cell, str):
        return cell
    if not cell.strip():
        return None
    orjson.loads(cell)
    return msgspec.Raw(cell.encode())
