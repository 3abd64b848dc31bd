"""Money and time for people and for other systems, beside what Stripe sends.

A record gets one more field, `readable`: a tree like the record's own with a value only where
there is something to say. An amount in minor units becomes {"decimal": "12.34", "currency":
"EUR"}, a Unix time "2026-01-31T00:00:00Z". Nothing else of the record changes.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from connector_sdk import ANY_OBJECT, JSON, Field, Record

from stripe_connector.activities.choices.projection import READABLE

_UNSTATED = frozenset({"purchase_details"})
"""Objects whose amounts are said to be "in cents", without a currency, by
https://docs.stripe.com/api/issuing/transactions/object."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PREFIXED = re.compile(r"(.+_)amount(_\w+)?")
_AMOUNT = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
_MONEY = Field(
    name="",
    type="object",
    fields=(
        Field(name="decimal", type="string", format="decimal", required=True),
        Field(name="currency", type="string", required=True),
    ),
)
_TIME = Field(name="", type="string", format="date-time")

Resolve = Callable[[str], Field]
"""The schema of a resource by its id."""


def money(amount: JSON, currency: JSON, minor_units: Mapping[str, int]) -> JSON:
    """An amount in minor units as a decimal with its currency; None where one of the two isn't
    known. `amount` may be a decimal itself, a part of the smallest unit."""
    code = currency.lower() if isinstance(currency, str) else ""
    if code not in minor_units or isinstance(amount, (bool, float)):
        return None
    if not _AMOUNT.fullmatch(str(amount)):
        return None
    value = Decimal(str(amount))
    sign, digits, exponent = value.as_tuple()
    moved = Decimal((sign, digits, int(exponent) - minor_units[code]))
    return {"decimal": f"{moved:f}", "currency": code.upper()}


def moment(seconds: JSON) -> JSON:
    """A Unix time in seconds in ISO 8601; None where it is none, or beyond the calendar."""
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        return None
    try:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return None


class Readable:
    """Makes records of one schema readable. `resolve` gives the schemas of other objects that
    stand in them, `minor_units` the decimals of each currency.

    The currency of an amount is what stands beside it: `presentment_currency` for a
    `presentment_amount`, else `currency`, else the only one; the key where amounts are sorted
    by currencies; else that of the object above. Where it can't be told, the amount is left
    out: a guess would be a wrong price.
    """

    def __init__(self, schema: Field, resolve: Resolve, minor_units: Mapping[str, int]) -> None:
        self._schema = schema
        self._resolve = resolve
        self._units = minor_units

    def record(self, record: Record) -> Record:
        """The record with its field `readable`; one with a problem as it is."""
        if record.problem is not None:
            return record
        told = self.of(msgspec.json.decode(record.raw)) or {}
        head = record.raw.rstrip()[:-1]
        comma = b"" if head.rstrip().endswith(b"{") else b","
        added = comma + b'"readable":' + msgspec.json.encode(told) + b"}"
        return record._replace(raw=head + added)

    def of(self, value: JSON) -> JSON:
        """What can be said of a value of the schema; None for nothing."""
        return self._value(value, [self._schema], "", None)

    def _value(self, value: JSON, fields: Sequence[Field], currency: JSON, own: JSON) -> JSON:
        """`currency` is that of the objects above, `own` the one that stands beside the value:
        "" where none that fits does."""
        shapes = self._shapes(value, fields)
        if isinstance(value, dict):
            return self._object(value, shapes, currency)
        if isinstance(value, list):
            items = [shape.items for shape in shapes if shape.items is not None]
            told = [self._value(part, items, currency, own) for part in value]
            return told if any(part is not None for part in told) else None
        formats = {shape.format for shape in shapes}
        if formats == {"unix-time"}:
            return moment(value)
        if formats == {"minor-units"}:
            return money(value, currency if own is None else own, self._units)
        return None

    def _object(self, value: Mapping[str, JSON], shapes: Sequence[Field], currency: JSON) -> JSON:
        told: dict[str, JSON] = {}
        known: dict[str, list[Field]] = {}
        for shape in shapes:
            for child in shape.fields:
                known.setdefault(child.name, []).append(child)
        sorted_ = bool(known) and all(name in self._units for name in known)
        beside = {name for name, each in known.items() if any(f.format == "currency" for f in each)}
        below = value.get("currency", "") if beside else currency
        for name, part in value.items():
            if name in known:
                above = name if sorted_ else value.get(f"{name}_currency", below)
                above = "" if name in _UNSTATED else above
                found = self._value(part, known[name], above, _own(name, value, beside))
            else:
                items = [shape.items for shape in shapes if shape.type == "map" and shape.items]
                key = name if name.lower() in self._units else below
                found = self._value(part, items, key, None) if items else None
            if found is not None:
                told[name] = found
        return told or None

    def _shapes(self, value: JSON, fields: Sequence[Field]) -> list[Field]:
        """What the value may be, without references and alternatives."""
        found: list[Field] = []
        for field in fields:
            if field.any_of:
                found += self._shapes(value, self._meant(value, field.any_of))
            elif field.ref and isinstance(value, dict):
                found.append(self._resolve(field.ref))
            else:
                found.append(field)
        return found

    def _meant(self, value: JSON, options: Sequence[Field]) -> Sequence[Field]:
        """Of several kinds of objects the one that the value says it is."""
        kind = value.get("object") if isinstance(value, dict) else None
        if not kind:
            return options
        named = [
            option
            for option in options
            if kind in self._kinds(self._resolve(option.ref) if option.ref else option)
        ]
        return named or options

    def _kinds(self, field: Field) -> tuple[Any, ...]:
        child = field.child("object")
        return child.choices if child is not None else ()


def _own(name: str, value: Mapping[str, JSON], beside: set[str]) -> JSON:
    """The currency that stands beside a field; None where there is none at all, "" where none of
    them is its own."""
    prefixed = _PREFIXED.fullmatch(name)
    for own in (f"{prefixed[1]}currency" if prefixed else "", f"{name}_currency", "currency"):
        if own in beside:
            return value.get(own) or ""
    if len(beside) == 1:
        return value.get(next(iter(beside))) or ""
    return "" if beside else None


def with_readable(schema: Field) -> Field:
    """The schema of such records: with the field `readable`."""
    if schema.any_of:
        return replace(schema, any_of=tuple([with_readable(option) for option in schema.any_of]))
    told = _told(schema) or ANY_OBJECT
    added = replace(
        told,
        name=READABLE,
        required=True,
        description="Amounts as decimals with their currency, and times in ISO 8601, under the "
        "names of the fields that they stand for.",
    )
    return replace(schema, fields=(*schema.fields, added))


def _told(field: Field) -> Field | None:
    """What can be readable of a field; None for nothing. Other objects are left open."""
    if field.ref or field.any_of:
        return replace(ANY_OBJECT, name=field.name)
    if field.format == "unix-time":
        return replace(_TIME, name=field.name)
    if field.format == "minor-units":
        return replace(_MONEY, name=field.name)
    if field.type in ("list", "map") and field.items is not None:
        items = _told(field.items)
        return None if items is None else Field(name=field.name, type=field.type, items=items)
    children = tuple([told for child in field.fields if (told := _told(child)) is not None])
    return Field(name=field.name, type="object", fields=children) if children else None
