"""Decides whether one object is what a query asks for.

How each operator compares (docs.stripe.com/search): `:` ignores case; on a text it asks for all
words in their order, elsewhere for the whole value. `~` asks for a part of the text. A negated
clause is true for an object that lacks the field.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from connector_sdk import JSON

from stripe_connector.query.clause import Clause, Query
from stripe_connector.query.fields import number

_WORDS = re.compile(r"\w+")

_PLACES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("invoice", "subscription"): ("parent", "subscription_details", "subscription"),
    ("invoice", "last_finalization_error_code"): ("last_finalization_error", "code"),
    ("invoice", "last_finalization_error_type"): ("last_finalization_error", "type"),
}
"""Search fields that are kept elsewhere in the object, by the value of `object`."""


def matches(query: Query, obj: Mapping[str, JSON]) -> bool:
    """Whether `obj`, as the API answers it, fulfils `query`."""
    found = (_holds(clause, obj) != clause.negated for clause in query.clauses)
    return any(found) if query.joined == "OR" else all(found)


def _holds(clause: Clause, obj: Mapping[str, JSON]) -> bool:
    value = _look_up(clause, obj)
    if clause.value is None:
        return value is None
    if value is None or isinstance(value, (dict, list)):
        return False
    have = _text(value)
    if clause.op == "~":
        return clause.value.casefold() in have.casefold()
    if clause.op != ":" or clause.kind == "number" or _is_number(value):
        return _compares(clause, have)
    if clause.kind == "string" or (clause.kind == "" and clause.field != "metadata"):
        return _has_words(have, clause.value)
    return have.casefold() == clause.value.casefold()


def _look_up(clause: Clause, obj: Mapping[str, JSON]) -> JSON:
    if clause.key:
        metadata = obj.get("metadata")
        return metadata.get(clause.key) if isinstance(metadata, dict) else None
    kind = obj.get("object")
    if kind == "charge" and clause.field == "refunded":
        return _refunded(obj)
    place = _PLACES.get((str(kind), clause.field), tuple(clause.field.split(".")))
    value: JSON = dict(obj)
    for name in place:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    if isinstance(value, dict) and "id" in value:
        return value["id"]
    return value


def _refunded(charge: Mapping[str, JSON]) -> JSON:
    """True for a full refund, False for a partial one, None for none."""
    if charge.get("refunded") is True:
        return True
    return False if charge.get("amount_refunded") else None


def _text(value: JSON) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _is_number(value: JSON) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _compares(clause: Clause, have: str) -> bool:
    left, right = number(have), number(clause.value or "")
    if left is None or right is None:
        return False
    return _ordered(left, right, clause.op)


def _ordered(left: Decimal, right: Decimal, op: str) -> bool:
    match op:
        case ">":
            return left > right
        case "<":
            return left < right
        case ">=":
            return left >= right
        case "<=":
            return left <= right
    return left == right


def _has_words(have: str, wanted: str) -> bool:
    words = _WORDS.findall(wanted.casefold())
    if not words:
        return wanted.strip().casefold() in have.casefold()
    rest = iter(_WORDS.findall(have.casefold()))
    return all(word in rest for word in words)
