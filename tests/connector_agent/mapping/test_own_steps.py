"""A project's own steps: what is taken, what is given, and every way in which a file or a
function can be wrong."""

from pathlib import Path
from typing import Any

import pytest
from connector_agent.mapping import ABSENT, STEPS, load_steps, read_lines
from connector_agent.mapping.declaration import StepFaultError, Surroundings
from connector_agent.mapping.value import Value
from connector_sdk import JSON, Problem
from hypothesis import example, given
from hypothesis import strategies as st

from tests.connector_agent.mapping.checked import CheckedMapper

HEAD = """\
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal
from connector_agent.mapping import ABSENT, Absent, StepExample, StepFaultError, step

"""


def declared(
    signature: str, body: str = "return value", example: str = "StepExample('', {})"
) -> str:
    return (
        f'{HEAD}@step(examples=[{example}])\ndef own{signature}:\n    """Does it."""\n    {body}\n'
    )


def own(text: str, value: Value, /, **arguments: JSON) -> Value:
    loaded = load_steps(text)
    assert loaded.problems == ()
    return loaded.steps["own"].build(arguments, Surroundings())(value, {})


def fault(text: str, value: Value, /, **arguments: JSON) -> StepFaultError:
    with pytest.raises(StepFaultError) as caught:
        own(text, value, **arguments)
    return caught.value


@pytest.mark.parametrize(
    ("signature", "body", "value", "result"),
    [
        ("(value: str) -> str", "return value.upper()", "a", "A"),
        ("(value: str) -> str", "return value", 12, "12"),
        ("(value: int) -> int", "return value + 1", "41", 42),
        ("(value: float) -> float", "return value / 2", "3", 1.5),
        ("(value: bool) -> bool", "return not value", "true", False),
        ("(value: Decimal) -> Decimal", "return value * 2", "0.10", "0.20"),
        ("(value: Decimal) -> str", "return str(type(value).__name__)", 1, "Decimal"),
        ("(value: list[str]) -> int", "return len(value)", ["a", "b"], 2),
        ("(value: list) -> list[str]", "return [str(each) for each in value]", [1], ["1"]),
        ("(value: dict[str, Any]) -> Any", "return value['a']", {"a": [1]}, [1]),
        ("(value: Any) -> dict", "return {'v': value}", 1, {"v": 1}),
        ("(value: Literal['a', 'b']) -> str", "return value", "a", "a"),
        ("(value: str) -> str | None", "return None", "a", None),
        ("(value: str) -> str | Absent", "return ABSENT", "a", ABSENT),
        ("(value: 'str') -> 'str'", "return value", "a", "a"),
    ],
)
def test_types(signature: str, body: str, value: JSON, result: Value) -> None:
    found = own(declared(signature, body), value)
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("signature", "body", "value", "code"),
    [
        ("(value: int) -> int", "return value", "x", "not_integer"),
        ("(value: list[str]) -> int", "return 1", "x", "not_list"),
        ("(value: Literal['a']) -> str", "return value", "b", "wrong_choice"),
        ("(value: str) -> str", "return None", "a", "step_gave_other_type"),
        ("(value: str) -> str", "return ABSENT", "a", "step_gave_other_type"),
        ("(value: str) -> int", "return value", "a", "step_gave_other_type"),
        ("(value: str) -> float", "return float('nan')", "a", "step_gave_other_type"),
        ("(value: str) -> Any", "return {1, 2}", "a", "step_gave_other_type"),
        ("(value: str) -> Any", "return object()", "a", "step_gave_other_type"),
        ("(value: str) -> str", "raise ValueError('no such plan')", "a", "step_failed"),
        ("(value: str) -> str", "raise SystemExit(3)", "a", "step_failed"),
        ("(value: str) -> str", "return own(value)", "a", "step_failed"),
        ("(value: str) -> str", "raise StepFaultError('x_y', 'It.', 'Do.')", "a", "x_y"),
    ],
)
def test_problems_of_records(signature: str, body: str, value: JSON, code: str) -> None:
    assert fault(declared(signature, body), value).code == code


def test_a_failure_says_where() -> None:
    text = HEAD + (
        "def inner(value):\n"
        "    return {}[value]\n\n"
        "@step(examples=[StepExample('a', {}, fault='step_failed')])\n"
        "def own(value: str) -> str:\n"
        '    """Does it."""\n'
        "    return inner(value)\n"
    )
    message = fault(text, "a").message
    assert message == "The step 'own' failed in steps.py:7:1: KeyError: 'a'."
    assert list(load_steps(text).example_faults(Path())) == []


def test_arguments() -> None:
    text = declared(
        "(value: str, places: Annotated[int, 'How many.'], sign: Literal['.', ','] = '.', "
        "words: list[str] | None = None) -> str",
        "return f'{value}{sign}{places}{words}'",
    )
    step = load_steps(text).steps["own"]
    assert [(each.name, each.required, each.description) for each in step.arguments] == [
        ("places", True, "How many."),
        ("sign", False, ""),
        ("words", False, ""),
    ]
    assert (step.label, step.help, step.takes, step.gives) == ("Own", "Does it.", "text", "text")
    raw: list[JSON] = [
        {"to": "x", "from": "a", "steps": [{"own": {"places": 2, "words": ["b"]}}]},
        {"to": "y", "from": "a", "steps": [{"own": {"places": "two"}}]},
        {"to": "z", "from": "a", "steps": ["own"]},
        {"to": "w", "from": "a", "steps": [{"own": {"places": 1, "sign": ";"}}]},
    ]
    lines, problems = read_lines(raw, repr, load_steps(text).all)
    assert [each.code for each in problems] == ["not_integer", "missing_field", "wrong_choice"]
    mapper = CheckedMapper(lines)
    assert mapper.blocking
    assert mapper.apply({"a": "v"}) == {"x": "v.2['b']"}
    assert mapper.apply({"a": None}) == {"x": None}
    assert mapper.apply({}) == {}


