"""Moments that fit a schema: RFC 3339 and Unix seconds become each other, or are refused."""

from datetime import UTC, datetime

import pytest
from connector_sdk import JSON, Field, conform
from hypothesis import given
from hypothesis import strategies as st

UNIX = Field("at", "integer", format="unix-time")
TEXT = Field("at", "string", format="date-time")
EITHER = Field("at", "any", any_of=(Field("", "string", choices=("now",), open=True), UNIX))
NOON = 1_795_608_000


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (UNIX, NOON, NOON),
        (UNIX, str(NOON), NOON),
        (UNIX, "2026-11-25T12:00:00Z", NOON),
        (UNIX, "2026-11-25 14:00:00+02:00", NOON),
        (UNIX, "2026-11-25T12:00:00.000Z", NOON),
        (TEXT, "2026-11-25T14:00:00+02:00", "2026-11-25T14:00:00+02:00"),
        (TEXT, "2026-11-25T12:00:00.5Z", "2026-11-25T12:00:00.5Z"),
        (TEXT, NOON, "2026-11-25T12:00:00Z"),
        (TEXT, NOON + 0.5, "2026-11-25T12:00:00.500000Z"),
        (EITHER, "now", "now"),
        (EITHER, "2026-11-25T12:00:00Z", NOON),
        (EITHER, NOON, NOON),
    ],
)
def test_moments(field: Field, value: JSON, expected: JSON) -> None:
    assert conform(field, value) == (expected, ())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (UNIX, "2026-11-25T12:00:00.5Z"),
        (UNIX, "2026-11-25T12:00:00"),
        (UNIX, "2026-11-25"),
        (UNIX, "2026-13-25T12:00:00Z"),
        (TEXT, "2026-11-25"),
        (TEXT, "2026-11-25T12:00:00"),
        (TEXT, "2026-02-30T12:00:00Z"),
        (TEXT, "yesterday"),
        (TEXT, True),
        (TEXT, 10**30),
        (TEXT, str(NOON)),
    ],
)
def test_what_is_no_moment(field: Field, value: JSON) -> None:
    (problem,) = conform(field, value, "at").problems
    assert problem.code == f"not_{field.type}"
    assert field is UNIX or "2026-01-31T12:00:00Z" in problem.message


@given(st.integers(-(10**10), 10**11))
def test_there_and_back(seconds: int) -> None:
    told = conform(TEXT, seconds).value
    assert isinstance(told, str)
    assert datetime.fromisoformat(told) == datetime.fromtimestamp(seconds, UTC)
    assert conform(UNIX, told).value == seconds
    assert conform(TEXT, told) == (told, ())
