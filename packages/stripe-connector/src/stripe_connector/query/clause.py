"""What a query says: its clauses, values put into it, and its canonical form. Pure."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from connector_sdk import JSON, did_you_mean

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


RECORD = "record:"
"""How the name of a value begins that each record of a driven search gives."""

_PART = re.compile(r"\\(.)|\$\$\{|\$\{([^{}]*)\}", re.DOTALL)
_PLAIN = re.compile(r"(\Z\A)|\$\$\{|\$\{([^{}]*)\}")
"""The same where a backslash means nothing."""


class Text(NamedTuple):
    """A text with its values put in; `open` says that one of them is not known yet, and has its
    name in its place."""

    text: str
    open: bool = False


def text_of(
    written: str, span: Span, values: Mapping[str, JSON] | None, *, escapes: bool = True
) -> Text:
    """What `written` says without its `escapes` by backslashes, and with `values` put in; with
    None `${` has no meaning. Raises QueryError for a name without a value."""
    out: list[str] = []
    end = 0
    open_ = False
    for found in (_PART if escapes else _PLAIN).finditer(written):
        if found[1] is None and values is None:
            continue
        out.append(written[end : found.start()])
        end = found.end()
        if found[1] is not None:
            out.append(found[1])
        elif found[0] == "$${":
            out.append("${")
        else:
            value = value_of(found[2], span, values or {})
            open_ = open_ or value is None
            out.append(plain(value, found[2], span) if value is not None else found[0])
    out.append(written[end:])
    return Text("".join(out), open_)


def value_of(name: str, span: Span, values: Mapping[str, JSON]) -> JSON:
    """The value of `name`; None for one that a record will give. Raises QueryError."""
    name = name.strip()
    if name in values:
        value = values[name]
        if value is None or (isinstance(value, str) and not value.strip()) or value == []:
            raise QueryError(
                f"The value of ${{{name}}} is empty, and a query for nothing finds anything",
                span,
                "Give it a value, or pass the record over.",
                code="empty_value",
            )
        return value
    if name.startswith(RECORD):
        return None
    raise QueryError(
        f"There is no value for ${{{name}}}",
        span,
        did_you_mean(name, values) or "Give it with the query, or write '$${' for a plain '${'.",
        code="unbound_value",
    )


def plain(value: JSON, name: str, span: Span) -> str:
    """A value as the text that is compared. Raises QueryError for one that has parts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise QueryError(
            f"One of the values of ${{{name}}} is null",
            span,
            f"Take it out of the list, or ask for it by a clause of its own: {name}:null.",
            code="empty_value",
        )
    if isinstance(value, (list, dict)):
        raise QueryError(
            f"The value of ${{{name}}} is {'a list' if isinstance(value, list) else 'an object'}",
            span,
            "Give a text or a number; a list may stand in the parentheses of `in`.",
            code="wrong_value",
        )
    return str(value)


def names(text: str) -> Iterator[str]:
    """The names of all `${name}` in a text."""
    for found in _PART.finditer(text):
        if found[2] is not None:
            yield found[2].strip()


_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def write(query: Query) -> str:
    """The text of a query: double quotes, joining words written out, no blanks too many. What
    `parse` makes of it is the same query; where the query has no parentheses in it, so has
    the text, and Stripe's own search takes it."""
    if isinstance(query, Clause):
        return _clause(query)
    text = f" {query.joined} ".join(_part(part) for part in query.parts)
    return f"-({text})" if query.negated else text


def _part(query: Query) -> str:
    if isinstance(query, Clause) or query.negated:
        return write(query)
    return f"({write(query)})"


def _clause(clause: Clause) -> str:
    key = f"[{_quoted(clause.key)}]" if clause.key else ""
    sign = "-" if clause.negated else ""
    return f"{sign}{clause.field}{key}{clause.op}{_value(clause)}"


def _value(clause: Clause) -> str:
    if clause.value is None:
        return "null"
    plain = clause.kind == "number" or clause.op in (">", "<", ">=", "<=")
    if plain and _NUMBER.fullmatch(clause.value):
        return clause.value
    return _quoted(clause.value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
