"""Only records that pass are taken."""

from typing import Any

import pytest
from connector_agent.operations.filtered import Conditions, FilteredSource, read_tests
from connector_sdk import Record

from .rows import Row, RowSource, pages

ROWS: list[Row] = [
    {"id": "1", "status": "open", "note": ""},
    {"id": "2", "status": "closed", "note": "x"},
    None,
    {"id": "3", "status": "open", "note": "x"},
    {"id": "4", "status": "paid", "note": "x"},
]


def choose(where: Any) -> Conditions:
    tests, problems = read_tests(where, lambda keys: "")
    assert problems == ()
    return Conditions(tests)


@pytest.mark.parametrize(
    ("where", "taken"),
    [
        ({"from": "status", "equals": "open"}, [1, 3, 4]),
        ({"from": "status", "not_equals": "open"}, [2, 3, 5]),
        ({"from": "status", "in": ["open", "paid"]}, [1, 3, 4, 5]),
        ({"from": "note", "blank": True}, [1, 3]),
        ([{"from": "status", "equals": "open"}, {"from": "note", "blank": False}], [3, 4]),
    ],
)
async def test_records_that_pass(where: Any, taken: list[int]) -> None:
    source = FilteredSource(RowSource(ROWS, (2,)), choose(where))
    found = await pages(source)
    assert [each.seq for page in found for each in page.records] == taken
    assert sum(page.filtered for page in found) == len(ROWS) - len(taken)
    assert await source.total() is None
    rest = await pages(source, found[0].after)
    assert [each.seq for page in rest for each in page.records] == [n for n in taken if n > 2]


def test_what_is_not_json_passes_so_that_it_is_told() -> None:
    broken = [Record(1, b"{oops")]
    assert choose({"from": "a", "equals": 1})(broken) == broken


@pytest.mark.parametrize(
    ("where", "code", "place"),
    [
        ({"from": "a"}, "bad_when", ()),
        ({"from": "a", "like": 1}, "unknown_key", ("like",)),
        ([{"from": "a", "equals": 1}, {"from": "a..b", "equals": 1}], "bad_path", (1, "from")),
        ([{"from": "a", "in": 5}], "bad_when", (0, "in")),
        (["a"], "bad_when", (0,)),
    ],
)
def test_faults_of_tests(where: Any, code: str, place: tuple[str | int, ...]) -> None:
    _, problems = read_tests(where, repr)
    assert (code, repr(place)) in [(each.code, each.line) for each in problems]
    for problem in problems:
        assert "'when'" not in problem.text()
