"""What a query says, and what is wrong with one that says nothing we can answer."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Op = Literal[":", "~", ">", "<", ">=", "<=", "="]
FieldKind = Literal["id", "token", "string", "number", "moment", ""]
"""How a field is compared.

id      whole and exactly as written: two ids may differ by case alone.
token   whole, ignoring case.
string  all words in their order, ignoring case and accents.
number  by size.
moment  by time: texts as API v2 writes them (RFC 3339), numbers are Unix seconds.
""     not known: Stripe decides.
"""

Span: TypeAlias = tuple[int, int]
"""Start and end in the text, counted from 0."""

MAX_CLAUSES = 10
MAX_CHARACTERS = 5000
MIN_SUBSTRING = 3
"""What Stripe's own search takes: https://docs.stripe.com/search#search-query-language."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition: `field op value`, negated by a leading `-`.

    `key` is the key in brackets where the field holds names and values (metadata), else "".
    `value` is None for null. `open` says that a value of each record still has to be put in,
    whose name stands there.
    `kind` is the type of the field where the query was checked against an object's fields.
    Two clauses are the same when they ask for the same, wherever they stand.
    """

    field: str
    key: str
    op: Op
    value: str | None
    negated: bool = False
    span: Span = dataclasses.field(default=(0, 0), compare=False)
    kind: FieldKind = dataclasses.field(default="", compare=False)
    open: bool = dataclasses.field(default=False, compare=False)

    @property
    def name(self) -> str:
        """The field as people write it: `metadata["crm_id"]`."""
        return f'{self.field}["{self.key}"]' if self.key else self.field


@dataclass(frozen=True, slots=True)
class Group:
    """Two or more parts joined by one word; negated by a `-` before its parentheses."""

    joined: Literal["AND", "OR"]
    parts: "tuple[Query, ...]"
    negated: bool = False
    span: Span = dataclasses.field(default=(0, 0), compare=False)


Query: TypeAlias = Clause | Group
"""A whole query: one clause, or a tree of them."""


def clauses(query: Query) -> Iterator[Clause]:
    """Every clause, in the order of the text."""
    if isinstance(query, Clause):
        yield query
        return
    for part in query.parts:
        yield from clauses(part)


class QueryError(ValueError):
    """A query that can't be answered: why, where (`span`), and what to do (`fix`). The message
    counts characters from 1, as people do."""

    def __init__(
        self, message: str, span: Span, fix: str = "", *, code: str = "wrong_query"
    ) -> None:
        super().__init__(f"{message} (at character {span[0] + 1})")
        self.reason = message
        self.span = span
        self.fix = fix
        self.code = code
