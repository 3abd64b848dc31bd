"""What a search query says, and what is wrong with one that says nothing we can answer."""

from dataclasses import dataclass
from typing import Literal

Op = Literal[":", "~", ">", "<", ">=", "<="]
FieldKind = Literal["token", "string", "number", ""]

MAX_CLAUSES = 10
MAX_CHARACTERS = 5000
MIN_SUBSTRING = 3


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition: `field op value`, negated by a leading `-`.

    `key` is the metadata key where the field is metadata, else "". `value` is None for null.
    `kind` is the type of the field where the query was checked against an object's search
    fields, "" where it was not. `span` is where the clause stands in the text.
    """

    field: str
    key: str
    op: Op
    value: str | None
    negated: bool
    span: tuple[int, int]
    kind: FieldKind = ""


@dataclass(frozen=True, slots=True)
class Query:
    """All clauses, joined by one word: the language can't mix AND with OR."""

    clauses: tuple[Clause, ...]
    joined: Literal["AND", "OR"] = "AND"


class QueryError(ValueError):
    """A query that can't be answered. `span` holds the start and the end of the fault in the
    text, counted from 0; the message counts from 1, as people do."""

    def __init__(self, message: str, span: tuple[int, int]) -> None:
        super().__init__(f"{message} (at character {span[0] + 1})")
        self.span = span
