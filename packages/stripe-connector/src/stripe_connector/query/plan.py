"""Which calls answer a query: the cheapest mix that leaves nothing out."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Literal

from connector_sdk import JSON, Field

from stripe_connector.catalogue.overlay import list_defaults
from stripe_connector.query.clause import (
    MAX_CHARACTERS,
    MAX_CLAUSES,
    Clause,
    Group,
    Query,
    clauses,
    write,
)
from stripe_connector.query.fields import Fields
from stripe_connector.query.narrowing import Alternative, alternatives, by_list, by_search, likely

ROWS = 100
"""Rows of one call."""

_OBJECTS = 100_000
"""How many objects there are, as long as nobody said it."""

_FRESH = 3
"""A list may take as many more calls than a search before the search is preferred: it sees what
was just written, and Stripe allows more of them."""


_ID = re.compile(r"[A-Za-z0-9][\w.-]*")
"""What can stand in a path without a doubt; other ids are looked for in lists."""

_FEW = 8
"""Pieces of which all combinations are looked up, instead of comparing with all others."""


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One list or one search, read to its end, or one object read by its id.

    `params` are the list's own, or the `id`; `query` is what a search is asked. `stands_for` are
    the clauses that it asks for by itself, for each alternative that it covers.
    """

    by: Literal["list", "search", "read"]
    params: Mapping[str, JSON] = field(default_factory=dict)
    query: str = ""
    stands_for: tuple[Alternative, ...] = ((),)

    def calls(self, objects: int = 0) -> int:
        """About how many calls it takes, of `objects` in all."""
        share = min(1.0, sum(likely(each) for each in self.stands_for))
        return max(1, math.ceil(share * (objects or _OBJECTS) / ROWS))


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes of a query, and what each row is checked for beside."""

    routes: tuple[Route, ...]
    checked: tuple[Clause, ...]

    @property
    def fresh(self) -> bool:
        """Whether it sees what was just written."""
        return all(route.by != "search" for route in self.routes)


def native(query: Query) -> Routes:
    """The query as one search of Stripe's."""
    return Routes((Route("search", {}, write(query), (tuple(clauses(query)),)),), ())


def plan(
    query: Query,
    fields: Fields,
    request: Field,
    *,
    searchable: bool,
    given: Mapping[str, JSON],
    readable: bool = False,
) -> Routes:
    """How to answer `query` with lists, with searches where the objects are `searchable`, and by
    reading single objects where they are `readable` by their ids.

    `request` are the parameters of the list, `given` those that a person set: they narrow
    every list, and no search takes them.
    """
    found = alternatives(query)
    searchable, readable = searchable and not given, readable and not given
    whole = _list([_shared(found)], fields, request, given)
    parts = [
        (_read(each) if readable else []) or _cheapest(each, fields, request, given, searchable)
        for each in found
    ]
    split = _folded(_merged(route for part in parts for route in part))
    chosen = min((whole, split), key=_cost)
    return Routes(tuple(chosen), _left(query, chosen))


def _cost(routes: Iterable[Route]) -> float:
    return sum(route.calls() * (_FRESH if route.by == "search" else 1) for route in routes)


def _shared(found: Sequence[Alternative]) -> Alternative:
    first, *others = found
    return tuple(clause for clause in first if all(clause in other for other in others))


def _read(alternative: Alternative) -> list[Route]:
    """The one object that an alternative names by its id; nothing where it names none."""
    for clause in alternative:
        named = clause.field == "id" and clause.op in (":", "=") and not clause.negated
        if named and clause.kind == "id" and clause.value and _ID.fullmatch(clause.value):
            return [Route("read", {"id": clause.value}, "", ((clause,),))]
    return []


def _cheapest(
    alternative: Alternative,
    fields: Fields,
    request: Field,
    given: Mapping[str, JSON],
    searchable: bool,
) -> list[Route]:
    listed = _list([alternative], fields, request, given)
    asked = by_search(alternative, fields) if searchable else ()
    if not asked:
        return listed
    searched = [Route("search", {}, _written(asked), (asked,))]
    too_long = len(searched[0].query) > MAX_CHARACTERS
    return listed if too_long or _cost(listed) <= _cost(searched) else searched


def _list(
    found: Sequence[Alternative], fields: Fields, request: Field, given: Mapping[str, JSON]
) -> list[Route]:
    """One list for an alternative; several where only several leave nothing out."""
    params, used = by_list(found[0], fields, request, tuple(given))
    defaults = {
        name: values
        for name, values in list_defaults().get(fields.object, {}).items()
        if name not in params and name not in given
    }
    return [
        Route("list", {**params, **dict(zip(defaults, values, strict=True))}, "", (used,))
        for values in product(*defaults.values())
    ]


def _merged(routes: Iterable[Route]) -> list[Route]:
    """Without those whose objects another one gives as well: what it asks for is a part of
    what they ask for."""
    parts = {route: _parts(route) for route in routes}
    kept: dict[frozenset[object], Route] = {}
    for route, wanted in sorted(parts.items(), key=lambda each: len(each[1])):
        if len(wanted) <= _FEW:
            wider = (
                frozenset(some) for n in range(len(wanted)) for some in combinations(wanted, n)
            )
            covered = wanted in kept or any(some | {route.by} in kept for some in wider)
        else:
            covered = any(other <= wanted for other in kept)
        if not covered:
            kept[wanted] = route
    return [route for route in parts if kept.get(parts[route]) is route]


def _parts(route: Route) -> frozenset[object]:
    """What the route asks for, piece by piece, and by which kind of call."""
    asked: Iterable[object] = route.stands_for[0]
    if route.by != "search":
        asked = ((name, repr(value)) for name, value in route.params.items())
    return frozenset([*asked, route.by])


def _folded(routes: Sequence[Route]) -> list[Route]:
    """Searches for one clause each become searches for up to ten of them, joined by OR."""
    single = [route for route in routes if route.by == "search" and len(route.stands_for[0]) == 1]
    others = [route for route in routes if route not in single]
    folded: list[Route] = []
    batch: list[Route] = []
    size = 0
    for route in single:
        size += len(route.query) + len(" OR ")
        if batch and (len(batch) == MAX_CLAUSES or size > MAX_CHARACTERS):
            folded.append(_one(batch))
            batch, size = [], len(route.query)
        batch.append(route)
    if batch:
        folded.append(_one(batch))
    return others + folded


def _one(batch: Sequence[Route]) -> Route:
    asked = tuple(route.stands_for[0] for route in batch)
    query = " OR ".join(route.query for route in batch)
    return Route("search", {}, query, asked)


def _written(asked: Sequence[Clause]) -> str:
    return write(asked[0] if len(asked) == 1 else Group("AND", tuple(asked)))


def _left(query: Query, routes: Sequence[Route]) -> tuple[Clause, ...]:
    """The clauses that no call asks for by itself."""
    asked = {clause for route in routes for each in route.stands_for for clause in each}
    return tuple(dict.fromkeys(clause for clause in clauses(query) if clause not in asked))
