"""What the page on projects says of bounds is so."""

from connector_agent.operations.grouping import MAX_BYTES, MAX_ROWS

from tests.docs.test_truth import page


def test_bounds() -> None:
    assert f"more than {MAX_ROWS:,} rows or {MAX_BYTES >> 20} MiB" in page("projects.md")
