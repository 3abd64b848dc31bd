"""The rows of a CSV text, whole or with what is wrong with them. Pure."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

CELL_LIMIT = 1 << 24
"""Characters that one cell may hold; more is taken for a quote that was never closed."""

_CANDIDATES = (",", ";", "\t", "|")
_JUDGED = 100


class Row(NamedTuple):
    """`number` counts as a spreadsheet does, from 1; a cell of several lines does not count
    twice. `fault` says why the row could not be read, `text` then holds its lines."""

    number: int
    cells: list[str]
    fault: str = ""
    text: str = ""


def rows(lines: Iterable[str], delimiter: str, quote: str) -> Iterator[Row]:
    """Every row of `lines`, which keep their line ends. An empty line is a row without
    cells. A row that breaks the rules carries its fault, and reading goes on behind it."""
    taken: list[str] = []
    # The limit belongs to the whole process; it is never lowered for others.
    csv.field_size_limit(max(csv.field_size_limit(), CELL_LIMIT))
    parser = csv.reader(
        _noted(lines, taken),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        strict=True,
    )
    number = 0
    while True:
        taken.clear()
        number += 1
        try:
            cells = next(parser)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(number, [], _told(str(error), taken, quote), "".join(taken))
            continue
        if "\0" in taken[0] or (len(taken) > 1 and "\0" in "".join(taken)):
            yield Row(number, [], "It has a NUL character in it.", "".join(taken))
            continue
        yield Row(number, cells)


def find_delimiter(text: str, whole: bool, quote: str) -> str:
    """The delimiter with which most rows have as many cells as the first. A text of one
    column gets a comma. `whole` is False when `text` ends in the middle of a row."""
    best = (0.0, 0, 0)
    found = ","
    lines = text.splitlines(keepends=True)
    for order, delimiter in enumerate(_CANDIDATES):
        if delimiter == quote:
            continue
        counts = []
        for row in rows(lines, delimiter, quote):
            if row.cells or row.fault:
                counts.append(len(row.cells))
            if len(counts) == _JUDGED:
                break
        else:
            if not whole and len(counts) > 1:
                counts.pop()
        if not counts or counts[0] < 2:
            continue
        score = (counts.count(counts[0]) / len(counts), counts[0], -order)
        if score > best:
            best, found = score, delimiter
    return found


def _noted(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _told(error: str, taken: Sequence[str], quote: str) -> str:
    if "unexpected end" in error:
        more = f" The {len(taken) - 1} lines behind it belong to it so far." * (len(taken) > 1)
        return f"A quote {quote} that opens in it is never closed.{more}"
    if "field limit" in error:
        return (
            f"One of its cells is longer than {CELL_LIMIT:,} characters; most likely a quote "
            f"{quote} that opens in it is never closed."
        )
    if "expected after" in error:
        return f"Text follows a closing quote {quote}, where the cell should end."
    return f"It can't be read as CSV: {error}."
