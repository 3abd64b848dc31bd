"""connector check and environments on the command line."""

import json
from pathlib import Path

import pytest
from connector_agent.runs.executions import PositionedExecution

from tests.connector_agent.cli.conftest import Call


def test_a_sound_project(call: Call, project: Path) -> None:
    said = call("check")
    assert (said.status, said.out) == (0, "")
    assert said.err == "1 endpoint and 1 operation checked: no fault.\n"
    assert not (project / ".connector").exists()
    assert not (project / "out").exists()


def test_every_fault_is_a_line(call: Call, project: Path) -> None:
    (project / "operations" / "copy.yaml").write_text(
        "source: disk/rows\ntarget: disk/lines\nmapping:\n  - to: id\n    from: idd\n"
    )
    (project / "operations" / "a:b.yaml").write_text("source: x\n")
    (project / "operations" / "tab.yaml").write_text("source: x\n\ttarget: y\n")
    said = call("check")
    assert said.status == 1
    assert said.out.splitlines() == [
        "operations/a:b.yaml:1:1: An operation can't be called 'a:b': it contains ':'. "
        "Rename the file operations/a:b.yaml.",
        "operations/copy.yaml:4:5: The source has no field 'idd'. Did you mean 'id'? "
        "There are: id, name.",
        "operations/tab.yaml:2:1: A tab stands where YAML wants spaces. "
        "Indent with spaces, two for each level.",
    ]
    assert "3 faults." in said.err


def test_for_machines(call: Call, project: Path) -> None:
    (project / "endpoints" / "disk.yaml").write_text(
        "connector: files\nconnection:\n  folder: ${env:NO_SUCH_FOLDER}\nactivities:\n"
        "  rows:\n    type: read\n    path: rows.csv\n"
        "  lines:\n    type: write\n    path: out/lines.jsonl\n    colums: [a]\n"
    )
    said = call("check", "--json")
    assert said.status == 1
    warning, fault, end = said.lines
    assert (warning["event"], warning["line"], warning["column"]) == ("warning", 3, 11)
    assert (fault["event"], fault["file"], fault["line"]) == ("fault", "endpoints/disk.yaml", 11)
    assert end == {
        "event": "end",
        "faults": 1,
        "warnings": 1,
        "endpoints": ["disk"],
        "operations": ["copy"],
    }


def test_only_some_operations(call: Call, project: Path) -> None:
    (project / "operations" / "other.yaml").write_text("source: disk/x\ntarget: disk/lines\n")
    assert call("check", "copy").status == 0
    assert call("check", "copy", "other").status == 1
    said = call("check", "cpy")
    assert said.status == 1
    assert "Did you mean 'copy'" in said.err


def test_a_run_in_an_environment(
    call: Call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "project.yaml").write_text("name: x\nvariables:\n  rows: rows\n")
    (project / "environments").mkdir()
    (project / "environments" / "small.yaml").write_text("variables:\n  rows: few\n")
    (project / "few.csv").write_text("id,name\n9,Joan\n")
    text = (project / "endpoints" / "disk.yaml").read_text()
    (project / "endpoints" / "disk.yaml").write_text(
        text.replace("path: rows.csv", "path: ${var:rows}.csv")
    )
    said = call("run", "copy", "--env", "small")
    assert "1 written" in said.out
    assert "environment small" in said.err
    assert "environment small" in call("log", "last").out
    assert "3 written" in call("run", "copy").out
    monkeypatch.setenv("CONNECTOR_ENV", "small")
    assert call("run", "copy", "--json").lines[0]["environment"] == "small"
    assert call("test", "disk", "--env", "").status == 0
    said = call("check", "--env", "smal")
    assert (said.status, "Did you mean 'small'" in said.err) == (1, True)


def test_a_run_goes_on_in_its_own_environment(
    call: Call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "project.yaml").write_text("name: x\nvariables:\n  out: lines\n")
    (project / "environments").mkdir()
    (project / "environments" / "other.yaml").write_text("variables:\n  out: others\n")
    text = (project / "endpoints" / "disk.yaml").read_text()
    (project / "endpoints" / "disk.yaml").write_text(
        text.replace("lines.jsonl", "${var:out}.jsonl")
    )
    (project / "operations" / "copy.yaml").write_text(
        "source: disk/rows\nwhere: {from: name, not_equals: no}\n"
        "group: {by: id, as: rows}\ntarget: disk/lines\n"
    )
    rows = "".join(f"{n // 3},{'no' if n % 5 == 1 else 'yes'}\n" for n in range(9000))
    (project / "rows.csv").write_text("id,name\n" + rows)
    stop_after(monkeypatch, 2)
    assert call("run", "copy", "--env", "other").status == 130
    said = call("run", "copy")
    assert said.status == 1
    assert "begun in the environment 'other'" in said.err
    said = call("resume", "last")
    assert said.status == 0
    assert "3,000 read: 3,000 written" in said.out
    assert "1,800 passed over by the source" in said.out
    lines = (project / "out" / "others.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert [int(each["id"]) for each in found] == list(range(3000))
    assert sum(len(each["rows"]) for each in found) == 7200
    stop_after(monkeypatch, 2)
    assert call("run", "copy").status == 130
    assert "without an environment" in call("run", "copy", "--env", "other").err


def stop_after(monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    """Interrupts the next run after so many batches were written."""
    write = PositionedExecution._write
    left = [batches]

    async def stop(self: PositionedExecution, batch: object) -> bool:
        done = await write(self, batch)  # type: ignore[arg-type]
        left[0] -= 1
        if left[0] == 0:
            self.stop()
        return done

    monkeypatch.setattr(PositionedExecution, "_write", stop)
