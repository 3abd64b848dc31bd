"""Expressions are evaluated elsewhere, and whatever they do, the run goes on."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from connector_agent.mapping import ABSENT, read_lines
from connector_agent.mapping import expression as expressions
from connector_agent.mapping.expression import ExpressionFault, Expressions
from connector_sdk import JSON, Field
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.mapping.checked import CheckedMapper

SECONDS = 1.0
"""Long enough for what takes a millisecond, on a busy machine too."""


@pytest.fixture
def make() -> Iterator[object]:
    made: list[Expressions] = []

    def making(*texts: str) -> Expressions:
        made.append(Expressions(texts, SECONDS, 128))
        return made[-1]

    yield making
    for each in made:
        each.close()


def test_the_deadline_is_that_of_one_evaluation(make) -> None:  # type: ignore[no-untyped-def]
    made = make("a", "$error('no')", "$sum(b)")
    made.faults()
    began = time.monotonic()
    while time.monotonic() < began + 2 * SECONDS:
        first, fault, last = made.evaluate([0, 1, 2], {"a": 1, "b": [2, 3]})
        assert (first, last) == (1, 5)
        assert isinstance(fault, ExpressionFault)
        assert fault.code == "expression_fault"


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("first & ' ' & last", "Ada Lovelace"),
        ("lines.sku", ["a", "b"]),
        ("$count(lines)", 2),
        ("nothing.there", ABSENT),
        ("null", None),
        ("lines[sku='a']", {"sku": "a"}),
        ("$contains(first, /^a/i)", True),
        ("{'x': first}", {"x": "Ada"}),
        ("first = 'Ada' ? 'yes' : 'no'", "yes"),
    ],
)
def test_values(make, text: str, value: object) -> None:  # type: ignore[no-untyped-def]
    record: JSON = {"first": "Ada", "last": "Lovelace", "lines": [{"sku": "a"}, {"sku": "b"}]}
    assert make(text).evaluate([0], record) == [value]


@pytest.mark.parametrize(
    ("text", "own", "whole"),
    [
        ("currency", ["currency"], []),
        ("a.b & $.c.d & $$.e", ["a.b", "c.d", "e"], []),
        ("`Customer Name`", ["Customer Name"], []),
        ("rows.amount", ["rows.amount"], []),
        ("rows[amount > least].price", ["rows.price"], []),
        ("rows.(amount * pieces)", ["rows"], []),
        ("rows^(amount).x", ["rows"], []),
        ("rows{sku: $sum(amount)}", ["rows"], []),
        ("$sum(rows.amount) > limit ? big : small", ["rows.amount", "limit", "big", "small"], []),
        ("$map(rows, function($v){ $v.amount & unit })", ["rows", "unit"], []),
        ("($x := a; {'k': $x, 'l': [b, -c]})", ["a", "b", "c"], []),
        ("$.(a & b)", ["a", "b"], []),
        ("$[a > 1].b", ["b", "a"], []),
        ("$lookup($, 'Cur') & $lookup($record, 'no')", ["Cur"], ["no"]),
        ("sku & ' of ' & $record.no", ["sku"], ["no"]),
        ("name ~> $uppercase", ["name"], []),
        ("a.$uppercase(b)", ["a"], []),
        ("a[0].b", ["a.b"], []),
        ("(a)", ["a"], []),
        ("a ~> |rows|{'x': y}|", ["a", "rows", "y"], []),
        ("1 + 2", [], []),
    ],
)
def test_the_fields_that_an_expression_names(  # type: ignore[no-untyped-def]
    make, text: str, own: list[str], whole: list[str]
) -> None:
    made = make(text)
    assert made.faults() == [None]
    (found,) = made.reads()
    assert sorted(map(".".join, found.own)) == sorted(own)
    assert sorted(map(".".join, found.whole)) == sorted(whole)


def test_a_faulty_expression_names_nothing(make) -> None:  # type: ignore[no-untyped-def]
    made = make("a &", "b")
    assert made.reads() == [((), ()), ((("b",),), ())]


@pytest.mark.parametrize(
    "text",
    [
        "$sum([1..9999999])",
        "$pad('x', 900000000)",
        "[1..9999999]",
        "($f := function($n){ $f($n + 1) + 1 }; $f(1))",
        "($f := function($n){ $f($n + 1) }; $f(1))",
        "$match($join([1..2000].('a'), ''), /(a+)+b/)",
    ],
)
def test_what_would_never_end(make, text: str) -> None:  # type: ignore[no-untyped-def]
    made = make(text, "'well'")
    made.faults()
    first, second = made.evaluate([0, 1], {})  # a new process starts in between
    assert second == "well"
    if "match" not in text:
        assert isinstance(first, ExpressionFault)
        assert first.code in ("expression_too_long", "expression_too_big")


def test_where_the_system_sets_no_limit_the_memory_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expressions, "_WATCHED", True)
    made = Expressions(["$sum([1..9999999])", "'well'"], 60, 48)
    send = made._send

    def unlimited(message: dict[str, JSON]) -> None:
        send({**message, "megabytes": 1_000_000} if "megabytes" in message else message)

    monkeypatch.setattr(made, "_send", unlimited)
    first, second = made.evaluate([0, 1], {})
    made.close()
    assert isinstance(first, ExpressionFault)
    assert (first.code, first.message) == ("expression_too_big", "it needs more than 48 MB")
    assert second == "well"


def test_what_a_function_can_not_work_on_is_told_in_our_words(make) -> None:  # type: ignore[no-untyped-def]
    made = make("$sift(a, function($v) { $v != null })")
    assert made.evaluate([0], {"a": {"x": 1, "y": None}}) == [{"x": 1}]
    (fault,) = made.evaluate([0], {"a": None})
    assert fault.code == "expression_fault"
    assert fault.message.endswith("can't work on, such as null")


def test_faults_of_the_text(make) -> None:  # type: ignore[no-untyped-def]
    fault, fine = make("1 +", "1 + 1").faults()
    assert fine is None
    assert (fault.code, fault.at) == ("expression_syntax", 3)
    (answer,) = make("$eval('1 + 1')").evaluate([0], {})
    assert answer.code == "expression_fault"
    (answer,) = make("$uppercase").evaluate([0], {})
    assert "no JSON value" in answer.message


def test_nothing_of_the_environment_is_there() -> None:
    made = Expressions(["1"])
    made.faults()
    assert made._process is not None
    environment = Path(f"/proc/{made._process.pid}/environ").read_bytes()
    made.close()
    assert environment == b""


def test_no_process_stays() -> None:
    made = Expressions(["1"])
    made.evaluate([0], {})
    assert made._process is not None
    number = made._process.pid
    made.close()
    made.close()
    assert not is_alive(number)
    made.evaluate([0], {})
    assert made._process is not None
    number = made._process.pid
    del made
    assert not is_alive(number)


def test_it_ends_when_its_parent_is_killed() -> None:
    code = (
        "import os, signal\n"
        "from connector_agent.mapping.expression import Expressions\n"
        "made = Expressions(['$sum([1..9999999])'], 0.5, 1000)\n"
        "made.faults()\n"
        "made._send({'runs': [[0, 0]], 'elements': [{}]})\n"
        "print(made._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    number = int(done.stdout)
    while is_alive(number):
        time.sleep(0.05)


@pytest.fixture(scope="module")
def shared() -> Iterator[Expressions]:
    made = Expressions(["a & b.c", "$uppercase(a)", "b.c[0] + 1"])
    yield made
    made.close()


NUMBERS = st.integers(-(2**53), 2**53)


@given(value=st.recursive(st.none() | st.booleans() | NUMBERS | st.text(), st.lists))
def test_any_record(shared: Expressions, value: JSON) -> None:
    assert len(shared.evaluate([0, 1, 2], {"a": value, "b": {"c": value}})) == 3


def mapped(*lines: dict[str, JSON], record: dict[str, JSON]) -> object:
    schema = Field(
        name="",
        type="object",
        fields=(
            Field(name="name", type="string"),
            Field(name="tags", type="list", items=Field(name="", type="string")),
            Field(name="count", type="integer"),
        ),
    )
    read, faults = read_lines(list(lines), lambda keys: "x.yaml:" + ":".join(map(str, keys)))
    assert not faults
    mapper = CheckedMapper(read, schema, {})
    try:
        problems = mapper.check()
        return problems or mapper.apply(record, "row 1")
    finally:
        mapper.close()


def test_in_a_mapping() -> None:
    request = mapped(
        {"to": "name", "expression": "first & ' ' & last", "steps": ["upper"]},
        {"to": "tags", "expression": "lines.sku"},
        {"to": "count", "expression": "missing"},
        record={"first": "Ada", "last": "L", "lines": [{"sku": "a"}]},
    )
    assert request == {"name": "ADA L", "tags": ["a"]}, "a list of one stays a list"


def test_a_line_that_does_not_apply_is_not_evaluated() -> None:
    line: dict[str, JSON] = {
        "to": "name",
        "expression": "$error('never')",
        "when": {"from": "status", "equals": "open"},
    }
    assert mapped(line, record={"status": "closed"}) == {}
    problems = mapped(line, record={"status": "open"})
    assert isinstance(problems, tuple)
    assert problems[0].at == "row 1"
    assert problems[0].line.startswith("x.yaml:0")


def test_a_faulty_text_is_found_before_a_run() -> None:
    problems = mapped({"to": "name", "expression": "first &"}, record={})
    assert isinstance(problems, tuple)
    assert problems[0].code == "expression_syntax"
    assert "at character" in problems[0].message


def test_the_worker_is_a_script_of_its_own() -> None:
    code = (
        "import json, runpy, sys\n"
        f"runpy.run_path({str(expressions._WORKER)!r}, run_name='not main')\n"
        "print(json.dumps(sorted(m for m in sys.modules if m.startswith('connector'))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_half_a_character_is_a_fault_and_shifts_no_value(make) -> None:  # type: ignore[no-untyped-def]
    made = make('"\\ud83d"', "a")
    for number in (1, 2):
        fault, value = made.evaluate([0, 1], {"a": number})
        assert (fault.code, value) == ("expression_fault", number)


def test_after_an_interruption_no_record_gets_the_value_of_another(  # type: ignore[no-untyped-def]
    make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = make("a", "b")
    made.faults()
    with monkeypatch.context() as patch:
        patch.setattr(made, "_value", lambda answer: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            made.evaluate([0, 1], {"a": 1, "b": 2})
    assert made.evaluate([0, 1], {"a": 3, "b": 4}) == [3, 4]


def test_a_whole_number_in_a_text_keeps_its_digits(make) -> None:  # type: ignore[no-untyped-def]
    made = make("'id-' & a", "$string(a)", "$string(b)", "b & ''", "$string(c)", "'' & d")
    record = {"a": 9007199254740993, "b": 19.990000000000002, "c": True, "d": 10**17}
    assert made.evaluate(range(6), record) == [
        "id-9007199254740993",
        "9007199254740993",
        "19.99",
        "19.99",
        "true",
        "100000000000000000",
    ]
