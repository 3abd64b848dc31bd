"""Reads a query: what the grammar found becomes clauses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from connector_sdk import JSON

from stripe_connector.query.clause import (
    MAX_CHARACTERS,
    MAX_CLAUSES,
    Clause,
    Group,
    Op,
    Query,
    QueryError,
    Span,
    Text,
    clauses,
    plain,
    text_of,
    value_of,
)
from stripe_connector.query.grammar import tree

if TYPE_CHECKING:
    from lark import Tree
    from lark.lexer import Token

LONGEST = 200_000
"""Characters of a query of ours; Stripe's own search takes 5,000."""

DEEPEST = 40
"""Levels of parentheses."""


def parse(text: str, values: Mapping[str, JSON] | None = None, *, strict: bool = False) -> Query:
    """The query that `text` holds. Raises QueryError.

    With `values` each `${name}` is put in as one value, whatever it holds; a name that begins
    with "record:" and has none yet leaves its clause open. None means that there are no names
    in the text. `strict` takes what Stripe's own search takes and nothing else: no
    parentheses, AND or OR but not both, ten clauses.
    """
    longest = MAX_CHARACTERS if strict else LONGEST
    if len(text) > longest:
        raise QueryError(
            f"The query has {len(text)} characters; {longest} are allowed",
            (longest, len(text)),
            "Shorten it.",
        )
    query = _Reading(text, values, strict).any(cast("Tree[Token]", tree(text).children[0]), 0)
    if strict:
        _strict(query)
    return query


def _strict(query: Query) -> None:
    every = list(clauses(query))
    if len(every) > MAX_CLAUSES:
        raise QueryError(
            f"Stripe's search takes {MAX_CLAUSES} clauses and this is one more",
            every[MAX_CLAUSES].span,
            "Leave the action out: then the query is answered by several calls.",
        )
    mixed = [
        part
        for part in (query.parts if isinstance(query, Group) else ())
        if isinstance(part, Group)
    ]
    if mixed:
        raise QueryError(
            "AND and OR can't be mixed in one query of Stripe's search",
            mixed[0].span,
            "Leave the action out: then the query is answered by several calls.",
        )


