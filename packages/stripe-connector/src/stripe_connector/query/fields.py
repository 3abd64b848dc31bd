"""Checks a query against the fields by which one kind of object can be searched."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from connector_sdk.conform import did_you_mean

from stripe_connector.query.clause import MIN_SUBSTRING, Clause, FieldKind, Query, QueryError

_KINDS: dict[str, FieldKind] = {"token": "token", "string": "string", "number": "number"}


def check(query: Query, fields: Mapping[str, str]) -> Query:
    """The same query with the kind of each field filled in. Raises QueryError for a field that
    can't be searched, an operator that doesn't fit its field, and a value that isn't one."""
    return replace(query, clauses=tuple(_check(clause, fields) for clause in query.clauses))


def _check(clause: Clause, fields: Mapping[str, str]) -> Clause:
    kind = _kind(clause, fields)
    if clause.op == "~":
        if kind != "string":
            raise QueryError(
                f"'~' looks for a part of a text, and {clause.field!r} isn't one; use ':'",
                clause.span,
            )
        if clause.value is not None and len(clause.value) < MIN_SUBSTRING:
            raise QueryError(
                f"'~' needs at least {MIN_SUBSTRING} characters to look for", clause.span
            )
    elif clause.op != ":" and kind != "number":
        raise QueryError(
            f"{clause.op!r} compares numbers, and {clause.field!r} isn't one; use ':'",
            clause.span,
        )
    if kind == "number" and clause.value is not None and number(clause.value) is None:
        raise QueryError(f"{clause.field!r} is compared with a number", clause.span)
    return replace(clause, kind=kind)


def _kind(clause: Clause, fields: Mapping[str, str]) -> FieldKind:
    if clause.field == "metadata":
        if not clause.key:
            raise QueryError('Name the key of the metadata: metadata["key"]', clause.span)
        return "token"
    kind = _KINDS.get(fields.get(clause.field, ""))
    if kind is None:
        hint = did_you_mean(clause.field, fields)
        raise QueryError(
            f"There is no search by {clause.field!r} here. {hint}".rstrip(), clause.span
        )
    return kind


def number(text: str) -> Decimal | None:
    """The number that a text holds, None where it holds none."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
