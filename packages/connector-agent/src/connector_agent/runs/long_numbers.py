"""Whole numbers of more than 64 bits, which lose digits where JSON is read. Pure.

Two identities of 21 digits would become one, and one of the records would pass for written.
"""

import json
import re

from connector_sdk import JSON, Problem, shown

_CANDIDATE = re.compile(rb"[0-9]{19}")
_LEAST, _MOST = -(1 << 63), (1 << 64) - 1
_DIGITS = 20


def long_number(raw: bytes) -> str:
    """The first such number of a JSON value, as it stands there; "" without one."""
    found: list[str] = []
    if _CANDIDATE.search(raw):
        json.loads(raw, parse_int=lambda text: found.append(text) if _is_long(text) else None)
    return found[0] if found else ""


def loses_digits(number: str, at: str = "") -> Problem:
    """The problem of a record with such a number."""
    return Problem(
        "number_too_long",
        f"The number {shown(number)} has more digits than can be counted with.",
        "Write it as text in the source.",
        value=shown(number),
        at=at,
    )


def with_long_as_text(raw: bytes) -> JSON:
    """The JSON value, such numbers in it as text."""
    value: JSON = json.loads(raw, parse_int=lambda text: text if _is_long(text) else int(text))
    return value


def _is_long(text: str) -> bool:
    return len(text.lstrip("-")) > _DIGITS or not _LEAST <= int(text) <= _MOST
