"""What comes back in a table is what it was, or what a person wrote; nothing is guessed."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from connector_agent.runs.outcome_table import (
    columns_of,
    csv_header,
    csv_row,
    place_of,
    without_marks,
)
from connector_agent.runs.outcomes import OutcomeRow
from connector_agent.runs.retry_rows import Original, restored
from connector_sdk import JSON
from hypothesis import given
from hypothesis import strategies as st


def outcome(raw: bytes, seq: int = 1) -> OutcomeRow:
    return OutcomeRow(seq, 0, "refused", "", "", False, None, "", "", 0.0, raw, None, "")


def listed(raw: bytes) -> dict[str, str]:
    """A record as it stands in a CSV file of outcomes, without what became of it."""
    columns = columns_of([outcome(raw)])
    text = csv_header(columns, mark=True) + csv_row(outcome(raw), columns, "run", mark=True)
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    bare = without_marks(dict(row))
    assert isinstance(bare, dict)
    return {name: cell for name, cell in bare.items() if not name.startswith("_")}


def again(before: JSON, cell: Any, kind: str = "any") -> Any:
    """What a cell is taken for that was `before` in the source; the problem where it isn't
    clear."""
    record = {} if before == "absent" else {"a": before}
    original = Original.of(json.dumps({"z": 1, **record}).encode())
    made, problems = restored({"a": cell}, original, {"a": kind})
    if problems:
        left = json.loads(json.dumps(made, default=float)).get("a", "absent")
        assert left == before, "it is left as it was"
        assert "file" in problems[0].message
        return problems[0]
    return made.get("a", "absent")


@pytest.mark.parametrize(
    ("before", "cell", "after"),
    [
        (12.345, "12.345", 12.345),
        (12.345, " 12.345 ", 12.345),
        (0.125, "0.125", 0.125),
        (12, "12", 12),
        (12, "13", 13),
        (12.5, "13", 13),
        (12.345, "12.34", Decimal("12.34")),
        (12.345, "12,34", Decimal("12.34")),
        (2.5, "1.234,56", Decimal("1234.56")),
        (2.5, "1,234.56", Decimal("1234.56")),
        (2.5, "1 234.56", Decimal("1234.56")),
        (2.5, "0.125", Decimal("0.125")),
        (12, "-12", -12),
        (12, "1200", 1200),
        (100, "1000", 1000),
        (1069, "01069", "01069"),
        (442079460018, "+442079460018", "+442079460018"),
        (12345, "SW1A 1AA", "SW1A 1AA"),
        (12.5, "", ""),
        (True, "true", True),
        (True, "FALSE", False),
        (None, "", None),
        ("absent", "", "absent"),
        ("", "", ""),
        ("", "x", "x"),
        ("", "12.5", "12.5"),
        ("007", "007", "007"),
        ("007", "7a", "7a"),
        ("1.234", "1.235", "1.235"),
        ("100", "1000", "1000"),
        ("020 7946 0018", "02079460018", "02079460018"),
        ("1.234,50", "1234", "1234"),
        ("2079", "+2079", "+2079"),
        # cells that have types, as those of a workbook
        (12.345, Decimal("12.345"), 12.345),
        (12.345, Decimal("99.5"), Decimal("99.5")),
        ("42", 42, "42"),
        ("abc", 5, 5),
        ("TRUE", True, "TRUE"),
        (True, True, True),
        (1, True, True),
        (None, None, None),
    ],
)
def test_what_is_clear(before: JSON, cell: Any, after: Any) -> None:
    found = again(before, cell)
    if isinstance(after, float):
        after = Decimal(str(after))
    assert (found, type(found)) == (after, type(after))


@pytest.mark.parametrize(
    ("before", "cell"),
    [
        (12.345, "12345"),
        (12.345, "12,345"),
        (12.345, "123.45"),
        (0.5, "5"),
        (12345, "12.345"),
        (2.5, "1.500"),
        (2.5, "1,500"),
        (12.5, "12. Mai"),
        (12.5, "a lot"),
        (12345678901234, "1.23E+13"),
        (True, "WAHR"),
        (True, "1"),
        ("00042", "42"),
        ("+442079460018", "442079460018"),
        ("442079460018", "4.42E+11"),
        ("1,234", "1234"),
        ("1,50", "150"),
        ("", "1.500"),
        ("absent", "1.500"),
        ("00042", 42),
        (12.345, 12345),
        ("1.234", 1234),
    ],
)
def test_what_is_not(before: JSON, cell: Any) -> None:
    problem = again(before, cell)
    assert problem.code == "cell_unclear"
    assert problem.path == "a"
    assert problem.remedy.endswith(".")


@pytest.mark.parametrize(
    ("kind", "cell", "after"),
    [
        ("string", "1.500", "1.500"),
        ("number", "12.5", Decimal("12.5")),
        ("integer", "12", 12),
        ("boolean", "true", True),
        ("any", "12", "12"),
    ],
)
def test_a_blank_cell_is_filled_as_its_source_has_it(kind: str, cell: str, after: Any) -> None:
    for before in ("", None, "absent"):
        assert again(before, cell, kind) == after


def test_the_remedy_gives_the_right_number() -> None:
    problem = again(2.5, "1.500")
    assert problem.remedy == "Write 1500, or 1.5000."
    assert (again(2.5, "1500"), again(2.5, "1.5000")) == (1500, Decimal("1.5"))


def test_without_the_record_nothing_is_known() -> None:
    made, problems = restored({"a": "12.5", "b": "", "c": "1.500"}, None, {})
    assert made == {"a": "12.5", "b": "", "c": "1.500"}
    assert [problem.path for problem in problems] == ["c"]


def test_cells_of_a_row_that_did_not_fit() -> None:
    original = Original.of(b'{"cells":[12.345,"x","7",7,"12.5"]}')
    made, problems = restored({"a": "12.345", "b": "x", "c": "7", "d": ""}, original, {})
    assert (made, problems) == ({"a": Decimal("12.345"), "b": "x", "c": "7", "d": ""}, [])


@pytest.mark.parametrize("text", [None, "", "7", "run/", "/7", "run/x", "run/٣", 7])
def test_no_place(text: object) -> None:
    assert place_of(text) is None


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["12.345", "1.234,56", "007", "true", "", " ", "1e5"])
)
NAMES = st.text(st.characters(categories=["L"]), min_size=1, max_size=3)


@given(st.dictionaries(NAMES, SCALARS, min_size=1))
def test_a_record_that_was_not_touched_is_the_same(record: dict[str, JSON]) -> None:
    raw = json.dumps(record).encode()
    if list(record) in (["cells"], ["text"]):
        return
    made, problems = restored(listed(raw), Original.of(raw), {})
    assert not problems
    assert [
        (name, repr(json.loads(json.dumps(value, default=float)))) for name, value in made.items()
    ] == [(name, repr(value)) for name, value in record.items()]


@given(
    before=st.decimals(-(10**9), 10**9, allow_nan=False, places=3),
    after=st.decimals(-(10**9), 10**9, allow_nan=False, places=3),
    comma=st.booleans(),
    grouped=st.booleans(),
)
def test_a_changed_number_is_what_was_written_or_refused(
    before: Decimal, after: Decimal, comma: bool, grouped: bool
) -> None:
    written = f"{after.normalize():,f}" if grouped else f"{after.normalize():f}"
    if comma:
        written = written.translate(str.maketrans(",.", ".,"))
    found = again(float(before), written)
    if isinstance(found, int | float | Decimal):
        assert Decimal(str(found)) == after