class _Reading:
    """One text on its way to a query."""

    def __init__(self, text: str, values: Mapping[str, JSON] | None, strict: bool) -> None:
        self.text = text
        self.values = values
        self.strict = strict

    def any(self, node: "Tree[Token]", depth: int) -> Query:
        parts = [self.all(part, depth) for part in _trees(node)]
        return _joined("OR", parts)

    def all(self, node: "Tree[Token]", depth: int) -> Query:
        parts: list[Query] = []
        end = -1
        for child in node.children:
            if _is_token(child):
                end = -1
                continue
            unit = cast("Tree[Token]", child)
            part = self.nested(unit, depth) if unit.data == "nested" else self.clause(unit)
            if part.span[0] == end:
                raise QueryError("Put a space before the next clause", (end, end + 1))
            end = part.span[1]
            parts.append(part)
        return _joined("AND", parts)

    def nested(self, node: "Tree[Token]", depth: int) -> Query:
        first, last = cast("Token", node.children[0]), cast("Token", node.children[-1])
        span = (_start(first), _end(last))
        if self.strict:
            raise QueryError(
                "Stripe's search has no parentheses",
                span,
                "Leave the action out: then the query is answered by several calls.",
            )
        if depth == DEEPEST:
            raise QueryError(f"Parentheses stand in each other {DEEPEST} deep at most", span)
        inner = self.any(next(iter(_trees(node))), depth + 1)
        negated = inner.negated != (first.type == "MINUS")
        if isinstance(inner, Group):
            return Group(inner.joined, inner.parts, negated, span)
        return _with(inner, negated, span)

    def clause(self, node: "Tree[Token]") -> Query:
        tokens = [cast("Token", child) for child in node.children if _is_token(child)]
        field, *values = _trees(node)
        name, key = self.field(field)
        negated = tokens[0].type == "MINUS"
        first = cast("Token", field.children[0])
        start = _start(tokens[0]) if negated else _start(first)
        operator = next(token for token in tokens if token.type in ("OP", "IN"))
        if operator.type == "IN":
            return self.one_of(name, key, negated, values, (start, _end(tokens[-1])), operator)
        if self.strict and operator == "=":
            raise QueryError("Stripe's search has no '='", _span(operator), "Write ':'.")
        token = cast("Token", values[0].children[0])
        value = self.value(token)
        if value is None and operator != ":":
            raise QueryError("null can only be asked for by ':'", _span(token), "Write ':null'.")
        return Clause(
            name,
            key.text,
            cast("Op", str(operator)),
            value.text if value is not None else None,
            negated,
            (start, _end(token)),
            open=key.open or (value is not None and value.open),
        )

    def one_of(
        self,
        name: str,
        key: Text,
        negated: bool,
        values: "list[Tree[Token]]",
        span: Span,
        operator: "Token",
    ) -> Query:
        """`field in (a, b)` is `field:a OR field:b`."""
        if self.strict:
            raise QueryError(
                "Stripe's search has no 'in'", _span(operator), "Write the clauses with OR."
            )
        parts: list[Query] = []
        for each in values:
            token = cast("Token", each.children[0])
            for value in self.several(token):
                text = value.text if value is not None else None
                opened = key.open or (value is not None and value.open)
                parts.append(Clause(name, key.text, ":", text, span=_span(token), open=opened))
        joined = _joined("OR", parts)
        if isinstance(joined, Group):
            return Group("OR", joined.parts, negated, span)
        return _with(joined, negated, span)

    def field(self, node: "Tree[Token]") -> tuple[str, Text]:
        tokens = cast("list[Token]", node.children)
        name = str(tokens[0])
        if len(tokens) == 1:
            return name, Text("")
        if self.strict and name != "metadata":
            raise QueryError("Only metadata takes a key in brackets", _span(tokens[1]))
        key = self.text_in(tokens[2])
        if not key.text:
            raise QueryError("The key in brackets is empty", _span(tokens[2]), "Name the key.")
        return name, key

    def value(self, token: "Token") -> Text | None:
        """The value; None for null."""
        if token.type == "NULL":
            return None
        if token.type == "BARE" and self.strict:
            raise QueryError(
                "A value has to stand here: a number, null, or text in quotes",
                _span(token),
                f'Write "{token}".',
            )
        return self.text_in(token)

    def several(self, token: "Token") -> list[Text | None]:
        """The values that one place in `in (…)` stands for: a list gives each of its own."""
        if token.type == "HOLE" and self.values is not None:
            name = str(token)[2:-1]
            value = value_of(name, _span(token), self.values)
            if isinstance(value, list):
                return [Text(plain(each, name, _span(token))) for each in value]
        return [self.value(token)]

    def text_in(self, token: "Token") -> Text:
        written = str(token)
        if token.type == "HOLE" and self.values is None:
            raise QueryError("A value has to stand here: a number, null, or text in quotes",
                             _span(token))  # fmt: skip
        if token.type == "STRING":
            written = written[1:-1]
        return text_of(written, _span(token), self.values)


def _joined(word: Literal["AND", "OR"], parts: list[Query]) -> Query:
    if len(parts) == 1:
        return parts[0]
    return Group(word, tuple(parts), False, (parts[0].span[0], parts[-1].span[1]))


def _with(clause: Clause, negated: bool, span: Span) -> Clause:
    return Clause(
        clause.field, clause.key, clause.op, clause.value, negated, span, open=clause.open
    )


def _trees(node: "Tree[Token]") -> "list[Tree[Token]]":
    return [child for child in node.children if not _is_token(child)]  # type: ignore[misc]


def _is_token(child: Any) -> bool:
    return isinstance(child, str)


def _start(token: "Token") -> int:
    return token.start_pos or 0


def _end(token: "Token") -> int:
    return token.end_pos or 0


def _span(token: "Token") -> Span:
    return _start(token), _end(token)
