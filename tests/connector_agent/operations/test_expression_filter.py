"""`where` as an expression."""

from collections.abc import Iterator

import pytest
from connector_agent.operations.expression_filter import ExpressionFilter
from connector_agent.operations.filtered import FilteredSource
from connector_agent.project.operation import OperationDocument, read_operation
from connector_agent.project.reader import parse
from connector_agent.project.variables import Variables
from connector_sdk import Record

from .conftest import IMPORT, Check
from .rows import Row, RowSource, pages


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
