"""Lines that look up what another operation wrote."""

import pytest
from connector_agent.mapping import Found, Wanted, read_lines
from connector_sdk import JSON, Problem

from tests.connector_agent.mapping.checked import CheckedMapper


def place(keys: tuple[str | int, ...]) -> str:
    return "op.yaml:" + "/".join(map(str, keys))


def lookup(by: JSON, **more: JSON) -> dict[str, JSON]:
    return {"operation": "import customers", "by": by, **more}


def mapper(*raw: JSON) -> CheckedMapper:
    lines, problems = read_lines(raw, place)
    assert problems == ()
    return CheckedMapper(lines)


def fault(made: CheckedMapper, record: dict[str, JSON], at: str = "") -> Problem:
    """The one Problem of a record."""
    problems: tuple[Problem, ...] = made.apply(record, at, FOUND)
    (problem,) = problems
    return problem


ONE: JSON = {"to": "customer", "lookup": lookup("crm_id")}
FOUND: Found = {
    Wanted("import customers", "C1"): "cus_1",
    Wanted("import customers", '["C1","GB"]'): "cus_2",
    Wanted("import customers", "7"): "cus_7",
}


def test_one_field() -> None:
    made = mapper(ONE)
    assert made.looks_up
    assert made.wanted({"crm_id": " C1 "}) == [Wanted("import customers", "C1")]
    assert made.apply({"crm_id": " C1 "}, "", FOUND) == {"customer": "cus_1"}
    assert made.apply({"crm_id": 7}, "", FOUND) == {"customer": "cus_7"}
    assert made.check() == ()


def test_several_fields() -> None:
    made = mapper({"to": "customer", "lookup": lookup(["id", "land.code"])})
    record: dict[str, JSON] = {"id": "C1", "land": {"code": "GB"}}
    assert made.wanted(record) == [Wanted("import customers", '["C1","GB"]')]
    assert made.apply(record, "", FOUND) == {"customer": "cus_2"}


def test_what_is_not_there_is_refused() -> None:
    made = mapper(ONE)
    problem = fault(made, {"crm_id": "C2"}, "row 1")
    assert (problem.code, problem.path, problem.at) == ("not_written_yet", "customer", "row 1")
    assert "'C2'" in problem.message
    assert 'connector run "import customers"' in problem.remedy
    assert fault(made, {"crm_id": " "}).code == "lookup_blank"
    assert made.wanted({"crm_id": " "}) == []


def test_or_left_out() -> None:
    made = mapper({"to": "customer", "lookup": lookup("crm_id", missing="leave_out")})
    assert made.apply({"crm_id": "C2"}, "", FOUND) == {}
    assert made.apply({}, "", FOUND) == {}
    assert made.apply({"crm_id": "C1"}, "", FOUND) == {"customer": "cus_1"}


def test_steps_come_behind() -> None:
    steps: JSON = [{"default": "cus_0"}, "upper"]
    made = mapper(
        {"to": "customer", "lookup": lookup("crm_id", missing="leave_out"), "steps": steps}
    )
    assert made.apply({"crm_id": "C1"}, "", FOUND) == {"customer": "CUS_1"}
    assert made.apply({}, "", FOUND) == {"customer": "CUS_0"}


def test_in_a_list() -> None:
    line: JSON = {
        "to": "items",
        "each": "lines",
        "where": {"from": "kind", "not_equals": "note"},
        "mapping": [{"to": "who", "lookup": lookup(["crm_id", "record.land"])}],
    }
    made = mapper(line)
    lines: JSON = [{"crm_id": "C1"}, {"crm_id": "C9"}, {"kind": "note"}]
    record: dict[str, JSON] = {"land": "GB", "lines": lines}
    assert made.looks_up
    assert made.wanted(record) == [
        Wanted("import customers", '["C1","GB"]'),
        Wanted("import customers", '["C9","GB"]'),
    ]
    assert fault(made, record).path == "items[1].who"
    assert made.wanted({"lines": "none"}) == []
    assert made.wanted({}) == []


def test_only_where_the_line_counts() -> None:
    when: JSON = {"from": "kind", "equals": "person"}
    made = mapper({"to": "customer", "lookup": lookup("crm_id"), "when": when})
    assert made.wanted({"crm_id": "C1"}) == []
    assert made.apply({"crm_id": "C2"}) == {}


@pytest.mark.parametrize(
    ("given", "code", "keys"),
    [
        ("import customers", "bad_lookup", "0/lookup"),
        ({"operation": "x"}, "bad_lookup", "0/lookup"),
        ({"by": "x"}, "bad_lookup", "0/lookup"),
        ({"operation": " ", "by": "x"}, "bad_lookup", "0/lookup"),
        ({"operation": "x", "by": []}, "bad_lookup", "0/lookup"),
        ({"operation": "x", "by": "a..b"}, "bad_path", "0/lookup/by"),
        ({"operation": "x", "by": ["a", 1]}, "bad_path", "0/lookup/by"),
        ({"operation": "x", "by": "a", "missing": "skip"}, "bad_lookup", "0/lookup/missing"),
        ({"operation": "x", "by": "a", "mising": "refuse"}, "unknown_key", "0/lookup/mising"),
    ],
)
def test_lookups_that_can_not_be_read(given: JSON, code: str, keys: str) -> None:
    lines, problems = read_lines([{"to": "customer", "lookup": given}], place)
    assert lines == ()
    assert [(each.code, each.line) for each in problems] == [(code, f"op.yaml:{keys}")]
