"""The columns of a table of records, and how their values look.

The rule: the id; the names (name, e-mail, description, number); the first amount with its
currency; the state; two that the connector names; the time of creation. Only what at least one of
the first records has, at most seven; if hardly any exist, the first plain fields.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from connector_sdk import JSON, Field, Schemas
from connector_sdk.path import format_path, parse_path, read_each

MOST = 7
_FEW = 3
_NAMES = ("name", "email", "description", "number", "nickname", "display_name", "code")
_AMOUNTS = ("amount", "total", "amount_due", "unit_amount", "balance", "net")
_STATES = ("status", "state", "type", "active", "enabled")
_TIMES = ("created", "date")


class Column(NamedTuple):
    """A column of a table: its title, and the cell of a record."""

    title: str
    cell: Callable[[Mapping[str, JSON]], str]


def chosen(fields: Sequence[str], schemas: Schemas) -> list[Column]:
    """The columns that the user named, by their paths."""
    return [_plain(name, schemas) for name in fields]


def sensible(sample: Sequence[Mapping[str, JSON]], schemas: Schemas) -> list[Column]:
    """The columns for records like those of `sample`."""
    there = {
        name: value
        for record in reversed(sample)
        for name, value in record.items()
        if value not in (None, "", [], {})
    }
    plain = [name for name, value in there.items() if not isinstance(value, (dict, list))]
    amount = next((name for name in _AMOUNTS if _is_amount(there, name)), None)
    names = [
        *(name for name in ("id", *_NAMES) if name in plain),
        *([amount] if amount else []),
        *[name for name in _STATES if name in plain][:2],
        *[name for name in schemas.columns if name in plain][:2],
        *[name for name in _TIMES if name in plain][:1],
    ]
    if len(names) < _FEW:
        order = list(dict.fromkeys(name for record in sample for name in record))
        names += [name for name in order if name in plain and name not in names]
    return [
        _money(name, schemas) if name == amount else _plain(name, schemas) for name in names[:MOST]
    ]


def text_of(value: JSON, field: Field | None = None) -> str:
    """A value as a cell: one line, no control characters."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() if field is not None and field.format == "unix-time":
            return time.strftime("%Y-%m-%d %H:%M", time.localtime(value))
        case str():
            return "".join(sign if sign.isprintable() else "�" for sign in " ".join(value.split()))
        case dict() if isinstance(value.get("id"), str):
            return text_of(value["id"])
        case dict() | list():
            import orjson

            return text_of(orjson.dumps(value).decode())
    return str(value)


def _plain(name: str, schemas: Schemas) -> Column:
    path = parse_path(name)
    field = schemas.response.child(str(path[0])) if len(path) == 1 else None

    def cell(record: Mapping[str, JSON]) -> str:
        value: Any = read_each(dict(record), path)
        return text_of(value, field) if isinstance(value, _SHOWN) else ""

    return Column(format_path(path), cell)


_SHOWN = (bool, int, float, str, dict, list)


def _money(name: str, schemas: Schemas) -> Column:
    def cell(record: Mapping[str, JSON]) -> str:
        value, currency = record.get(name), record.get("currency")
        if not isinstance(value, int) or not isinstance(currency, str):
            return text_of(value)
        places = schemas.minor_units.get(currency.lower())
        if places is None:
            return f"{value} {currency}"
        return f"{Decimal(value).scaleb(-places):.{places}f} {currency}"

    return Column(name, cell)


def _is_amount(there: Mapping[str, JSON], name: str) -> bool:
    value = there.get(name)
    return isinstance(value, int) and not isinstance(value, bool) and "currency" in there
