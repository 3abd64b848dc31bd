"""What the page on searches says of bounds is so."""

from stripe_connector.activities.reading.driven import REMEMBERED
from stripe_connector.query.narrowing import MOST

from tests.docs.test_truth import page


def test_bounds() -> None:
    assert f"{REMEMBERED:,} results" in page("search.md")
    assert f"Beyond {MOST:,} of them" in page("search.md")
