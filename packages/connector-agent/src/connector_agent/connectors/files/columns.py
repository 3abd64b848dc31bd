"""The names of columns: their faults, and names such as `address.line1` as nested values. Pure."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypeAlias

from connector_sdk import JSON, Field, Problem, did_you_mean, shown


def header_problems(names: Sequence[str], path: str) -> list[Problem]:
    """What is wrong with the names of columns: each needs one, and one of its own."""
    if not names:
        return [Problem("header_empty", "There are no columns.", "Name them.", path=path)]
    problems = []
    first: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if not name.strip():
            message = f"Column {number} has no name."
            remedy = "Name it in the file, or state all names with `header`."
            problems.append(Problem("column_unnamed", message, remedy, path=path))
        elif name in first:
            message = f"Columns {first[name]} and {number} have the same name {name!r}."
            remedy = "Rename one of them in the file, or state all names with `header`."
            problems.append(Problem("column_twice", message, remedy, path=path, value=name))
        first.setdefault(name, number)
    return problems


def unknown_columns(
    setting: str, stated: Sequence[str], columns: Sequence[str], file: str
) -> list[Problem]:
    """A Problem for each column that `setting` names and the file does not have."""
    return [
        Problem(
            "unknown_column",
            f"There is no column {name!r} in {file}.",
            did_you_mean(name, columns) or f"It has: {shown(', '.join(columns))}.",
            path=setting,
            value=name,
        )
        for name in stated
        if name not in columns
    ]


Steps: TypeAlias = tuple[str | int, ...]

_PATH = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[\d{1,6}\])*")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class ColumnsClashError(Exception):
    """Two cells of one record claim the same place; carries the name of the second column."""


def steps_of(column: str) -> Steps:
    """`items[0].price` → ("items", 0, "price"). A name that is no such path is one step."""
    if not _PATH.fullmatch(column):
        return (column,)
    found = _STEP.findall(column)
    return tuple(name if name else int(index) for name, index in found)


def nested(cells: Iterable[tuple[str, Steps, JSON]]) -> dict[str, JSON]:
    """The record of cells, each with its column and the steps of that. Empty ones (null and
    empty text) are left out; a list closes over the places that are empty. Raises
    ColumnsClashError."""
    root: dict[str | int, JSON] = {}
    for column, steps, value in cells:
        if value is None or value == "":
            continue
        node = root
        for step, following in pairwise(steps):
            below = node.setdefault(step, _Branch(type(following)))  # type: ignore[arg-type]
            if not isinstance(below, _Branch) or below.kind is not type(following):
                raise ColumnsClashError(column)
            node = below
        if steps[-1] in node:
            raise ColumnsClashError(column)
        node[steps[-1]] = value
    return {str(name): _grown(value) for name, value in root.items()}


class _Branch(dict[str | int, JSON]):
    """An object or a list that is being put together: `kind` is what its keys are."""

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.kind = kind


def _grown(value: JSON) -> JSON:
    if not isinstance(value, _Branch):
        return value
    if value.kind is int:
        return [_grown(value[index]) for index in sorted(value)]
    return {str(name): _grown(below) for name, below in value.items()}


def clash(column: str, at: str) -> Problem:
    """The problem of a record of which two columns claim the same place."""
    return Problem(
        "columns_clash",
        f"The column {column!r} and another one claim the same place in the record.",
        "Empty one of the two cells, or take `nested` out.",
        path=column,
        at=at,
    )


def columns_as_field(columns: Sequence[str], leaf: Field) -> Field:
    """Columns as the schema of a record, each a `leaf`: dotted ones are nested objects, and
    those with an index lists. Where a column is the beginning of another, it may be anything."""
    return Field(name="", type="object", fields=_fields([steps_of(name) for name in columns], leaf))


def _fields(paths: Iterable[Steps], leaf: Field) -> tuple[Field, ...]:
    children: dict[str | int, list[Steps]] = {}
    for path in paths:
        children.setdefault(path[0], []).append(path[1:])
    return tuple(_field(str(name), rests, leaf) for name, rests in children.items())


def _field(name: str, rests: list[Steps], leaf: Field) -> Field:
    if not any(rests):
        return Field(name=name, type=leaf.type)
    if not all(rests):
        return Field(name=name, type="any")
    if all(isinstance(rest[0], int) for rest in rests):
        # Whatever index: the columns of one element are those of every other.
        items = _field("", [rest[1:] for rest in rests], leaf)
        return Field(name=name, type="list", items=items)
    return Field(name=name, type="object", fields=_fields(rests, leaf))
