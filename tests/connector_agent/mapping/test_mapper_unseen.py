"""Fields that are named and that no record has are told once the records were read."""

from collections.abc import Sequence

import pytest
from connector_agent.mapping import read_lines
from connector_agent.mapping.mapper import Unseen
from connector_sdk import JSON

LINES: list[JSON] = [
    {"to": "a", "from": "x.y"},
    {"to": "b", "from": "gone", "when": {"from": "status", "equals": "open"}},
    {"to": "c", "lookup": {"operation": "other", "by": "no"}},
    {
        "to": "d",
        "each": "rows",
        "where": {"from": "kind", "equals": 1},
        "mapping": [
            {"to": "e", "from": "sku", "steps": [{"concat": {"parts": [{"from": "record.cur"}]}}]},
            {"to": "f", "each": "tags", "mapping": [{"to": "g", "from": "value"}]},
        ],
    },
    {"to": "h", "each": "x", "steps": [{"split": ";"}], "mapping": [{"to": "i", "from": "any"}]},
]
WHOLE: dict[str, JSON] = {
    "x": {"y": None},
    "gone": "",
    "status": 1,
    "no": 1,
    "cur": 1,
    "rows": [{"kind": 1}, {"sku": 1, "tags": []}],
}


def unseen_in(records: Sequence[JSON]) -> list[str]:
    lines, problems = read_lines(LINES, lambda keys: f"f.yaml:{len(keys)}:1")
    assert not problems
    unseen = Unseen.of_lines(lines)
    for record in records:
        unseen.note(record)
    found = list(unseen.warnings())
    assert all(each.warning and each.line and each.remedy for each in found)
    return [each.path for each in found]


def test_what_was_there_once_was_seen() -> None:
    assert unseen_in([{}, WHOLE, {}]) == []


@pytest.mark.parametrize(
    ("records", "names"),
    [
        ([], []),
        ([{**WHOLE, "x": {}}], ["x.y"]),
        ([{**WHOLE, "x": 1, "gone": 1}], ["x.y"]),
        ([{**WHOLE, "rows": []}], ["rows[].kind", "rows[].sku", "rows[].tags"]),
        ([{**WHOLE, "rows": "no list"}], ["rows[].kind", "rows[].sku", "rows[].tags"]),
        ([{**WHOLE, "rows": [{"sku": 1}, {"kind": 2}]}], ["rows[].tags"]),
        ([{"rows": []}, {"x": {"y": 1}}, {"gone": 1, "no": 2}, {"status": 3}],
         ["rows[].kind", "rows[].sku", "cur", "rows[].tags"]),
    ],
)  # fmt: skip
def test_what_no_record_has_is_named(records: Sequence[JSON], names: list[str]) -> None:
    assert unseen_in(records) == names
