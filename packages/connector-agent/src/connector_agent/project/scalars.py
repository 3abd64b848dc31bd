"""What a word of YAML stands for, and which words are refused because they are not kept.

YAML 1.2's core schema, made stricter: a word that would come out as another text than was
written (01234, 1.50, 1e3, 2026-01-31, +49123) has to be quoted. `yes`, `no`, `on` are text.
"""

import re

from connector_sdk import JSON

_INTEGER = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
_NUMBER_LIKE = re.compile(
    r"[-+]?(\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)(e[-+]?[0-9]+)?|[-+]?0[xob][0-9a-f_]+"
    r"|[-+]?\.inf|\.nan",
    re.IGNORECASE,
)
_DATE_LIKE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ]+[0-9][0-9:.Zz +-]*)?")
_WORDS: dict[str, JSON] = {
    "null": None,
    "Null": None,
    "NULL": None,
    "~": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_LARGEST = 2**63


class ChangedError(ValueError):
    """A plain word that YAML would change; its text says what YAML takes it for."""


def plain(text: str) -> JSON:
    """The value of a word without quotes. Raises ChangedError."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) <= 20:
        number = int(text)
        if str(number) == text and abs(number) < _LARGEST:
            return number
    if _DECIMAL.fullmatch(text) and repr(float(text)) == text:
        return float(text)
    if _NUMBER_LIKE.fullmatch(text):
        raise ChangedError("a number")
    if _DATE_LIKE.fullmatch(text):
        raise ChangedError("a date")
    return text