def test_the_record_stays_as_it_was() -> None:
    text = declared("(value: list) -> int", "value.append(1); return len(value)")
    raw: list[JSON] = [
        {"to": "n", "from": "list", "steps": ["own"]},
        {"to": "list", "from": "list"},
    ]
    lines, _ = read_lines(raw, lambda keys: "", load_steps(text).all)
    assert CheckedMapper(lines).apply({"list": [0]}) == {"n": 2, "list": [0]}


def test_dataclasses_and_other_names_are_no_steps() -> None:
    text = (
        "from __future__ import annotations\n"
        + declared("(value: str) -> str")
        + (
            "\n@dataclass\nclass Plan:\n    name: str\n\ndef helper(value): return value\n"
            "also = own\n"
        )
    )
    assert list(load_steps(text).steps) == ["own"]


def only(text: str) -> Problem:
    (problem,) = load_steps(text).problems
    assert problem.remedy
    assert problem.message.endswith(".")
    return problem


@pytest.mark.parametrize(
    ("text", "code", "line", "message"),
    [
        ("def x(:\n", "bad_steps_file", "steps.py:1:7", "not Python"),
        ("import os\nimport nowhere_at_all\n", "bad_steps_file", "steps.py:2:1", "nowhere_at_all"),
        ("x = 1\n\ny = 1 / 0\n", "bad_steps_file", "steps.py:3:1", "ZeroDivisionError"),
        ("import sys\nsys.exit()\n", "bad_steps_file", "steps.py:2:1", "SystemExit"),
        ("x = '\0'\n", "bad_steps_file", "steps.py:1:1", "can't be used"),
        (declared("(value) -> str"), "bad_own_step", "steps.py:6:1", "type of 'value'"),
        (declared("(value: str)"), "bad_own_step", "steps.py:6:1", "what it gives"),
        (declared("(value: str) -> None"), "bad_own_step", "steps.py:6:1", "'return'"),
        (declared("(value: set) -> str"), "bad_own_step", "steps.py:6:1", "'value'"),
        (declared("(value: str | int) -> str"), "bad_own_step", "steps.py:6:1", "'value'"),
        (declared("(value: 'Nothing') -> str"), "bad_own_step", "steps.py:6:1", "Nothing"),
        (declared("() -> str", "return ''"), "bad_own_step", "steps.py:6:1", "the value"),
        (declared("(*value: str) -> str"), "bad_own_step", "steps.py:6:1", "the value"),
        (declared("(value: str, n) -> str"), "bad_own_step", "steps.py:6:1", "'n'"),
        (declared("(value: str, n: Decimal) -> str"), "bad_own_step", "steps.py:6:1", "'n'"),
        (declared("(value: str) -> str", "yield value"), "bad_own_step", "steps.py:6:1", "plain"),
        (declared("(value: str) -> str", example=""), "bad_own_step", "steps.py:6:1", "examples"),
        (declared("(value: str) -> str", example="1"), "bad_own_step", "steps.py:6:1", "examples"),
        (
            declared("(value: str) -> str").replace("def own", "async def own"),
            "bad_own_step",
            "steps.py:6:1",
            "plain",
        ),
        (
            declared("(value: str) -> str").replace('"""Does it."""', "pass"),
            "bad_own_step",
            "steps.py:6:1",
            "docstring",
        ),
        (
            declared("(value: str) -> str").replace("def own", "def trim"),
            "step_name_taken",
            "steps.py:6:1",
            "'trim'",
        ),
    ],
)
def test_what_is_wrong_with_a_file(text: str, code: str, line: str, message: str) -> None:
    problem = only(text)
    assert (problem.code, problem.line) == (code, line)
    assert message in problem.message


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ("StepExample('a', {}, 'b')", "comes 'a', not 'b'"),
        ("StepExample('a', {}, ABSENT)", "comes 'a', not nothing"),
        ("StepExample('a', {}, fault='x')", "not the problem x"),
        ("StepExample([], {}, 'a')", "comes a problem (not_string)"),
        ("StepExample('a', {'n': 1}, 'a')", "nothing can be made"),
    ],
)
def test_examples_that_do_not_come_out(example: str, message: str) -> None:
    loaded = load_steps(declared("(value: str) -> str", example=example))
    assert loaded.problems == ()
    (problem,) = loaded.example_faults(Path())
    assert (problem.code, problem.line) == ("step_example", "steps.py:6:1")
    assert message in problem.message


def test_a_file_is_loaded_once() -> None:
    text = HEAD + "import sys\nsys.loaded_here = getattr(sys, 'loaded_here', 0) + 1\n"
    import sys

    load_steps(text)
    load_steps(text)
    counted: Any = sys
    assert counted.loaded_here == 1
    del counted.loaded_here


def test_a_project_without_the_file() -> None:
    assert load_steps("").all == STEPS
    assert load_steps("  \n").problems == ()


VALUES: st.SearchStrategy[JSON] = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)
TYPES = ("str", "int", "float", "Decimal", "bool", "list", "list[str]", "dict", "Any")


@given(st.sampled_from(TYPES), st.sampled_from(TYPES), VALUES)
@example("list", "list", [2**70])
def test_any_value_is_taken_and_given_or_a_problem(takes: str, gives: str, value: JSON) -> None:
    step = load_steps(declared(f"(value: {takes}) -> {gives}")).steps["own"]
    try:
        step.build({}, Surroundings())(value, {})
    except StepFaultError as error:
        assert error.message.endswith(".")
        assert error.remedy
