"""Text that was made of numbers, and still knows them.

A number of an Excel cell or of JSON has no notation. As soon as a step makes text of it, it has
one: ours, with a point before the decimals. A later step would read that text as the source
writes its own numbers, and take 12.345 for twelve thousand.
"""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from connector_sdk import JSON, shown

from connector_agent.mapping.declaration import Run, Step, StepFaultError
from connector_agent.mapping.value import ABSENT, Value

LONGEST = 100
"""Digits of a number that is still read."""

_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_NO_DIGIT = re.compile(r"[^0-9]+")


class NumberText(str):
    """A text with `numbers` in it that have decimals, each as it was written into it."""

    __slots__ = ("numbers",)
    numbers: tuple[str, ...]

    def __new__(cls, text: str, numbers: tuple[str, ...]) -> "NumberText":
        made = super().__new__(cls, text)
        made.numbers = numbers
        return made


def plain_number(value: float) -> str:
    """A typed number as text: digits and a point, no exponent. Not finite ones are "nan" or
    "inf"."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return f"{Decimal(str(value)):f}"


def canonical(text: str) -> Decimal | None:
    """What such a text says; None for any other."""
    if len(text) <= LONGEST and _PLAIN.fullmatch(text):
        return Decimal(text)
    return None


def numbers_in(value: object) -> tuple[str, ...]:
    """The numbers with decimals in a value, as text made of it has them."""
    match value:
        case NumberText():
            return value.numbers
        case float():
            text = plain_number(value)
            return (text,) if "." in text else ()
        case list():
            return tuple(number for part in value for number in numbers_in(part))
        case dict():
            return tuple(number for part in value.values() for number in numbers_in(part))
    return ()


def with_numbers(value: Value, numbers: tuple[str, ...]) -> Value:
    """The value, whose texts know these numbers beside their own."""
    if not numbers:
        return value
    match value:
        case str():
            return NumberText(value, tuple(dict.fromkeys((*numbers_in(value), *numbers))))
        case list():
            return [_part(part, numbers) for part in value]
        case dict():
            return {name: _part(part, numbers) for name, part in value.items()}
    return value


def _part(value: JSON, numbers: tuple[str, ...]) -> JSON:
    made = with_numbers(value, numbers)
    return None if made is ABSENT else made


def without_numbers(value: Value) -> Value:
    """The value as others get it: text is text."""
    match value:
        case NumberText():
            return str(value)
        case list():
            return [_plain(part) for part in value]
    return value


def _plain(value: JSON) -> JSON:
    made = without_numbers(value)
    return None if made is ABSENT else made


def remembering(step: Step, run: Run) -> Run:
    """`run` of `step` for values that are no plain text: text made of numbers knows them."""
    if step.gives == "number" or (step.own and step.takes in ("number", "integer")):
        return _as_written(_on_plain(run) if step.own else run)
    if step.own:
        return _carrying(_on_plain(run))
    return _carrying(run) if step.gives in ("text", "list") else run


def of_text(step: Step, run: Run) -> Run:
    """`run` of `step` for plain text."""
    if step.gives == "number" or (step.own and step.takes in ("number", "integer")):
        # Whoever writes a number in place of one writes it with a point.
        return _as_written(run)
    return run


def _as_written(run: Run) -> Run:
    def written(value: Any, record: dict[str, JSON]) -> Value:
        made = run(value, record)
        if isinstance(made, str) and "." in made and canonical(made) is not None:
            return NumberText(made, (made,))
        return made

    return written


def _carrying(run: Run) -> Run:
    def carried(value: Any, record: dict[str, JSON]) -> Value:
        return with_numbers(run(value, record), numbers_in(value))

    return carried


def _on_plain(run: Run) -> Run:
    return lambda value, record: run(without_numbers(value), record)


def read_again(
    text: NumberText, local: Callable[[str], Decimal | None], what: str = ""
) -> Decimal | None:
    """The number that a text made of numbers says; `local` reads it as the source writes its
    own, which `what` tells. None where it is no number. Raises StepFaultError where it is not
    clear which."""
    said = text.strip()
    here, there = canonical(said), local(said)
    if here is None and there is None:
        return None
    bare = said.lstrip("+-")
    if here is not None and any(bare in number for number in text.numbers):
        return here  # the number itself, or a part of it
    known = {abs(Decimal(number)) for number in text.numbers}
    found = {each for each in (here, there) if each is not None and abs(each) in known}
    if len(found) == 1:
        return found.pop()  # written in another way
    if not found and here is not None and here == there:
        digits = _digits(said)
        if not any(_meet(digits, _digits(number)) for number in text.numbers):
            return here
    raise _unclear(text, what)


def _digits(text: str) -> str:
    return _NO_DIGIT.sub("", text).lstrip("0")


def _meet(one: str, other: str) -> bool:
    return one in other or other in one


def _unclear(text: NumberText, what: str) -> StepFaultError:
    numbers = " and ".join(text.numbers[:3])
    return StepFaultError(
        "number_rewritten",
        f"{shown(text)!r} was made of the number {shown(numbers)}, and it isn't clear which "
        f"number it is now{f', {what}' if what else ''}.",
        "Take out the steps that change the signs in it, and state `decimal` and `thousands` as "
        "the source writes them in text; or let an own step give a number.",
    )


_MINUSES = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
_BRACKETS = re.compile(r"\(.*\)")
_CODE = re.compile(r"[A-Za-z]{3}[^A-Za-z]*|[^A-Za-z]*[A-Za-z]{3}")
_DIGIT = re.compile(r"[0-9]")


class NumberFault(NamedTuple):
    """What is wrong with a text, to follow it in a sentence, and the step that mends it."""

    what: str
    step: str


def number_fault(text: str, decimal: str) -> NumberFault | None:
    """The first thing that keeps a text without white space around it from being a number with
    `decimal` before the decimals; None where it could be anything."""
    if not _DIGIT.search(text):
        return None
    for sign in _MINUSES:
        if sign in (text[0], text[-1]):
            name = f"U+{ord(sign):04X}"
            return NumberFault(f"has the sign {name} in place of a minus", _replaced(sign, "-"))
    if _BRACKETS.fullmatch(text):
        return NumberFault(
            "is a negative number in brackets",
            r"replace_pattern: {pattern: '^\((.*)\)$', new: '-\1'}",
        )
    if text.endswith("-"):
        return NumberFault(
            "has its minus at the end", r"replace_pattern: {pattern: '^(.*)-$', new: '-\1'}"
        )
    for sign in text:
        if unicodedata.category(sign) == "Sc":
            return NumberFault(f"has the currency sign {sign}", _replaced(sign, ""))
    if _CODE.fullmatch(text):
        return NumberFault(
            "has letters beside the number", "replace_pattern: {pattern: '[A-Za-z ]', new: ''}"
        )
    return _misplaced(text, decimal)


def _misplaced(text: str, decimal: str) -> NumberFault | None:
    sign = text[0] if text[0] in "+-" else ""
    left = text.removeprefix(sign)
    if re.fullmatch(rf"{re.escape(decimal)}[0-9]+", left):
        pattern, new = f"^{re.escape(sign)}[{decimal}]", f"{sign}0{decimal}"
        return NumberFault(
            f"has no digit before the {decimal!r}",
            f"replace_pattern: {{pattern: '{pattern}', new: '{new}'}}",
        )
    if re.fullmatch(rf"[0-9]+{re.escape(decimal)}", left):
        return NumberFault(
            f"has no digit after the {decimal!r}",
            f"replace_pattern: {{pattern: '[{decimal}]$', new: ''}}",
        )
    group = "," if decimal == "." else "."
    if re.fullmatch(
        rf"[0-9]{{1,2}}(?:{re.escape(group)}[0-9]{{2}})+{re.escape(group)}[0-9]{{3}}"
        rf"(?:{re.escape(decimal)}[0-9]+)?",
        left,
    ):
        return NumberFault("has groups of two digits", _replaced(group, ""))
    return None


def _replaced(old: str, new: str) -> str:
    return f"replace: {{old: '{old}', new: '{new}'}}"
