"""Only records that pass are taken."""

from collections.abc import Iterator
from typing import Any

import pytest
from connector_agent.operations.filter import (
    Conditions,
    ExpressionFilter,
    FilteredSource,
    read_tests,
)
from connector_agent.project.operation import OperationDocument, read_operation
from connector_agent.project.reader import parse
from connector_agent.project.variables import Variables
from connector_sdk import Record

from .conftest import IMPORT, Check
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


def document() -> OperationDocument:
    text = "source: a/b\ntarget: c/d\nwhere: x\n"
    found, _ = read_operation("x", parse(text, "operations/x.yaml"), Variables({}))
    assert found is not None
    return found


@pytest.fixture
def chosen() -> Iterator[ExpressionFilter]:
    made = ExpressionFilter(document(), "status != 'closed' and $number(n) > 1")
    yield made
    made.close()
    made.close()


async def test_records_for_which_it_is_true_are_taken(chosen: ExpressionFilter) -> None:
    rows: list[Row] = [
        {"status": "open", "n": "1"},
        {"status": "open", "n": "2"},
        None,
        {"status": "closed", "n": "3"},
        {"n": "3"},
        {"status": "open", "n": "many"},
    ]
    found = await pages(FilteredSource(RowSource(rows, (4,)), chosen))
    assert [record.seq for page in found for record in page.records] == [2, 3, 6]
    assert [page.filtered for page in found] == [2, 1]
    problem = found[1].records[0].problem
    assert problem is not None
    assert (problem.at, problem.path) == ("rows.csv row 7", "where")
    assert problem.line.startswith("operations/x.yaml:3:")


@pytest.mark.parametrize(
    ("text", "taken", "faulty"),
    [
        ("true", True, False),
        ("false", False, False),
        ("null", False, False),
        ("nothing.there", False, False),
        ("n", True, True),
        ("'yes'", True, True),
    ],
)
def test_what_is_neither_true_nor_false(text: str, taken: bool, faulty: bool) -> None:
    made = ExpressionFilter(document(), text)
    broken = Record(2, b"{broken")
    found = made([Record(1, b'{"n":1}', "row 2"), broken])
    made.close()
    assert len(found) == 1 + taken
    assert found[-1] == broken
    assert (found[0].problem is not None) == faulty


async def test_a_faulty_expression_is_found_with_its_place(check: Check) -> None:
    found = await check({"operations/import.yaml": IMPORT + "where: status = (\n"})
    (fault,) = found.faults
    assert fault.line.startswith("operations/import.yaml:8:")
    assert fault.path == "where"
    right = {"operations/import.yaml": IMPORT + "where: status = 'open'\n"}
    assert (await check(right)).faults == ()
