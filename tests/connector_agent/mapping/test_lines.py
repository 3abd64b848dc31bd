"""Lines of a mapping as they are written, right and wrong."""

from typing import Any

import pytest
from connector_agent.mapping import (
    ABSENT,
    STEPS,
    MappingLine,
    StepCall,
    When,
    read_lines,
)
from connector_sdk import JSON
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.mapping.checked import CheckedMapper


def place(keys: tuple[str | int, ...]) -> str:
    return "op.yaml:" + "/".join(map(str, keys))


def test_a_line_with_everything() -> None:
    raw: list[JSON] = [
        {
            "to": "items[0].price",
            "from": "Unit Price",
            "steps": ["trim", {"default": "0"}, {"money_to_minor": {"currency_from": "cur"}}],
            "when": {"from": "kind", "in": ["a", 1]},
        },
        {"to": "metadata.team", "value": None},
        {"to": "phone", "steps": ["clear"]},
    ]
    lines, problems = read_lines(raw, place)
    assert problems == ()
    assert lines == (
        MappingLine(
            ("items", 0, "price"),
            ("Unit Price",),
            ABSENT,
            (
                StepCall(STEPS["trim"], {}, "op.yaml:0/steps/0"),
                StepCall(STEPS["default"], {"value": "0"}, "op.yaml:0/steps/1"),
                StepCall(STEPS["money_to_minor"], {"currency_from": "cur"}, "op.yaml:0/steps/2"),
            ),
            When(("kind",), "in", ["a", 1], "op.yaml:0/when/from"),
            "op.yaml:0/to",
        ),
        MappingLine(("metadata", "team"), None, None, line="op.yaml:1/to"),
        MappingLine(
            ("phone",),
            steps=(StepCall(STEPS["clear"], {}, "op.yaml:2/steps/0"),),
            line="op.yaml:2/to",
        ),
    )


@pytest.mark.parametrize(
    ("raw", "code", "keys"),
    [
        ("email", "bad_line", "0"),
        ({"from": "a"}, "no_target", "0"),
        ({"to": "a"}, "no_origin", "0"),
        ({"to": "a", "steps": ["trim"]}, "no_origin", "0"),
        ({"to": "a", "from": "b", "value": 1}, "two_origins", "0/value"),
        ({"to": "a", "form": "b", "value": 1}, "unknown_key", "0/form"),
        ({"to": "a", "from": "b", "expression": "x"}, "two_origins", "0/expression"),
        ({"to": "a..b", "from": "b"}, "bad_path", "0/to"),
        ({"to": 5, "from": "b"}, "bad_path", "0/to"),
        ({"to": "a", "from": "b["}, "bad_path", "0/from"),
        ({"to": "a", "from": "b", "steps": "trim"}, "bad_steps", "0/steps"),
        ({"to": "a", "from": "b", "steps": [5]}, "bad_step", "0/steps/0"),
        ({"to": "a", "from": "b", "steps": [{"trim": {}, "lower": {}}]}, "bad_step", "0/steps/0"),
        ({"to": "a", "from": "b", "steps": ["trim", "trmi"]}, "unknown_step", "0/steps/1"),
        ({"to": "a", "from": "b", "steps": ["replace"]}, "missing_field", "0/steps/0/old"),
        (
            {"to": "a", "from": "b", "steps": [{"date_to_unix": {"zon": "UTC"}}]},
            "unknown_field",
            "0/steps/0/date_to_unix/zon",
        ),
        (
            {"to": "a", "from": "b", "steps": [{"money_to_minor": {"round": "up"}}]},
            "wrong_choice",
            "0/steps/0/money_to_minor/round",
        ),
        (
            {"to": "a", "from": "b", "steps": [{"money_to_minor": {"currency_from": "c["}}]},
            "bad_path",
            "0/steps/0/money_to_minor/currency_from",
        ),
        ({"to": "a", "from": "b", "steps": [{"trim": 5}]}, "not_object", "0/steps/0/trim"),
        ({"to": "a", "from": "b", "when": "x"}, "bad_when", "0/when"),
        ({"to": "a", "from": "b", "when": {"from": "c"}}, "bad_when", "0/when"),
        ({"to": "a", "from": "b", "when": {"equals": 1}}, "bad_when", "0/when"),
        ({"to": "a", "from": "b", "when": {"from": "c", "in": 1}}, "bad_when", "0/when/in"),
        ({"to": "a", "from": "b", "when": {"from": "c", "blank": 1}}, "bad_when", "0/when/blank"),
        ({"to": "a", "value": 1, "when": {"from": "c", "equal": 1}}, "unknown_key", "0/when/equal"),
        ({"to": "a", "from": "b", "when": {"from": "", "equals": 1}}, "bad_path", "0/when/from"),
    ],
)  # fmt: skip
def test_faulty_lines(raw: JSON, code: str, keys: str) -> None:
    lines, problems = read_lines([raw, {"to": "x", "from": "y"}], place)
    assert [line.to for line in lines] == [("x",)]
    assert (code, f"op.yaml:{keys}") in [(each.code, each.line) for each in problems]
    for problem in problems:
        assert problem.message.endswith(".")
        assert problem.remedy.endswith((".", "?"))


@pytest.mark.parametrize(
    ("when", "holds", "fails"),
    [
        ({"equals": "a"}, ["a"], ["b", "A", None, ABSENT, ["a"]]),
        ({"equals": 1}, ["1", 1, 1.0], ["01", True, ABSENT]),
        ({"equals": True}, [True, "true"], [1, "1", "yes"]),
        ({"equals": None}, [None], ["", ABSENT, 0]),
        ({"not_equals": "a"}, ["b", None, ABSENT], ["a"]),
        ({"in": ["a", 2]}, ["a", "2"], ["b", ABSENT]),
        ({"blank": True}, ["", "  ", None, ABSENT], ["x", 0, False]),
        ({"blank": False}, ["x", 0, []], ["", None, ABSENT]),
    ],
)
def test_conditions(when: dict[str, JSON], holds: list[object], fails: list[object]) -> None:
    raw: list[JSON] = [{"to": "a", "value": 1, "when": {"from": "f", **when}}]
    (line,), problems = read_lines(raw, place)
    assert problems == ()
    condition = line.when
    assert condition is not None
    for value in [*holds, *fails]:
        record = {} if value is ABSENT else {"f": value}
        wanted = any(value is each for each in holds)
        assert condition.holds(record) is wanted, value  # type: ignore[arg-type]


PARTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4)
    | st.sampled_from(["a", "a.b", "a[0]", *STEPS]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["to", "from", "value", "steps", "when", "equals", "in", *STEPS]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(PARTS, max_size=3))
def test_any_lines_are_read_or_told(raw: list[Any]) -> None:
    lines, problems = read_lines(raw, place)
    assert len(lines) == len(raw) or problems
    for problem in problems:
        assert problem.message
        assert problem.remedy
        assert problem.line.startswith("op.yaml:")
    CheckedMapper(lines).check()
