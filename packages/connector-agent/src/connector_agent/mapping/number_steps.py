"""Steps that make numbers and booleans of text. Decimal all the way: never a float."""

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, Inexact
from typing import Any

from connector_sdk import JSON, Field, shown

from connector_agent.mapping.declaration import (
    Arguments,
    Run,
    Step,
    StepExample,
    StepFaultError,
    Surroundings,
)
from connector_agent.mapping.number_text import LONGEST, NumberText, number_fault, read_again

LARGEST = 2**63 - 1
"""Whole numbers beyond this fit no system that we write to."""

EXACT = Context(prec=200, traps=[Inexact])
"""Decimal arithmetic that raises instead of losing a digit; texts are shorter than that."""

ROUNDING = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
"""The ways to round, by the names that mappings use."""

_MOST_PLACES = 50
_DECIMAL_SIGNS = (".", ",")
_THOUSANDS_SIGNS = (",", ".", " ", "'", "’", "\u00a0", "\u202f", "_")

NUMBER_ARGUMENTS = (
    Field(
        "decimal",
        "string",
        choices=_DECIMAL_SIGNS,
        default=".",
        description="The sign before the decimals; a point if nothing is said.",
    ),
    Field(
        "thousands",
        "string",
        choices=_THOUSANDS_SIGNS,
        description="The sign between groups of three digits; none if nothing is said.",
    ),
)


def number_reader(arguments: Arguments) -> Callable[[JSON], Decimal]:
    """A function that reads numbers as NUMBER_ARGUMENTS say, strictly: an optional sign,
    digits, and nothing else. Raises StepFaultError, and so does the function."""
    decimal: str = arguments.get("decimal", ".")
    thousands: str = arguments.get("thousands", "")
    if decimal == thousands:
        raise StepFaultError(
            "bad_argument",
            "'decimal' and 'thousands' are the same sign.",
            "Say which sign stands before the decimals and which between groups of digits.",
        )
    whole = r"[0-9]+"
    if thousands:
        whole = rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{re.escape(thousands)}[0-9]{{3}})+)"
    pattern = re.compile(rf"[+-]?{whole}(?:{re.escape(decimal)}[0-9]+)?")
    what = f"with {decimal!r} before the decimals"
    what += f" and {thousands!r} between thousands" if thousands else ""

    def local(text: str) -> Decimal | None:
        if len(text) > LONGEST or not pattern.fullmatch(text):
            return None
        if thousands:
            text = text.replace(thousands, "")
        return Decimal(text if decimal == "." else text.replace(decimal, "."))

    def read(value: JSON) -> Decimal:
        if isinstance(value, str):
            text = value.strip()
            if isinstance(value, NumberText):
                number = read_again(value, local, what)
            else:
                number = local(text)
            if number is not None:
                return number
            if not text:
                raise StepFaultError(
                    "blank_number",
                    "The value is blank, not a number.",
                    "Put `skip_when_blank` or `default` before this step.",
                )
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
            if number.is_finite() and len(number.as_tuple().digits) <= LONGEST:
                return number
        raise _not_a_number(value, decimal, what)

    return read


def _not_a_number(value: JSON, decimal: str, what: str) -> StepFaultError:
    found = number_fault(value.strip(), decimal) if isinstance(value, str) else None
    if found is None:
        return StepFaultError(
            "not_a_number",
            f"{shown(value)!r} is not a number {what}.",
            "Correct the value, or state `decimal` and `thousands` as the source writes them.",
        )
    return StepFaultError(
        "not_a_number",
        f"{shown(value)!r} {found.what}.",
        f"Correct the value, or put `{found.step}` before this step.",
    )


def whole(number: Decimal, value: JSON) -> int:
    """`number` as an int. Raises StepFaultError where that loses something or is too large."""
    if number.adjusted() > 20 or abs(number) > LARGEST:
        raise StepFaultError(
            "number_too_large",
            f"{shown(value)!r} is too large for a whole number of 64 bits.",
            "Correct the value.",
        )
    if number != (result := int(number)):
        raise StepFaultError(
            "not_a_whole_number",
            f"{shown(value)!r} is not a whole number.",
            "Correct the value, or use `to_decimal` or `money_to_minor`.",
        )
    return result


def _to_integer(arguments: Arguments, around: Surroundings) -> Run:
    read = number_reader(arguments)
    return lambda value, record: whole(read(value), value)


def _to_decimal(arguments: Arguments, around: Surroundings) -> Run:
    read = number_reader(arguments)
    return lambda value, record: f"{read(value):f}"


