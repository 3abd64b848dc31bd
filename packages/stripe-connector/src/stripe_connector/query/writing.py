"""Writes a query in its one canonical form."""

import re

from stripe_connector.query.clause import Clause, Query

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
