"""Paths: written and read, and what they find."""

import pytest
from connector_agent.mapping import ABSENT, PathError, format_path, parse_path, read_path
from connector_sdk import JSON
from connector_sdk.path import read_each
from hypothesis import example, given
from hypothesis import strategies as st

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text(
    '."[]\\ ab', max_size=6
)
PATHS = st.tuples(NAMES).flatmap(
    lambda first: st.lists(NAMES | st.integers(0, 999_999), max_size=5).map(
        lambda rest: (*first, *rest)
    )
)


@given(PATHS)
@example(("",))
@example(("a.b", 0, 1, 'say "x"', "back\\slash", "new\nline"))
def test_a_path_reads_back_as_it_was(path: tuple[str | int, ...]) -> None:
    assert parse_path(format_path(path)) == path


@given(st.text('ab."[]\\ 01', max_size=10))
def test_a_text_is_a_path_or_a_path_error(text: str) -> None:
    try:
        path = parse_path(text)
    except PathError as error:
        assert str(error)
    else:
        assert parse_path(format_path(path)) == path
        assert isinstance(path[0], str)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("email", ("email",)),
        ("First Name", ("First Name",)),
        ("address.line1", ("address", "line1")),
        ('"Customer.Name"', ("Customer.Name",)),
        ('metadata."a \\"b\\""', ("metadata", 'a "b"')),
        ("items[0].price", ("items", 0, "price")),
        ("a[1][20]", ("a", 1, 20)),
    ],
)
def test_paths(text: str, path: tuple[str | int, ...]) -> None:
    assert parse_path(text) == path
    assert format_path(path) == text


@pytest.mark.parametrize(
    "text",
    ["", ".", "a.", ".a", "a..b", "[0]", "a[", "a[x]", "a[-1]", "a[01]", "a]", '"a', 'a"b"',
     '"a"b', " a", "a .b", "a[0]b"],
)  # fmt: skip
def test_no_paths(text: str) -> None:
    with pytest.raises(PathError):
        parse_path(text)


def test_what_a_path_finds() -> None:
    record: JSON = {"a": {"b": [1, None]}, "a.b": "", "n": None}
    assert read_path(record, ("a", "b", 0)) == 1
    assert read_path(record, ("a", "b", 1)) is None
    assert read_path(record, ("a.b",)) == ""
    assert read_path(record, ("n",)) is None
    for path in [("x",), ("a", "b", 2), ("a", "b", "c"), ("a", 0), ("n", "x")]:
        assert read_path(record, path) is ABSENT


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", [1, 2]),
        ("a[1].b", 2),
        ("a.c", []),
        ("deep.x.y", [1, 2, 3]),
        ("deep.x[0].y", [1, 3]),
        ("none.x", ABSENT),
        ("x", ABSENT),
        ("plain.x", ABSENT),
        ("a", [{"b": 1}, {"b": 2}, 7]),
    ],
)
def test_through_lists(path: str, value: object) -> None:
    record: JSON = {
        "a": [{"b": 1}, {"b": 2}, 7],
        "deep": [{"x": [{"y": 1}, {"y": 2}]}, {"x": [{"y": 3}]}],
        "none": None,
        "plain": 1,
    }
    assert read_each(record, parse_path(path)) == value


@given(PATHS, st.recursive(st.integers(), lambda e: st.dictionaries(NAMES, e), max_leaves=5))
def test_without_lists_it_is_plain_reading(path: tuple[str | int, ...], record: JSON) -> None:
    assert read_each(record, path) == read_path(record, path)