def _round_number(arguments: Arguments, around: Surroundings) -> Run:
    read = number_reader(arguments)
    places: int = arguments.get("places", 0)
    rounding = ROUNDING[arguments.get("round", "half_up")]
    if not 0 <= places <= _MOST_PLACES:
        raise StepFaultError(
            "bad_argument", f"'places' is {places}.", f"Give it a number from 0 to {_MOST_PLACES}."
        )
    unit = Decimal(1).scaleb(-places)
    context = Context(prec=400, rounding=rounding)

    def run(value: Any, record: dict[str, JSON]) -> str:
        number = read(value)
        if number.adjusted() > LONGEST:
            whole(number, value)
        rounded = context.quantize(number, unit)
        return f"{rounded.copy_abs() if rounded == 0 else rounded:f}"

    return run


def _both(arguments: Arguments, around: Surroundings) -> Sequence[JSON]:
    return (True, False)


def _to_boolean(arguments: Arguments, around: Surroundings) -> Run:
    table: dict[str, bool] = {}
    for key, result, words in (
        ("yes", True, ["true", "yes", "1"]),
        ("no", False, ["false", "no", "0"]),
    ):
        for word in arguments.get(key, words):
            if table.setdefault(word.strip().casefold(), result) is not result:
                raise StepFaultError(
                    "bad_argument",
                    f"{word!r} means both yes and no.",
                    "State `yes` and `no` so that no word is in both.",
                )

    def run(value: Any, record: dict[str, JSON]) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, (str, int)):
            found = table.get(str(value).strip().casefold()) if _short(value) else None
            if found is not None:
                return found
        raise StepFaultError(
            "not_a_boolean",
            f"{shown(value)!r} is none of {', '.join(table)}.",
            "Correct the value, or state the words as `yes: […]` and `no: […]`.",
        )

    return run


def _short(value: str | int) -> bool:
    return isinstance(value, str) or abs(value) <= LARGEST


_WORDS = Field("", "string")

NUMBER_STEPS = (
    Step(
        "to_integer",
        "To a whole number",
        "Makes a whole number of text. Decimals are allowed only where they are zero.",
        "number",
        "integer",
        _to_integer,
        arguments=NUMBER_ARGUMENTS,
        examples=(
            StepExample(" 42 ", {}, 42),
            StepExample("-7", {}, -7),
            StepExample("12.00", {}, 12),
            StepExample("1.234.567", {"decimal": ",", "thousands": "."}, 1234567),
            StepExample("12.5", {}, fault="not_a_whole_number"),
            StepExample("1,234", {}, fault="not_a_number"),
            StepExample("12,34", {"thousands": ","}, fault="not_a_number"),
            StepExample("1e3", {}, fault="not_a_number"),
            StepExample("9223372036854775808", {}, fault="number_too_large"),
            StepExample("", {}, fault="blank_number"),
            StepExample(True, {}, fault="not_a_number"),
            StepExample("1", {"decimal": ",", "thousands": ","}, fault="bad_argument"),
        ),
    ),
    Step(
        "to_decimal",
        "To a decimal number",
        "Makes a decimal number of text, written with a point; no digit is lost.",
        "number",
        "number",
        _to_decimal,
        arguments=NUMBER_ARGUMENTS,
        examples=(
            StepExample("12,50", {"decimal": ","}, "12.50"),
            StepExample("1'234.5", {"thousands": "'"}, "1234.5"),
            StepExample(0.1, {}, "0.1"),
            StepExample("abc", {}, fault="not_a_number"),
        ),
    ),
    Step(
        "round_number",
        "Round",
        "Rounds a number to so many decimals. For money, `money_to_minor` with `round` does it "
        "at once.",
        "number",
        "number",
        _round_number,
        arguments=(
            Field("places", "integer", description="How many decimals; none if nothing is said."),
            Field(
                "round",
                "string",
                choices=tuple(ROUNDING),
                description="Where a half goes: away from zero, or to the even neighbour; "
                "half_up if nothing is said.",
            ),
            *NUMBER_ARGUMENTS,
        ),
        examples=(
            StepExample("2.5", {}, "3"),
            StepExample("-2.5", {}, "-3"),
            StepExample("1.005", {"places": 2}, "1.01"),
            StepExample(0.125, {"places": 2, "round": "half_even"}, "0.12"),
            StepExample("7", {"places": 2}, "7.00"),
            StepExample("-0.1", {}, "0"),
            StepExample("x", {}, fault="not_a_number"),
            StepExample("1", {"places": -1}, fault="bad_argument"),
        ),
    ),
    Step(
        "to_boolean",
        "To true or false",
        "Makes true or false of words, whatever their case: true, yes and 1, false, no and 0 "
        "if nothing is said.",
        "any",
        "boolean",
        _to_boolean,
        arguments=(
            Field("yes", "list", items=_WORDS, description="The words that mean true."),
            Field("no", "list", items=_WORDS, description="The words that mean false."),
        ),
        constants=_both,
        examples=(
            StepExample("Yes", {}, True),
            StepExample(0, {}, False),
            StepExample("J", {"yes": ["j"], "no": ["n"]}, True),
            StepExample("maybe", {}, fault="not_a_boolean"),
            StepExample("x", {"yes": ["x"], "no": ["X"]}, fault="bad_argument"),
        ),
    ),
)
