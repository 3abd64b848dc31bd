"""Rows of a corrected table, with the types that a table can't hold. Pure.

A CSV file holds only text, and a spreadsheet converts as it likes. The ledger knows each cell's
original value: an unchanged cell is that value, and a changed one is read without guessing.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
from connector_sdk import Problem, shown

from connector_agent.runs.guards import long_number, with_long_as_text
from connector_agent.runs.outcome_table import PARTS, cell_text, parsed

UNCLEAR = "cell_unclear"
"""The code of a cell that can't be read for sure."""

JSON_LINES = "Correct it in a file of 'connector outcomes --format jsonl', where types are kept"

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?")
_MARKED = re.compile(r"\+[0-9]+|0[0-9]+")
_GROUPS = " '’\u00a0\u202f"
_FORMS = tuple(
    (
        re.compile(rf"[+-]?(?:[0-9]+|[1-9][0-9]{{0,2}}(?:[{group}][0-9]{{3}})+)(?:{point}[0-9]+)?"),
        sign,
    )
    for group, point, sign in (
        (f",{_GROUPS}", r"\.", "."),
        (rf"\.{_GROUPS}", ",", ","),
    )
)
"""Numbers with a point, and with a comma before the decimals."""
_TWO_READINGS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")

_NOTHING: Final = object()
"""Where the record had no such field."""


class Original(NamedTuple):
    """A record as it was read: its `values` by name, with every digit, and the numbers and
    booleans of a row that didn't fit the columns, by the text of its `cells`."""

    values: Mapping[str, Any]
    cells: Mapping[str, Any]

    @classmethod
    def of(cls, raw: bytes) -> "Original | None":
        """The record in the ledger; None where it isn't an object."""
        plain = parsed(raw)
        if not isinstance(plain, dict):
            return None
        exact: Any = with_long_as_text(raw) if long_number(raw) else _DECODER.decode(raw)
        if list(plain) not in PARTS:
            return cls(exact, {})
        cells = exact.get("cells")
        texts = [cell for cell in cells if isinstance(cell, str)] if cells else []
        typed = {
            cell_text(_as_written(cell)): cell
            for cell in cells or ()
            if isinstance(cell, int | float | Decimal)
        }
        return cls({}, {text: cell for text, cell in typed.items() if text not in texts})


def restored(
    row: Mapping[str, Any], original: Original | None, types: Mapping[str, str]
) -> tuple[dict[str, Any], list[Problem]]:
    """The typed cells of a row. `types` are those of its fields, as far as known. An ambiguous
    cell is a problem, and stays as it is."""
    values = original.values if original is not None else {}
    cells = original.cells if original is not None else {}
    made: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, cell in row.items():
        if name.startswith("_"):
            made[name] = cell
            continue
        if isinstance(cell, str) and cell in cells:
            made[name] = cells[cell]
            continue
        before = values.get(name, _NOTHING if values else "")
        try:
            value = _restored(name, cell, before, types.get(name, "any"))
        except _UnclearError as error:
            problems.append(error.problem)
            value = cell if original is None else before
        if value is not _NOTHING:
            made[name] = value
    return made, problems


class _UnclearError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def _restored(name: str, cell: Any, before: Any, kind: str) -> Any:
    if isinstance(before, dict | list):
        return cell  # what it holds stands elsewhere in the row
    written = "" if before is _NOTHING else cell_text(_as_written(before))
    if cell is None or isinstance(cell, str):
        text = cell or ""
        if text == written or (text.strip() == written and not isinstance(before, str)):
            return before
        if not text.strip():
            return text  # emptied
        return _changed_text(name, text, before, written, kind)
    if cell == before and isinstance(cell, bool) is isinstance(before, bool):
        return before
    typed = cell_text(_as_written(cell))
    if isinstance(before, str) and (typed == before or typed == before.lower()):
        return before  # spreadsheets write TRUE in capitals
    if written and _respelled(written, typed):
        raise _respelled_cell(name, before, typed)
    return cell


