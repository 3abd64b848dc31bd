"""Cells of CSV that a spreadsheet would run as a formula, and the mark that keeps it from that.
Pure.

The mark is an apostrophe before the text. A text that already looks marked gets another one, so
that taking one away gives back every text as it was.
"""

import re
from typing import TypeVar

T = TypeVar("T")

MARK = "'"

_RUN = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])")
# Amounts and telephone numbers: a sign, and nothing to be computed behind it.
_PLAIN = re.compile(r"[+-]?[0-9.,][0-9.,' \u00a0\u202f\u2019]*(?:[eE][+-]?[0-9]+)?%?|[\s+\-=@]*")
_LONGEST = 100
"""Characters of a plain number, at most."""


def looks_marked(text: str) -> bool:
    """Whether the text may be one that `marked` made."""
    return text.startswith(MARK) and _RUN.match(text) is not None


def marked(cell: T) -> T | str:
    """The cell with a mark if it is text that a spreadsheet would run: one that begins with
    = + - @, also as their full-width forms and behind blanks, or with a tab or a line end. A
    plain number with its sign is none."""
    if not isinstance(cell, str) or not _RUN.match(cell):
        return cell
    plain = len(cell) <= _LONGEST and _PLAIN.fullmatch(cell.strip())
    return cell if plain else MARK + cell


def unmarked(text: str) -> str:
    """The text that `marked` was given."""
    return text[1:] if looks_marked(text) else text
