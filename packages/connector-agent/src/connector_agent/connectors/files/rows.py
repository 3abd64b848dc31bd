"""The rows of a CSV text, whole or with what is wrong with them. Pure."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from connector_agent.connectors.files.limits import KEPT, Limits, too_long

_CANDIDATES = (",", ";", "\t", "|")
_JUDGED = 100


class Row(NamedTuple):
    """`number` counts as a spreadsheet does, from 1; a cell of several lines does not count
    twice. `fault` says why the row could not be read, `remedy` what to do; `text` then holds its
    lines, or their beginning."""

    number: int
    cells: list[str]
    fault: str = ""
    text: str = ""
    remedy: str = "Correct the row in the file, then run again."


class _TooLongError(Exception):
    """A row is longer than it may be."""


_LIMITS = Limits()


def rows(
    lines: Iterable[str], delimiter: str, quote: str, limits: Limits = _LIMITS
) -> Iterator[Row]:
    """Every row of `lines`, which keep their line ends. An empty line is a row without
    cells. A row that breaks the rules carries its fault, and reading goes on behind it."""
    taken: list[str] = []
    # The limit belongs to the whole process; it is never lowered for others. The rows' own
    # limit is met before it.
    csv.field_size_limit(max(csv.field_size_limit(), limits.record + 1))
    parser = csv.reader(
        _Noted(lines, taken, limits.record),
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
        except _TooLongError:
            problem = too_long("It", limits, "", _likely(taken, quote))
            text = "".join(line[:KEPT] for line in taken[:KEPT])[:KEPT]
            yield Row(number, [], problem.message, text, problem.remedy)
            continue
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


class _Noted:
    """The lines, noted as they are taken. It goes on behind an error, which a generator
    doesn't."""

    def __init__(self, lines: Iterable[str], taken: list[str], limit: int) -> None:
        self._lines = iter(lines)
        self._taken = taken
        self._limit = limit
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if not self._taken:
            self._size = 0
        self._taken.append(line)
        self._size += len(line)
        if self._size > self._limit:
            raise _TooLongError
        return line


def _likely(taken: Sequence[str], quote: str) -> str:
    if not quote or not any(quote in line for line in taken):
        return ""
    more = f"; the {len(taken) - 1:,} lines behind it belong to it so far" * (len(taken) > 1)
    return f"Most likely a quote {quote} that opens in it is never closed{more}."


def _told(error: str, taken: Sequence[str], quote: str) -> str:
    if "unexpected end" in error:
        more = f" The {len(taken) - 1} lines behind it belong to it so far." * (len(taken) > 1)
        return f"A quote {quote} that opens in it is never closed.{more}"
    if "expected after" in error:
        return f"Text follows a closing quote {quote}, where the cell should end."
    return f"It can't be read as CSV: {error}."