def _changed_text(name: str, text: str, before: Any, written: str, kind: str) -> Any:
    if isinstance(before, bool) or (kind == "boolean" and not written):
        return _boolean(name, text, before)
    if isinstance(before, int | float | Decimal) or (kind in ("integer", "number") and not written):
        return _number(name, text, before, written)
    if written:
        if _respelled(written, text.strip()):
            raise _respelled_cell(name, before, text)
    elif kind != "string" and _TWO_READINGS.fullmatch(text.strip()):
        raise _two_readings(name, text, f"{JSON_LINES}.")
    return text


def _boolean(name: str, text: str, before: Any) -> bool:
    said = {"true": True, "false": False}.get(text.strip().lower())
    if said is None:
        what = cell_text(before) if isinstance(before, bool) else "true or false"
        raise _unclear(
            name,
            text,
            f"it was {what} in the source",
            "Write true or false.",
        )
    return said


def _number(name: str, text: str, before: Any, written: str) -> Any:
    said = text.strip()
    if written and _respelled(written, said):
        raise _respelled_cell(name, before, said)
    if _MARKED.fullmatch(said):
        return said  # a postal code, a telephone number: the same however it is read
    readings = {Decimal(_plain(said, sign)) for form, sign in _FORMS if form.fullmatch(said)}
    if len(readings) > 1:
        raise _two_readings(name, text, "")
    if readings:
        number = readings.pop()
        return int(number) if number == number.to_integral_value() else number
    if isinstance(before, int) and not _NUMBER.fullmatch(said):
        return text
    raise _unclear(
        name,
        text,
        f"it was the number {written} in the source" if written else "it is a number in the source",
        "Write a number with digits and a point, such as 12.5",
    )


def _plain(text: str, sign: str) -> str:
    """The number with a point and without separators."""
    whole, _, decimals = text.partition(sign)
    whole = re.sub(r"[^0-9+-]", "", whole)
    return f"{whole}.{decimals}" if decimals else whole


def _respelled(before: str, after: str) -> bool:
    """Whether a spreadsheet may have written `before` that way: the same digits with other
    separators, without leading zeros, or with an exponent."""
    before, after = before.strip(), after.strip()
    if before == after or not (_NUMBER.fullmatch(before) and _NUMBER.fullmatch(after)):
        return False
    if "e" in after.lower() and "e" not in before.lower():
        return True
    if _digits(before) != _digits(after):
        return False
    front, rest = _front(before)
    new_front, new_rest = _front(after)
    # A sign or zeros at the front are a person's: no spreadsheet adds them.
    return rest != new_rest or not new_front.endswith(front)


def _front(text: str) -> tuple[str, str]:
    """The sign and leading zeros of a number, and the rest; a minus belongs to neither."""
    text = text.lstrip("-")
    rest = text.lstrip("+0")
    return text[: len(text) - len(rest)], rest


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text).lstrip("0")


def _as_written(value: Any) -> Any:
    """A value as outcomes list it."""
    return float(value) if isinstance(value, Decimal) else value


def _respelled_cell(name: str, before: Any, text: str) -> _UnclearError:
    was = cell_text(_as_written(before))
    return _unclear(
        name,
        text,
        f"it was {shown(was)} in the source, and spreadsheets change the signs and zeros of "
        "numbers by themselves",
        f"Write {shown(was)} again if it was right",
    )


def _two_readings(name: str, text: str, remedy: str) -> _UnclearError:
    said = text.strip()
    whole = re.sub("[.,]", "", said)
    point = said.replace(",", ".")
    return _unclear(
        name,
        text,
        f"it may be {whole} or {point}",
        remedy or f"Write {whole}, or {point}0.",
    )


def _unclear(name: str, text: str, why: str, remedy: str) -> _UnclearError:
    return _UnclearError(
        Problem(
            UNCLEAR,
            f"{name} is {shown(text)!r} in the corrected file, and its meaning is unclear: {why}.",
            remedy if remedy.endswith(".") else f"{remedy}. {JSON_LINES}.",
            path=name,
            value=shown(text),
        )
    )
