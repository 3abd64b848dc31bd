"""What the check of a mapping finds by trying the values that will come."""

from pathlib import Path

import pytest
from connector_agent.mapping import Mapper, read_lines
from connector_sdk import JSON, Field, Problem

from tests.connector_agent.mapping.checked import CheckedMapper

AMOUNT = Field("amount", "integer", format="minor-units")
TARGET = Field(
    "",
    "object",
    fields=(
        Field("interval", "string", choices=("day", "month")),
        Field("open", "string", choices=("a", "b"), open=True),
        Field("code", "string", max_length=5),
        Field("count", "integer"),
        AMOUNT,
        Field("scan", "file"),
        Field("lines", "list", items=Field("", "object", fields=(AMOUNT,))),
    ),
)
SOURCE = Field(
    "",
    "object",
    fields=(
        Field("text", "string"),
        Field("number", "integer"),
        Field("any", "any"),
        Field("rows", "list", items=Field("", "object", fields=(Field("text", "string"),))),
    ),
)
COLUMNS: dict[str, JSON] = {"file": "t.csv", "key": "k", "value": "v"}


def check(line: dict[str, JSON], folder: Path | None = None) -> tuple[Problem, ...]:
    lines, problems = read_lines([line], lambda keys: "op.yaml:" + "/".join(map(str, keys)))
    assert problems == ()
    mapper = Mapper(lines, TARGET, {"usd": 2}, source_schema=SOURCE, folder=folder)
    return mapper.check()


def table(folder: Path, *outputs: str) -> Path:
    rows = "".join(f"{number},{each}\n" for number, each in enumerate(outputs))
    (folder / "t.csv").write_text("k,v\n" + rows)
    return folder


def test_choices_that_a_table_can_not_give(tmp_path: Path) -> None:
    line: dict[str, JSON] = {
        "to": "interval",
        "from": "text",
        "steps": [{"lookup_table": {**COLUMNS, "default": "year"}}, "lower"],
    }
    assert check(line, table(tmp_path, "day", "MONTH"))[0].value == "year"
    assert [
        each.value for each in check(line, table(tmp_path, "dya", "dya", "Week", "x", "z"))
    ] == [
        "dya",
        "week",
        "x",
    ], "each once, and the first three of them"
    (problem,) = check({**line, "steps": [{"lookup_table": COLUMNS}]}, table(tmp_path, "dya"))
    assert (problem.code, problem.line) == ("wrong_choice", "op.yaml:0/steps/0")
    assert "Did you mean 'day'?" in problem.text()
    assert check({**line, "steps": [{"lookup_table": COLUMNS}]}, table(tmp_path, "day")) == ()
    assert check({**line, "to": "open"}, table(tmp_path, "else")) == ()


@pytest.mark.parametrize(
    ("line", "code", "keys"),
    [
        ({"to": "interval", "value": "mnth"}, "wrong_choice", "0/to"),
        (
            {"to": "interval", "from": "text", "steps": [{"default": "x"}]},
            "wrong_choice",
            "0/steps/0",
        ),
        ({"to": "code", "value": "123456"}, "too_long", "0/to"),
        ({"to": "code", "value": "1234", "steps": [{"pad": {"width": 6}}]}, "too_long", "0/to"),
        ({"to": "code", "from": "text", "steps": [{"default": "ABCDEF"}]}, "too_long", "0/steps/0"),
        (
            {"to": "count", "from": "text", "steps": [{"default": "none"}]},
            "not_integer",
            "0/steps/0",
        ),
        (
            {"to": "count", "from": "text", "steps": [{"default": "x"}, "to_integer"]},
            "not_a_number",
            "0/steps/0",
        ),
        (
            {"to": "amount", "from": "text", "steps": ["money_to_minor"]},
            "no_currency",
            "0/steps/0",
        ),
    ],
)
def test_values_that_come_whatever_the_record_says(
    line: dict[str, JSON], code: str, keys: str
) -> None:
    assert [(each.code, each.line) for each in check(line)] == [(code, f"op.yaml:{keys}")]


@pytest.mark.parametrize(
    "line",
    [
        {"to": "code", "value": "123456", "steps": [{"truncate": 5}]},
        {"to": "code", "from": "text", "steps": [{"default": "ABCDEF"}, {"truncate": 5}]},
        {"to": "amount", "from": "text", "steps": [{"money_to_minor": {"currency": "usd"}}]},
        {"to": "amount", "from": "text", "steps": ["trim", "to_integer"]},
        {"to": "amount", "from": "number"},
        {"to": "amount", "from": "any"},
        {"to": "amount", "value": 100},
        {"to": "amount", "expression": "number * 100"},
        {"to": "scan", "from": "text", "steps": ["trim", {"file": {"below": "scans"}}]},
        {
            "to": "lines",
            "each": "rows",
            "mapping": [
                {
                    "to": "amount",
                    "from": "text",
                    "steps": [{"money_to_minor": {"currency_from": "record.text"}}],
                }
            ],
        },
    ],
)
def test_what_is_well(line: dict[str, JSON]) -> None:
    assert check(line) == ()


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ({"to": "amount", "from": "text"}, "amount"),
        ({"to": "amount", "from": "text", "steps": ["trim", {"default": "0"}]}, "amount"),
        (
            {"to": "lines", "each": "rows", "mapping": [{"to": "amount", "from": "text"}]},
            "lines[0].amount",
        ),
    ],
)
def test_money_without_a_currency(line: dict[str, JSON], path: str) -> None:
    (problem,) = check(line)
    assert (problem.code, problem.path) == ("money_without_currency", path)
    assert "money_to_minor" in problem.remedy


@pytest.mark.parametrize(
    "line",
    [
        {"to": "scan", "from": "text", "steps": ["trim"]},
        {"to": "scan", "value": "scans/a.pdf"},
        {"to": "scan", "expression": "'scans/' & text"},
    ],
)
def test_a_path_is_no_file_yet(line: dict[str, JSON]) -> None:
    assert [(each.code, each.path) for each in check(line)] == [("file_without_step", "scan")]


def test_what_is_too_long_in_a_record() -> None:
    lines, _ = read_lines([{"to": "code", "from": "text"}], lambda keys: "op.yaml:1:1")
    problems = CheckedMapper(lines, TARGET).apply({"text": "123456"}, "row 2")
    assert isinstance(problems, tuple)
    assert [(each.code, each.at) for each in problems] == [("too_long", "row 2")]
