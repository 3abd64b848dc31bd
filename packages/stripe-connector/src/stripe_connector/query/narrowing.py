"""A query as alternatives, and what of one a call can ask for by itself without losing an
object."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from connector_sdk import JSON, Field, conform

from stripe_connector.catalogue.overlay import list_filters
from stripe_connector.query.checking import amount, moment, number
from stripe_connector.query.clause import MAX_CLAUSES, MIN_SUBSTRING, Clause, Group, Query
from stripe_connector.query.fields import Fields

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


_BOUNDS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


_WORD = re.compile(r"\w")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_LARGEST = 2**53
"""Numbers beyond are not asked for: Stripe refuses them."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(0, 253_402_300_800)
"""Seconds that have a date of four digits."""
_UNTOLD = re.compile(r"[\x00-\x1f\x7f\\]")
"""How Stripe's search wants them escaped isn't documented; quotation marks are."""


def by_search(alternative: Alternative, fields: Fields) -> tuple[Clause, ...]:
    """The clauses that Stripe's search can be asked for, at most ten."""
    return tuple(_searchable(alternative, fields))[:MAX_CLAUSES]


def _searchable(alternative: Alternative, fields: Fields) -> Iterator[Clause]:
    for clause in alternative:
        stated = "token" if clause.field == "metadata" else fields.searchable.get(clause.field)
        if stated is None or (clause.negated and clause.value is not None):
            continue
        if _UNTOLD.search(f"{clause.key}{clause.value or ''}"):
            continue
        if stated == "string" and clause.value is not None and not _WORD.search(clause.value):
            continue  # nor what an index of words makes of signs alone
        value = clause.value
        size = number(value or "") if stated == "number" else None
        if size is not None:
            if not _is_whole(size):
                continue
            value = str(int(size))  # 1e3 and 1000.0 are ways to write that only we take
        if clause.op == "=":
            yield Clause(clause.field, clause.key, ":", value, kind=clause.kind)
        elif clause.op == "~":
            if stated == "string" and len(clause.value or "") >= MIN_SUBSTRING:
                yield clause
        elif clause.op == ":" or stated == "number":
            yield replace(clause, value=value)


def _is_whole(size: Decimal) -> bool:
    return size == size.to_integral_value() and abs(size) <= _LARGEST


def by_list(
    alternative: Alternative, fields: Fields, request: Field, taken: Sequence[str] = ()
) -> tuple[dict[str, JSON], tuple[Clause, ...]]:
    """The parameters with which a list gives every object of the alternative, and the clauses
    that they stand for. Parameters that are `taken` are somebody else's to set."""
    params: dict[str, JSON] = {}
    used: list[Clause] = []
    names = list_filters().get(fields.object, {})
    for clause in alternative:
        name = names.get(clause.field, names.get("*", clause.field))
        parameter = request.child(name) if name and not clause.key else None
        if parameter is None or parameter.in_path or name in taken or clause.negated:
            continue
        if clause.value is None:
            continue
        bounded = _bounds(parameter)
        if bounded is not None:
            if clause.kind in ("number", "moment") and _bound(params, name, clause, bounded):
                used.append(clause)
            continue
        value = _exact(clause, fields, parameter)
        if value is None or conform(parameter, value).problems:
            continue  # nothing has such a value, and Stripe would refuse it
        if params.setdefault(name, value) == value:
            used.append(clause)
    return params, tuple(used)


def _bounds(parameter: Field) -> Field | None:
    """The part of a parameter that takes bounds: {"gt": …, "lte": …} of whole numbers, or of
    moments as API v2 writes them."""
    for option in (parameter, *parameter.any_of):
        child = option.child("gte") or option.child("gt")
        if child is not None and (child.type == "integer" or child.format == "date-time"):
            return option
    return None


def _bound(params: dict[str, JSON], name: str, clause: Clause, option: Field) -> bool:
    limit = amount(clause)(clause.value or "")
    if limit is None or abs(limit) > _LARGEST:
        return False
    up, down = (limit.to_integral_value(way) for way in (ROUND_CEILING, ROUND_FLOOR))
    if clause.kind == "moment":
        up = down = limit
    wanted: dict[str, JSON] = {}
    for bound, size in _limits(clause.op, up, down):
        child = option.child(bound)
        value = _told(child, size) if child is not None else None
        if value is None:
            return False
        wanted[bound] = value
    known = params.get(name)
    have: dict[str, JSON] = dict(known) if isinstance(known, dict) else {}
    for bound, value in wanted.items():
        closest = max if bound[0] == "g" else min
        have[bound] = closest(value, have[bound], key=_size) if bound in have else value
    params[name] = have
    return True


def _told(bound: Field, size: Decimal) -> JSON:
    """A bound as its parameter takes it; None where it can't be told exactly."""
    if bound.format != "date-time":
        return int(size) if _is_whole(size) else None
    micro = size * 1_000_000
    if micro != micro.to_integral_value() or int(size) not in _YEARS:
        return None
    return f"{_EPOCH + timedelta(microseconds=int(micro)):%Y-%m-%dT%H:%M:%S.%fZ}"


def _size(bound: JSON) -> Decimal:
    return moment(str(bound)) or Decimal(0)


def _limits(op: str, up: Decimal, down: Decimal) -> Iterator[tuple[str, Decimal]]:
    """Bounds that leave nothing out, of a number that lies between two that can be told."""
    match op:
        case ">":
            yield ("gt", down)
        case ">=":
            yield ("gte", up)
        case "<":
            yield ("lt", up)
        case "<=":
            yield ("lte", down)
        case _:
            yield from (("gte", up), ("lte", down))


def _exact(clause: Clause, fields: Fields, parameter: Field) -> JSON:
    """The one value that everything that the clause takes has; None where there isn't one, or
    the parameter can't ask for it."""
    value = clause.value or ""
    inner = parameter.items if parameter.type == "list" and parameter.items else parameter
    if clause.op not in (":", "=") or not value:
        return None
    if inner.type == "boolean":
        found: JSON = {"true": True, "false": False}.get(value.lower())
    elif inner.type == "integer":
        size = number(value)
        found = int(size) if size is not None and _is_whole(size) else None
    elif inner.type == "string" and clause.kind != "moment":
        found = _text(clause, fields, inner)
    else:
        found = None
    return [found] if found is not None and parameter.type == "list" else found


def _text(clause: Clause, fields: Fields, parameter: Field) -> str | None:
    value = clause.value or ""
    known = fields.find(clause)
    schema = known.schema if known is not None else None
    inner = schema.items if schema is not None and schema.type == "list" else schema
    listed = inner.choices if inner is not None else ()
    if not listed and clause.kind == "string" and clause.op != "=":
        return None
    choices = parameter.choices or listed
    if choices:
        return {str(choice).lower(): str(choice) for choice in choices}.get(value.lower())
    if inner is not None and inner.format == "currency":
        return value.lower() if _CURRENCY.fullmatch(value) else None
    return value if clause.op == "=" or clause.kind == "id" else None


def likely(clauses: Sequence[Clause]) -> float:
    """The share of all objects that fulfils clauses like these: a guess, made to compare
    calls with each other."""
    share = 1.0
    for clause in clauses:
        if clause.value is None:
            share *= 0.5
        elif clause.op in (":", "=") and clause.kind in ("id", "string"):
            share *= 0.0001
        elif clause.op in (":", "=") and clause.key:
            share *= 0.001
        elif clause.op == "~":
            share *= 0.05
        else:
            share *= 0.3
    return share
