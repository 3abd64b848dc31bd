"""Steps that turn an amount of money into the smallest unit of its currency, and back."""

from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import Any, NamedTuple

from connector_sdk import JSON, Field, did_you_mean, shown
from connector_sdk.path import format_path, parse_path, read_path

from connector_agent.mapping.declaration import (
    Arguments,
    Run,
    Step,
    StepExample,
    StepFaultError,
    Surroundings,
)
from connector_agent.mapping.number_steps import (
    EXACT,
    NUMBER_ARGUMENTS,
    ROUNDING,
    number_reader,
    whole,
)
from connector_agent.mapping.value import is_blank

_WIDE = Context(prec=200)

NAME = "money_to_minor"


class Places(NamedTuple):
    """The decimals in which a currency is counted, and how many of them an amount may have."""

    counted: int
    kept: int


Currency = Callable[[object, dict[str, JSON]], tuple[str, int]]
"""The currency of a value in its record, and how many decimals it has."""


def _money_to_minor(arguments: Arguments, around: Surroundings) -> Run:
    read = number_reader(arguments)
    rounding = ROUNDING.get(arguments.get("round", ""), "")
    currency = _currency(arguments, around.minor_units, "target")

    def run(value: Any, record: dict[str, JSON]) -> int:
        code, places = currency(value, record)
        kept = min(places, around.amount_decimals.get(code, places))
        return _minor(read(value), value, code, Places(places, kept), rounding)

    return run


def _from_minor(arguments: Arguments, around: Surroundings) -> Run:
    read = number_reader({})
    units = around.source_units or around.minor_units
    currency = _currency(arguments, units, "source" if around.source_units else "target")

    def run(value: Any, record: dict[str, JSON]) -> str:
        _, places = currency(value, record)
        return f"{EXACT.scaleb(Decimal(whole(read(value), value)), -places):f}"

    return run


def _currency(arguments: Arguments, minor_units: Mapping[str, int], side: str) -> Currency:
    """Reads the currency as `currency` and `currency_from` say. Raises StepFaultError, and so
    does the function."""
    fixed = arguments.get("currency", "")
    place = arguments.get("currency_from", "")
    if bool(fixed) == bool(place):
        raise StepFaultError(
            "no_currency" if not fixed else "bad_argument",
            "The step needs a currency, or the field that it comes from"
            f"{', and not both' if fixed else ''}.",
            "Write `currency: usd` or `currency_from: currency`.",
        )
    if not minor_units:
        raise StepFaultError(
            "no_currencies",
            f"The {side} doesn't say how many decimals its currencies have.",
            "Use `to_decimal` or an expression instead.",
        )
    if fixed:
        known = _places(fixed, minor_units, side)
        return lambda value, record: known
    path = parse_path(place)

    def find(value: object, record: dict[str, JSON]) -> tuple[str, int]:
        currency = read_path(record, path)
        if is_blank(currency):
            raise StepFaultError(
                "no_currency",
                f"{shown(value)!r} has no currency: {format_path(path)!r} is blank.",
                "Give the record a currency, or state one as `currency: usd`.",
            )
        return _places(currency, minor_units, side)

    return find


def _places(currency: object, minor_units: Mapping[str, int], side: str) -> tuple[str, int]:
    code = currency.strip().lower() if isinstance(currency, str) else ""
    places = minor_units.get(code)
    if places is None:
        raise StepFaultError(
            "unknown_currency",
            f"{shown(currency)!r} is no currency that the {side} knows.",
            did_you_mean(code, minor_units) or "Write its code of three letters, such as usd.",
        )
    return code, places


def _minor(number: Decimal, value: JSON, code: str, places: Places, rounding: str) -> int:
    if number.adjusted() > 20:
        return whole(number, value)
    amount = EXACT.scaleb(number, places.kept)
    if amount != (rounded := amount.to_integral_value(rounding or None, _WIDE)):
        if not rounding:
            count = f"{places.kept} decimals" if places.kept else "no decimals"
            has = "has" if places.kept == places.counted else "may have there"
            raise StepFaultError(
                "too_many_decimals",
                f"{shown(value)!r} has more decimals than {code} {has}: {count}.",
                "Correct the amount, or state `round: half_up` or `round: half_even`.",
            )
        amount = rounded
    return whole(EXACT.scaleb(amount, places.counted - places.kept), value)


_TABLE = "usd has 2 decimals, jpy none and kwd 3"
_CURRENCY_ARGUMENTS = (
    Field("currency", "string", description="The currency of every record."),
    Field("currency_from", "string", description="The field of the source with it."),
)

MONEY_STEPS = (
    Step(
        NAME,
        "Money to minor units",
        "Makes 1234 of 12.34 usd: the amount in the smallest unit of its currency, as a whole "
        f"number. How many decimals a currency has, the target says ({_TABLE}). So it does for "
        "what counts in hundredths and is only paid in whole units, such as isk.",
        "number",
        "integer",
        _money_to_minor,
        arguments=(
            *_CURRENCY_ARGUMENTS,
            Field(
                "round",
                "string",
                choices=tuple(ROUNDING),
                description="How to round an amount with more decimals than its currency has; "
                "if nothing is said, such an amount is a problem.",
            ),
            *NUMBER_ARGUMENTS,
        ),
        paths=("currency_from",),
        examples=(
            StepExample("12.34", {"currency": "usd"}, 1234),
            StepExample("1200", {"currency": "JPY"}, 1200),
            StepExample("1.234,5", {"currency": "kwd", "decimal": ",", "thousands": "."}, 1234500),
            StepExample(19.99, {"currency_from": "cur"}, 1999, {"cur": "USD"}),
            StepExample("-0.05", {"currency": "usd"}, -5),
            StepExample("12.3400", {"currency": "usd"}, 1234),
            StepExample("12.345", {"currency": "usd", "round": "half_even"}, 1234),
            StepExample("12.345", {"currency": "usd", "round": "half_up"}, 1235),
            StepExample("12.345", {"currency": "usd"}, fault="too_many_decimals"),
            StepExample("1.5", {"currency": "jpy"}, fault="too_many_decimals"),
            StepExample("$12", {"currency": "usd"}, fault="not_a_number"),
            StepExample("12", {"currency": "uds"}, fault="unknown_currency"),
            StepExample("12", {"currency_from": "cur"}, None, {"cur": ""}, "no_currency"),
            StepExample("12", {}, fault="no_currency"),
            StepExample("1", {"currency": "usd", "currency_from": "cur"}, fault="bad_argument"),
        ),
    ),
    Step(
        "from_minor",
        "Money from minor units",
        "Makes 12.34 of 1234 usd: the amount as decimal text, with as many decimals as its "
        f"currency has at the source ({_TABLE}).",
        "number",
        "number",
        _from_minor,
        arguments=_CURRENCY_ARGUMENTS,
        paths=("currency_from",),
        examples=(
            StepExample(1234, {"currency": "usd"}, "12.34"),
            StepExample("-5", {"currency": "usd"}, "-0.05"),
            StepExample(1200, {"currency_from": "currency"}, "1200", {"currency": "jpy"}),
            StepExample("12.5", {"currency": "usd"}, fault="not_a_whole_number"),
            StepExample(1, {"currency_from": "cur"}, None, {}, "no_currency"),
        ),
    ),
)
