"""Checks a query against the fields of one kind of object, before anything is asked."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from connector_sdk import did_you_mean

from stripe_connector.query.clause import (
    MIN_SUBSTRING,
    Clause,
    FieldKind,
    Group,
    Query,
    QueryError,
    clauses,
)
from stripe_connector.query.fields import Fields

_DIGITS = 40
"""Numbers of more digits are none: no field holds them, and "1e999999999" written out would
fill the memory."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check(
    query: Query, fields: Fields, *, native: bool, expanded: frozenset[str] = frozenset()
) -> Query:
    """The same query with the kind of each field filled in. Raises QueryError.

    `native` is a query for Stripe's own search: a field that isn't known is left to Stripe,
    which may know more than its documentation tells. Otherwise each field has to be one that
    the objects show; below an object that is only there when it is expanded, one of
    `expanded`.
    """
    if isinstance(query, Group):
        parts = (check(part, fields, native=native, expanded=expanded) for part in query.parts)
        return replace(query, parts=tuple(parts))
    return _check(query, fields, native, expanded)


def unknown_fields(query: Query, fields: Fields) -> Iterator[QueryError]:
    """A warning for each field that Stripe's search isn't known to have."""
    for clause in clauses(query):
        if clause.field != "metadata" and clause.field not in fields.searchable:
            names = ", ".join([name for name in fields.searchable if "." not in name])
            yield QueryError(
                f"Stripe isn't known to search {fields.object} by {clause.field!r}",
                clause.span,
                did_you_mean(clause.field, fields.searchable)
                or f"It searches by metadata, {names}.",
                code="unknown_search_field",
            )


def _check(clause: Clause, fields: Fields, native: bool, expanded: frozenset[str]) -> Clause:
    if clause.field == "metadata" and not clause.key:
        raise QueryError(
            'Name the key of the metadata: metadata["key"]',
            clause.span,
            'Write for example metadata["crm_id"]:"C-1".',
        )
    if native and clause.field != "metadata" and clause.field not in fields.searchable:
        return clause
    known = fields.find(clause, expanded)
    if known is None:
        raise QueryError(
            f"There is no field {clause.field!r} in {fields.object}",
            clause.span,
            fields.unknown(clause) or _elsewhere(fields),
            code="unknown_field",
        )
    if known.needs:
        raise QueryError(
            f"{clause.field!r} is only there when {known.needs} is expanded",
            clause.span,
            f"Add {known.needs} to `expand`.",
            code="unseen_field",
        )
    if known.whole and clause.value is not None:
        raise QueryError(
            f"{clause.field!r} is an object, and has no value of its own",
            clause.span,
            f"Name one of its fields behind a dot, or write {clause.field}:null.",
        )
    checked = replace(clause, kind=known.kind)
    _operator(checked, fields.searchable.get(clause.field, known.kind))
    return checked


def _elsewhere(fields: Fields) -> str:
    looked = "Look it up in the schema of the object."
    if not fields.searchable:
        return looked
    return f"{looked} Stripe's own search, by `action: search`, may know more."


def _operator(clause: Clause, stated: FieldKind) -> None:
    value, kind, name = clause.value, clause.kind, clause.field
    given = value is not None and not clause.open
    if given and not (value or "").strip():
        raise QueryError(
            f"The value for {clause.name!r} is empty, and finds anything or nothing",
            clause.span,
            f"Write {clause.name}:null for what isn't there.",
        )
    if clause.op == "~":
        if "string" not in (kind, stated):
            raise QueryError(
                f"'~' looks for a part of a text, and {name!r} isn't one",
                clause.span,
                "Use ':' for the whole value.",
            )
        if given and len(value or "") < MIN_SUBSTRING:
            raise QueryError(
                f"'~' needs at least {MIN_SUBSTRING} characters to look for",
                clause.span,
                "Give more of the text.",
            )
    elif clause.op not in (":", "=") and kind not in ("number", "moment"):
        raise QueryError(
            f"{clause.op!r} compares numbers, and {name!r} isn't one", clause.span, "Use ':'."
        )
    if kind == "moment" and given and moment(value or "") is None:
        raise QueryError(
            f"{name!r} is compared with a moment, not with {value!r}",
            clause.span,
            "Write it as 2026-01-31T12:00:00Z or as 2026-01-31, or in Unix seconds.",
        )
    if kind == "number" and given and number(value or "") is None:
        raise QueryError(
            f"{name!r} is compared with a number, not with {value!r}",
            clause.span,
            _seconds(value or "") or "Give a whole number; moments are Unix times in seconds.",
        )


def _seconds(text: str) -> str:
    """How a date or a moment has to be written; "" where the text is neither."""
    at = _written(text)
    if at is None:
        return ""
    return (
        f"Moments are Unix times in seconds: {at:%Y-%m-%d %H:%M} {at:%Z} is {at.timestamp():.0f}."
    )


def _written(text: str) -> datetime | None:
    """The moment of an RFC 3339 text; in UTC where it names no zone, a date at its midnight."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def number(text: str) -> Decimal | None:
    """The number that a text holds, None where it holds none."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value.adjusted()) <= _DIGITS else None


def moment(text: str) -> Decimal | None:
    """The Unix seconds of a moment, written as such or as RFC 3339 has it, to the microsecond;
    None where the text is neither."""
    seconds = number(text)
    if seconds is not None:
        return seconds
    at = _written(text)
    return Decimal((at - _EPOCH) // timedelta(microseconds=1)) / 1_000_000 if at else None


def amount(clause: Clause) -> Callable[[str], Decimal | None]:
    """How the values of a field that is compared by size or by time become numbers."""
    return moment if clause.kind == "moment" else number
