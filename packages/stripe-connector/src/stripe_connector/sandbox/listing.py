"""Lists: order, cursors, limits and filters.

A limit outside 1 to 100 is clamped, and a cursor may be a deleted id (published recordings).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple, cast

from connector_sdk import JSON

from stripe_connector.sandbox import refusal
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.store import Body, Stored, position
from stripe_connector.sandbox.turn import Turn

Holds = Callable[[JSON, JSON], bool]
"""The value in the object, and that of the parameter."""

_BOUNDS = frozenset({"gt", "gte", "lt", "lte"})


class FieldFilter(NamedTuple):
    """`path` leads to a field ("usage_threshold.meter")."""

    path: str
    holds: Holds

    def at(self, body: JSON) -> JSON:
        for step in self.path.split("."):
            body = body.get(step) if isinstance(body, dict) else None
        return body


def id_of(value: JSON) -> JSON:
    return value["id"] if isinstance(value, dict) and "id" in value else value


def agrees(have: JSON, wanted: JSON) -> bool:
    """By value, bounds or parts."""
    if isinstance(wanted, dict):
        if wanted and wanted.keys() <= _BOUNDS:
            return all(_within(have, name, bound) for name, bound in wanted.items())
        if not isinstance(have, dict):
            return False
        return all(agrees(have.get(name), part) for name, part in wanted.items())
    if isinstance(wanted, list):
        return id_of(have) in wanted
    return id_of(have) == wanted


def _within(have: JSON, name: str, bound: JSON) -> bool:
    at, limit = _moment(have), _moment(bound)
    if limit is None:
        return True
    if at is None:
        return False
    return {"gt": at > limit, "gte": at >= limit, "lt": at < limit, "lte": at <= limit}[name]


def _moment(value: JSON) -> float | None:
    """Unix seconds. Raises RefusalError."""
    if not isinstance(value, str):
        return value if isinstance(value, int) else None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise refusal.invalid("timestamp", value, "created") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _differs(have: JSON, wanted: JSON) -> bool:
    return have != wanted


def _bound(name: str) -> Holds:
    return lambda have, wanted: _within(have, name, wanted)


def _waits(have: JSON, wanted: JSON) -> bool:
    return (have == "not_started") == wanted


FILTERS: Mapping[str, Mapping[str, FieldFilter]] = {
    "billing.alert": {"meter": FieldFilter("usage_threshold.meter", agrees)},
    "entitlements.feature": {"archived": FieldFilter("active", _differs)},
    "payment_record": {
        "created_after": FieldFilter("created", _bound("gt")),
        "created_before": FieldFilter("created", _bound("lt")),
    },
    "shipping_rate": {"currency": FieldFilter("fixed_amount.currency", agrees)},
    "subscription_schedule": {"scheduled": FieldFilter("status", _waits)},
    "v2.commerce.product_catalog_import": {
        f"created_{name}": FieldFilter("created", _bound(name)) for name in sorted(_BOUNDS)
    },
    "v2.core.vault.us_bank_account": {
        "verification_status": FieldFilter("verification.status", agrees)
    },
    "v2.money_management.outbound_payment": {"recipient": FieldFilter("to.recipient", agrees)},
}
"""List parameters that aren't fields, by resource (docs.stripe.com/api)."""


Keep = Callable[[Stored], bool]

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
OLDEST_FIRST = frozenset(
    {
        "credit_note_line_item",
        "invoice_line_item",
        "line_item",
        "subscription_item",
        "tax.calculation_line_item",
        "tax.transaction_line_item",
    }
)
"""All else is listed newest first."""

_OF_CLOCK = frozenset({"test_clock", "customer", "customer_account", "subscription", "schedule"})
"""Without one of these, a list hides objects of test clocks."""

_CONTROLS = frozenset({"limit", "starting_after", "ending_before", "page", "query"})


class Rows(NamedTuple):
    """One page, and whether more follow."""

    rows: list[Stored]
    more: bool


