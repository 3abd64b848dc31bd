"""CSV that a spreadsheet opens runs nothing, and comes back as it was."""

import csv
import json
from pathlib import Path

import pytest

from tests.connector_agent.cli.conftest import Call

HOSTILE = '=HYPERLINK("http://evil.example")'
ROWS = [
    ["1x", HOSTILE, "-5"],
    ["2x", "'=mine", "'+5"],
    ["3x", "@a", "+49 170 1"],
    ["4x", "'tis", "\t=1"],
]


@pytest.fixture
def hostile(project: Path) -> Path:
    """A project in which every record is refused, and that lists them in a result file."""
    with (project / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "=name", "amount"], *ROWS])
    (project / "operations" / "copy.yaml").write_text(
        "source: disk/rows\n"
        "target: disk/lines\n"
        "mapping:\n"
        "  - to: id\n    from: id\n    steps: [to_integer]\n"
        '  - to: name\n    from: "\\"=name\\""\n'
        "  - to: amount\n    from: amount\n"
        "results:\n  problems: out/problems.csv\n"
    )
    return project


def _read(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def _save(project: Path, text: str) -> Path:
    path = project / "mended.csv"
    for number in range(1, 5):
        text = text.replace(f"{number}x,", f"{number},")
    path.write_bytes(text.encode())
    return path


def _written(project: Path) -> list[list[str]]:
    lines = (project / "out" / "lines.jsonl").read_text().splitlines()
    return [[str(value) for value in json.loads(line).values()] for line in lines]


def test_results_and_outcomes_are_marked(call: Call, hostile: Path) -> None:
    call("run", "copy")
    (hostile / "said.csv").write_bytes(call("outcomes", "last", "-f", "csv").out.encode())
    for path in (hostile / "said.csv", hostile / "out" / "problems.csv"):
        head, *rows = _read(path)
        assert [*head[:3], head[-1]] == ["id", "'=name", "amount", "_marked"]
        assert [row[1:3] for row in rows] == [
            [f"'{HOSTILE}", "-5"],
            ["''=mine", "''+5"],
            ["'@a", "+49 170 1"],
            ["'tis", "'\t=1"],
        ]
        assert rows[1][-1] == "'=name, amount"


@pytest.mark.parametrize("marks", [True, False])
def test_a_mended_file_changes_no_value(call: Call, hostile: Path, marks: bool) -> None:
    call("run", "copy")
    option = [] if marks else ["--no-mark-formulas"]
    said = call("outcomes", "last", "-f", "csv", *option)
    _save(hostile, said.out)
    again = call("retry", "last", "--from", "mended.csv", "--json")
    assert again.lines[-1]["written"] == 4
    assert _written(hostile) == [[row[0][0], *row[1:]] for row in ROWS]


def test_results_without_marks(call: Call, hostile: Path) -> None:
    operation = hostile / "operations" / "copy.yaml"
    operation.write_text(operation.read_text() + "  mark_formulas: false\n")
    call("run", "copy")
    head, *rows = _read(hostile / "out" / "problems.csv")
    assert "_marked" not in head
    assert [row[1:3] for row in rows] == [row[1:] for row in ROWS]


def test_a_file_that_does_not_say_whether_it_is_marked(call: Call, hostile: Path) -> None:
    call("run", "copy")
    (hostile / "own.csv").write_text("id,=name,amount\n1,'=mine,5\n2,Ada,5\n")
    again = call("retry", "last", "--from", "own.csv", "--json")
    assert (again.lines[-1]["written"], again.lines[-1]["refused"]) == (1, 1)
    (told,) = call("outcomes", "last", "--only", "problems", "--json").lines
    assert told["problem"]["code"] == "mark_unclear"
    # The remedy, followed to the letter.
    for column, name in (("_marked", "=mine"), ("_outcome", "'=mine")):
        (hostile / "own.csv").write_text(f"id,=name,amount,{column}\n1,'=mine,5,\n")
        call("retry", "last", "--from", "own.csv")
        assert _written(hostile) == [["1", name, "5"]]
        (hostile / "own.csv").write_text("id,=name,amount\nx,'=mine,5\n")
        call("retry", "last", "--from", "own.csv")


def test_json_lines_are_exact(call: Call, hostile: Path) -> None:
    call("run", "copy")
    text = call("outcomes", "last", "--json").out
    for number in range(1, 5):
        text = text.replace(f'"{number}x"', f'"{number}"')
    (hostile / "mended.jsonl").write_text(text)
    call("retry", "last", "--from", "mended.jsonl")
    assert _written(hostile) == [[row[0][0], *row[1:]] for row in ROWS]


def test_an_export_is_marked_where_it_says_so(call: Call, hostile: Path) -> None:
    endpoint = hostile / "endpoints" / "disk.yaml"
    plain = endpoint.read_text().replace("lines.jsonl", "lines.csv")
    operation = hostile / "operations" / "copy.yaml"
    operation.write_text("source: disk/rows\ntarget: disk/lines\n")
    for text, name in ((plain, "=name"), (plain + "    mark_formulas: true\n", "'=name")):
        endpoint.write_text(text)
        call("run", "copy")
        head, first, *_ = _read(hostile / "out" / "lines.csv")
        assert head[1] == name
        assert first[1:] == [name[:-5] + HOSTILE, "-5"]


def test_a_setting_that_is_no_truth_value(call: Call, hostile: Path) -> None:
    operation = hostile / "operations" / "copy.yaml"
    operation.write_text(operation.read_text() + '  mark_formulas: "no"\n')
    assert "has to be true or false" in call("check").out
