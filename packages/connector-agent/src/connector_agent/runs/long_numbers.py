"""Numbers with more digits than JSON keeps where it is read. Pure.

Two identities of 21 digits would become one, and one of the records would pass for written; an
amount of 20 digits would become another amount.
"""

import json
import math
import re
from decimal import Decimal

from connector_sdk import JSON, Problem, shown

_CANDIDATE = re.compile(rb"[0-9]{19}|[0-9][0-9.]{16}")
_LEAST, _MOST = -(1 << 63), (1 << 64) - 1
_DIGITS = 20


def long_number(raw: bytes) -> str:
    """The first such number of a JSON value, as it stands there; "" without one."""
    found: list[str] = []
    if _CANDIDATE.search(raw):
        json.loads(
            raw,
            parse_int=lambda text: found.append(text) if _is_long(text) else None,
            parse_float=lambda text: found.append(text) if _is_cut(text) else None,
        )
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
    value: JSON = json.loads(
        raw,
        parse_int=lambda text: text if _is_long(text) else int(text),
        parse_float=lambda text: text if _is_cut(text) else float(text),
    )
    return value


def _is_long(text: str) -> bool:
    return len(text.lstrip("-")) > _DIGITS or not _LEAST <= int(text) <= _MOST


def _is_cut(text: str) -> bool:
    """Whether a number with decimals is another one as 64 bits. What a program wrote of 64 bits,
    0.10000000000000001 say, is not."""
    number = float(text)
    if not math.isfinite(number):
        return False  # told as what it is, where it is read
    said = Decimal(text)
    as_long = f"{number:.{len(said.as_tuple().digits)}g}"
    return said not in (Decimal(repr(number)), Decimal(as_long))