def limit(params: Body) -> int:
    wanted = params.get("limit")
    return min(max(wanted, 1), MAX_LIMIT) if isinstance(wanted, int) else DEFAULT_LIMIT


def page(turn: Turn, resource: str, rows: Sequence[Stored]) -> Rows:
    """`rows` come oldest first, with deleted ones."""
    params = turn.params
    after, before = params.get("starting_after"), params.get("ending_before")
    if after is not None and before is not None:
        raise RefusalError(
            400, "You can only use one of starting_after and ending_before, not both."
        )
    size = limit(params)
    keep = filters(turn, resource) if rows else _all
    reverse = resource not in OLDEST_FIRST
    if before is not None:
        at = _cursor(turn, resource, str(before), "ending_before")
        found = _take(_from(rows, at, not reverse), keep, size)
        return Rows(found.rows[::-1], found.more)
    start = _cursor(turn, resource, str(after), "starting_after") if after is not None else None
    return _take(_from(rows, start, reverse), keep, size)


def _cursor(turn: Turn, resource: str, id: str, param: str) -> int:
    stored = turn.work.account.find(resource, id)
    if stored is None:
        name = turn.registry.catalogue.resource(resource).object_name
        raise refusal.no_such(name, id, param, 400)
    return stored.seq


def _from(rows: Sequence[Stored], seq: int | None, backwards: bool) -> Iterator[Stored]:
    """Without the cursor itself."""
    if backwards:
        end = len(rows) if seq is None else position(rows, seq)
        return (rows[index] for index in range(end - 1, -1, -1))
    start = 0 if seq is None else position(rows, seq + 1)
    return islice(rows, start, None)


def _take(rows: Iterable[Stored], keep: Keep, size: int) -> Rows:
    found = list(islice((row for row in rows if not row.deleted and keep(row)), size + 1))
    return Rows(found[:size], len(found) > size)


def filters(turn: Turn, resource: str) -> Keep:
    """Raises RefusalError for an unknown filter."""
    behaviour = turn.behaviour(resource)
    conditions: list[Keep] = []
    params = turn.params
    for name, value in params.items():
        if name in behaviour.filters:
            conditions.append(_special(turn, behaviour.filters[name], value))
        elif name not in _CONTROLS:
            conditions.append(_plain(turn, resource, name, value))
    if behaviour.hides:
        hides = behaviour.hides
        conditions.append(lambda row: not hides(turn, row))
    if "test_clock" in turn.registry.shapes.fields(resource) and not _OF_CLOCK & params.keys():
        conditions.append(lambda row: row.body["test_clock"] is None)
    if not conditions:
        return _all
    if len(conditions) == 1:
        return conditions[0]
    return lambda row: all(condition(row) for condition in conditions)


def _all(row: Stored) -> bool:
    return True


def _special(turn: Turn, holds: Callable[[Turn, Stored, JSON], bool], value: JSON) -> Keep:
    return lambda row: holds(turn, row, value)


def _plain(turn: Turn, resource: str, name: str, value: JSON) -> Keep:
    look = FILTERS.get(resource, {}).get(name)
    if look is not None:
        return lambda row: look.holds(look.at(row.body), value)
    fields = turn.registry.shapes.fields(resource)
    if name in fields and not isinstance(value, list):
        return lambda row: agrees(row.body.get(name), value)
    single = name if name in fields else _singular(name)
    if single in fields and isinstance(value, list):
        return lambda row: id_of(row.body.get(single)) in value
    raise RefusalError(
        400,
        f"The sandbox can't filter this list by {name}: the objects have no field of that name.",
        "",
        name,
    )


def _singular(name: str) -> str:
    return name[:-2] if name.endswith("ses") else name.removesuffix("s")


def answer(turn: Turn, found: Rows) -> Body:
    return {
        "object": "list",
        "url": turn.api_call.path.format(**turn.path),
        "has_more": found.more,
        "data": cast(JSON, [turn.shown(row) for row in found.rows]),
    }
