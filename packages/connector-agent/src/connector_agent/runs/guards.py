"""What must not be stored or sent: card numbers, and numbers that would lose digits. Pure.

A card number is a run of digits, perhaps in groups, with the prefix and length of a card scheme,
that passes the Luhn check (ISO/IEC 7812). Next to a letter it counts as part of an id. One in ten
numbers of that form passes by chance; the operation names the fields where they may.

A number with more than 64 bits is read as another one: two ids of 21 digits would become one.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import orjson
from connector_sdk import JSON, Problem, shown

_FORM = r"(?<![A-Za-z0-9_.])[2-6](?:[ -]?[0-9]){12,18}(?![A-Za-z0-9_])"
_LIKELY = re.compile(_FORM.encode())
_DIGITS = re.compile(_FORM)
_ESCAPED_DIGIT = b"\\u003"
_POWER = re.compile(rb"[0-9][eE]\+?1[0-9](?:[,}\]\s]|$)")
_MAYBE_CARD = rb"[2-6](?:[ -]?[0-9]){12}|\\u003|[0-9][eE]\+?1[0-9](?:[,}\]\s]|$)"
_MAYBE_LONG = rb"(?:^|[:,\[\s-])(?:[0-9]{19}|[0-9][0-9.]{16})"
_SCHEMES = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"
    r"|3[47][0-9]{13}"  # American Express
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11,16}"  # Diners Club
    r"|(?:6011|65[0-9]{2}|64[4-9][0-9])[0-9]{12,15}"  # Discover
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12,15}"  # JCB
    r"|62[0-9]{14,17}"  # UnionPay
)
_MEANT = re.compile(r"(?:^|\.)card\.number$")
"""Fields of a request that are meant to hold one."""

MASK = b"[card number]"
"""Stands where a card number was, so that nobody takes what is left for a value."""

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*', re.DOTALL)
"""A text or a number of JSON."""


def masked(raw: bytes) -> bytes:
    """The same bytes without anything that could be a card number."""
    if _ESCAPED_DIGIT in raw or _POWER.search(raw) is not None:
        raw = orjson.dumps(_parsed(raw))
    return _LIKELY.sub(MASK, _TOKEN.sub(_without, raw))


def _without(token: re.Match[bytes]) -> bytes:
    text = token[0]
    if text.startswith(b'"'):
        return _LIKELY.sub(MASK, text)
    return b'"%b"' % MASK if _LIKELY.search(text) else text


@cache
def _scanner(pattern: bytes) -> Callable[[bytes], object]:
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # of bytes
    options.never_capture = True
    search: Callable[[bytes], object] = re2.compile(pattern, options=options).search
    return search


def _finds(pattern: bytes, raw: bytes) -> bool:
    """Whether the pattern is anywhere in it. RE2 reads each byte once, which `re` doesn't."""
    return _scanner(pattern)(raw) is not None


def is_plain(raw: bytes) -> bool:
    """Whether JSON, or lines of it, surely has neither a card number nor a long number."""
    return not _finds(_MAYBE_CARD + b"|" + _MAYBE_LONG, raw)


@dataclass(frozen=True, slots=True)
class CardGuard:
    """Keeps card numbers out of the ledger and of requests. `known` names source fields whose
    numbers aren't cards; a request that may carry a card needs a `sealed` (encrypted) ledger."""

    known: frozenset[str] = frozenset()
    sealed: bool = False

    def suspects(self, raw: bytes) -> bool:
        """Whether JSON, or lines of it, may hold a card number: cheap, and never a wrong no."""
        return _finds(_MAYBE_CARD, raw) and (
            _LIKELY.search(raw) is not None
            or _ESCAPED_DIGIT in raw
            or _POWER.search(raw) is not None
        )

    def check(self, record: bytes, request: bytes | None) -> Problem | None:
        """The Problem of a record that must not be stored or sent."""
        if not self.suspects(record) and (request is None or not self.suspects(request)):
            return None
        source = list(_numbers(_parsed(record)))
        target = list(_numbers(_parsed(request))) if request is not None else []
        innocent = {number for path, number in source if path.split(".")[0] in self.known}
        meant = {number for path, number in target if _MEANT.search(path)}
        for path, number in target:
            if number not in innocent and not _MEANT.search(path):
                return _problem(path, number, "field")
        for path, number in source:
            if number not in innocent and number not in meant:
                return _problem(path, number, "source field")
        return _UNSEALED if meant and not self.sealed else None


_UNSEALED = Problem(
    "card_number_unsealed",
    "The request carries a card number, and the ledger that would keep it is not encrypted.",
    "Set CONNECTOR_LEDGER_KEY ('connector ledger key' makes one), or better have the "
    "target's own forms collect cards.",
    path="card.number",
)


def is_card_number(text: str) -> bool:
    """Whether digits have the form of a card number and pass the Luhn check."""
    return _SCHEMES.fullmatch(text) is not None and _luhn(text)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _numbers(value: JSON, path: str = "") -> Iterator[tuple[str, str]]:
    """Each card number with the path of its field."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _numbers(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _numbers(part, f"{path}[{index}]")
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        # Tables of numbers with gaps have 4242424242424242.0; no power of ten, as Python has
        # it from 1e16 on.
        text = f"{value:.1f}" if isinstance(value, float) else str(value)
        for found in _DIGITS.finditer(text):
            number = re.sub(r"[ -]", "", found[0])
            if is_card_number(number):
                yield path, number


def _parsed(raw: bytes) -> JSON:
    try:
        value: JSON = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value = raw.decode("utf-8", "replace")
    return value


def _problem(path: str, number: str, what: str) -> Problem:
    return Problem(
        "card_number",
        f"The {what} {path!r} holds a card number ending in {number[-4:]}; it was neither "
        "stored nor sent.",
        "Take it out of the source. If it is none, name its source field below "
        "`options: not_card_numbers:`.",
        path=path,
    )


_LEAST, _MOST = -(1 << 63), (1 << 64) - 1
_MOST_DIGITS = 20


def long_number(raw: bytes) -> str:
    """The first such number of a JSON value, as written; "" without one."""
    found: list[str] = []
    if _finds(_MAYBE_LONG, raw):
        json.loads(
            raw,
            parse_int=lambda text: found.append(text) if _is_long(text) else None,
            parse_float=lambda text: found.append(text) if _is_cut(text) else None,
        )
    return found[0] if found else ""


def loses_digits(number: str, at: str = "") -> Problem:
    return Problem(
        "number_too_long",
        f"The number {shown(number)} has more digits than can be counted with.",
        "Write it as text in the source.",
        value=shown(number),
        at=at,
    )


def with_long_as_text(raw: bytes) -> JSON:
    """The JSON value with such numbers as text."""
    value: JSON = json.loads(
        raw,
        parse_int=lambda text: text if _is_long(text) else int(text),
        parse_float=lambda text: text if _is_cut(text) else float(text),
    )
    return value


def _is_long(text: str) -> bool:
    return len(text.lstrip("-")) > _MOST_DIGITS or not _LEAST <= int(text) <= _MOST


def _is_cut(text: str) -> bool:
    """Whether a decimal number isn't the 64-bit float that it is read as. What a program wrote
    of a float, such as 0.10000000000000001, is."""
    number = float(text)
    if not math.isfinite(number):
        return False  # told as what it is, where it is read
    said = Decimal(text)
    as_long = f"{number:.{len(said.as_tuple().digits)}g}"
    return said not in (Decimal(repr(number)), Decimal(as_long))
