"""Parts of records by their paths."""

import pytest
from connector_sdk import JSON
from connector_sdk.path import ABSENT, left_out, parse_path, picked, read_path
from hypothesis import given
from hypothesis import strategies as st

RECORD: JSON = {
    "id": "in_1",
    "address": {"city": "Linz", "zip": None},
    "lines": {"data": [{"id": "a", "amount": 1}, {"id": "b", "amount": 2}]},
    "odd.name": 3,
    "tags": ["x", "y", "z"],
}


@pytest.mark.parametrize(
    ("paths", "part"),
    [
        (["id"], {"id": "in_1"}),
        (["address.city"], {"address": {"city": "Linz"}}),
        (["address.zip"], {"address": {"zip": None}}),
        (["address", "address.city"], {"address": {"city": "Linz", "zip": None}}),
        (["lines.data.id"], {"lines": {"data": [{"id": "a"}, {"id": "b"}]}}),
        (["lines.data.id", "lines.data[1].amount"],
         {"lines": {"data": [{"id": "a"}, {"id": "b", "amount": 2}]}}),
        (["lines.data[1].amount"], {"lines": {"data": {"1": {"amount": 2}}}}),
        (["tags[2]"], {"tags": {"2": "z"}}),
        (['"odd.name"'], {"odd.name": 3}),
        (["odd.name", "nothing", "id.below"], {}),
    ],
)  # fmt: skip
def test_only_what_is_picked(paths: list[str], part: JSON) -> None:
    assert picked(RECORD, [parse_path(path) for path in paths]) == part


@pytest.mark.parametrize(
    ("paths", "gone"),
    [
        (["id"], ["id"]),
        (["address.city"], ["address.city"]),
        (["lines.data.amount"], ["lines.data[0].amount", "lines.data[1].amount"]),
        (["lines.data[0].amount"], ["lines.data[0].amount"]),
        (["address", "address.city"], ["address"]),
        (['"odd.name"'], ['"odd.name"']),
    ],
)
def test_all_but_what_is_left_out(paths: list[str], gone: list[str]) -> None:
    left = left_out(RECORD, [parse_path(path) for path in paths])
    for path in gone:
        assert read_path(RECORD, parse_path(path)) is not ABSENT
        assert read_path(left, parse_path(path)) is ABSENT
    kept = {"id", "address.zip", "lines.data[1].id", '"odd.name"', "tags[0]"}
    for path in kept - {*gone, *(["address.zip"] if "address" in gone else ())}:
        assert read_path(left, parse_path(path)) == read_path(RECORD, parse_path(path))


def test_places_after_one_that_is_left_out_move_up() -> None:
    assert left_out({"tags": ["x", "y", "z"]}, [("tags", 1)]) == {"tags": ["x", "z"]}


def test_what_is_not_there_can_be_left_out() -> None:
    for path in ("nothing", "id.below", "address[0]", "tags.below", "tags[7]"):
        assert left_out(RECORD, [parse_path(path)]) == RECORD


VALUES = st.recursive(
    st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
PATHS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abc") | st.integers(0, 2)).map(tuple)
    | st.tuples(st.sampled_from("abc")),
    min_size=1,
    max_size=3,
)


@given(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), PATHS)
def test_what_is_picked_and_left_out(record: dict[str, JSON], paths: list[tuple[str]]) -> None:
    once = picked(record, paths)
    assert picked(once, paths) == once
    left = left_out(record, paths)
    assert picked(left, [path for path in paths if len(path) == 1]) == {}
