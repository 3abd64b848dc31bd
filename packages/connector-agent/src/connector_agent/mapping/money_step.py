"""The step that turns an amount of money into the smallest unit of its currency."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any

from connector_sdk import JSON, Field, did_you_mean, shown

from connector_agent.mapping.number_steps import EXACT, NUMBER_ARGUMENTS, number_reader, whole
from connector_agent.mapping.path import format_path, parse_path, read_path
from connector_agent.mapping.state import is_blank
from connector_agent.mapping.step import Run, Step, StepExample, StepFaultError

_ROUND = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
_WIDE = Context(prec=200)


def _money_to_minor(arguments: Mapping[str, Any], minor_units: Mapping[str, int]) -> Run:
    read = number_reader(arguments)
    rounding = _ROUND.get(arguments.get("round", ""), "")
    fixed = arguments.get("currency", "")
    place = arguments.get("currency_from", "")
    if bool(fixed) == bool(place):
        raise StepFaultError(
            "bad_argument",
            "The step needs a currency, or the field that it comes from, and not both.",
            "Write `currency: usd` or `currency_from: currency`.",
        )
    if not minor_units:
        raise StepFaultError(
            "no_currencies",
            "The target doesn't say how many decimals its currencies have.",
            "Use `to_decimal`, or another target.",
        )
    if fixed:
        code, places = _places(fixed, minor_units)

        def run_fixed(value: Any, record: dict[str, JSON]) -> int:
            return _minor(read(value), value, code, places, rounding)

        return run_fixed
    path = parse_path(place)

    def run(value: Any, record: dict[str, JSON]) -> int:
        currency = read_path(record, path)
        if is_blank(currency):
            raise StepFaultError(
                "no_currency",
                f"{shown(value)!r} has no currency: {format_path(path)!r} is blank.",
                "Give the record a currency, or state one as `currency: usd`.",
            )
        code, places = _places(currency, minor_units)
        return _minor(read(value), value, code, places, rounding)

    return run


def _places(currency: object, minor_units: Mapping[str, int]) -> tuple[str, int]:
    code = currency.strip().lower() if isinstance(currency, str) else ""
    places = minor_units.get(code)
    if places is None:
        raise StepFaultError(
            "unknown_currency",
            f"{shown(currency)!r} is no currency that the target knows.",
            did_you_mean(code, minor_units) or "Write its code of three letters, such as usd.",
        )
    return code, places


def _minor(number: Decimal, value: JSON, code: str, places: int, rounding: str) -> int:
    if number.adjusted() > 20:
        return whole(number, value)
    minor = EXACT.scaleb(number, places)
    if minor != (rounded := minor.to_integral_value(rounding or None, _WIDE)):
        if not rounding:
            count = f"{places} decimals" if places else "no decimals"
            raise StepFaultError(
                "too_many_decimals",
                f"{shown(value)!r} has more decimals than {code} has: {count}.",
                "Correct the amount, or state `round: half_up` or `round: half_even`.",
            )
        minor = rounded
    return whole(minor, value)


_TABLE = "usd has 2 decimals, jpy none and kwd 3"

MONEY_STEPS = (
    Step(
        "money_to_minor",
        "Money to minor units",
        "Makes 1234 of 12.34 usd: the amount in the smallest unit of its currency, as a whole "
        f"number. How many decimals a currency has, the target says ({_TABLE}).",
        "number",
        "integer",
        _money_to_minor,
        arguments=(
            Field("currency", "string", description="The currency of every record."),
            Field("currency_from", "string", description="The field of the source with it."),
            Field(
                "round",
                "string",
                choices=tuple(_ROUND),
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
            StepExample("12", {}, fault="bad_argument"),
        ),
    ),
)
