"""Why a text is no number for a step, where that shows, and the step that mends it."""

import re
import unicodedata
from typing import NamedTuple

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
