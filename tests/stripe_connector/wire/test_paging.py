"""Pages, cut into rows."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.wire.paging import head, place, rows_of


@given(
    st.lists(st.dictionaries(st.text(), st.integers() | st.text() | st.none()), max_size=8),
    st.integers(0, 4),
)
def test_rows_are_cut_out_as_they_are(rows: Sequence[dict[str, Any]], indent: int) -> None:
    body = json.dumps({"object": "list", "data": rows, "has_more": True}, indent=indent).encode()
    cut = rows_of(body)
    assert [json.loads(raw) for raw in cut.raw] == list(rows)
    assert cut.more
    assert cut.following == {}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"id":"cus_1","object":"customer","name":"x"}', ("cus_1", "customer")),
        (b'{"created":1,"object":"customer","id":"cus_1"}', ("cus_1", "customer")),
        (b'{"id":"a\\"b","object":"x"}', ('a"b', "x")),
        (b'{"object":"balance"}', ("", "balance")),
        (b'{"id":5}', ("", "")),
        (b"[]", ("", "")),
    ],
)
def test_head(raw: bytes, expected: tuple[str, str]) -> None:
    assert head(raw) == expected
    assert place(raw) == f"{expected[1]} {expected[0]}".strip()
