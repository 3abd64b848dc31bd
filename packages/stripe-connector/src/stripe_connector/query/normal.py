"""A query as a list of alternatives, each of them clauses that all have to hold."""

from collections.abc import Sequence
from dataclasses import replace

from stripe_connector.query.clause import Clause, Group, Query

Alternative = tuple[Clause, ...]

MOST = 1000
"""Alternatives; a query that has more is only narrowed by what all of them share."""


def alternatives(query: Query) -> Sequence[Alternative]:
    """Every object that fulfils the query fulfils all clauses of one of these (the disjunctive
    normal form). Where that would be more than MOST, fewer and wider ones."""
    pushed = _inside(query, negated=False)
    found = _spread(pushed)
    return found if found is not None else [_shared(pushed)]


def _inside(query: Query, *, negated: bool) -> Query:
    """The same with every negation at a clause (De Morgan)."""
    turned = query.negated != negated
    if isinstance(query, Clause):
        return replace(query, negated=turned)
    joined = query.joined
    if turned:
        joined = "OR" if joined == "AND" else "AND"
    return Group(joined, tuple(_inside(part, negated=turned) for part in query.parts))


def _spread(query: Query) -> list[Alternative] | None:
    if isinstance(query, Clause):
        return [(query,)]
    spread = [_spread(part) for part in query.parts]
    if query.joined == "OR":
        whole: list[Alternative] = []
        for each in spread:
            if each is None or len(whole) + len(each) > MOST:
                return None
            whole += each
        return whole
    product: list[Alternative] = [()]
    for each in spread:
        if each is None or len(product) * len(each) > MOST:
            return None
        product = [(*left, *right) for left in product for right in each]
    return [tuple(dict.fromkeys(alternative)) for alternative in product]


def _shared(query: Query) -> Alternative:
    """The clauses that hold for everything that fulfils the query."""
    if isinstance(query, Clause):
        return (query,)
    if query.joined == "AND":
        return tuple(clause for part in query.parts for clause in _shared(part))
    first, *others = [_shared(part) for part in query.parts]
    return tuple(clause for clause in first if all(clause in other for other in others))
