"""connector run and connector resume."""

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from connector_agent.runs.executions import PositionedExecution
from connector_agent.runs.lock import OperationLock

from tests.connector_agent.cli.conftest import Call


def test_a_run_writes_the_file_and_says_so(call: Call, project: Path) -> None:
    said = call("run", "copy")
    assert said.status == 0
    assert "3 read: 3 written" in said.out
    assert (project / "out" / "lines.jsonl").read_text().splitlines() == [
        '{"id":1,"name":"Ada"}',
        '{"id":2,"name":"Grace"}',
        '{"id":3,"name":"Edsger"}',
    ]


def test_json_says_the_same(call: Call) -> None:
    said = call("run", "copy", "--limit", "2", "--json")
    assert said.status == 0
    begin, end = said.lines[0], said.lines[-1]
    assert (begin["event"], begin["operation"], begin["resumed"]) == ("begin", "copy", False)
    assert (end["event"], end["status"], end["read"], end["written"]) == ("end", "finished", 2, 2)


def test_problems_make_status_3_and_show_where(call: Call, project: Path) -> None:
    (project / "rows.csv").write_text("id,name\n1,Ada\nx,Grace\n")
    said = call("run", "copy")
    assert said.status == 3
    assert "1 refused" in said.out
    shown = call("outcomes", "last", "--only", "problems", "--json")
    (row,) = shown.lines
    assert row["at"] == "rows.csv row 3"
    assert row["problem"]["path"] == "id"
    assert row["problem"]["line"].startswith("operations/copy.yaml:")
    assert row["record"] == {"id": "x", "name": "Grace"}


def test_a_field_that_no_record_has_is_told(call: Call, project: Path) -> None:
    (project / "rows.jsonl").write_text('{"id": 1, "name": "Ada"}\n{"id": 2}\n')
    endpoint = project / "endpoints" / "disk.yaml"
    endpoint.write_text(endpoint.read_text().replace("rows.csv", "rows.jsonl"))
    (project / "operations" / "copy.yaml").write_text(
        "source: disk/rows\ntarget: disk/lines\nwhere:\n  from: state\n  not_equals: closed\n"
        "mapping:\n  - to: id\n    from: id\n  - to: name\n    from: nmae\n"
    )
    said = call("run", "copy")
    assert said.status == 0
    assert "2 warnings in its log:  connector log" in said.out
    assert call("run", "copy", "--json").lines[-1]["warnings"] == 2
    told = [line for line in call("log", "last", "--json").lines if line["level"] == "warning"]
    assert [each["text"].split(".")[0] for each in told] == [
        "No record of the run has the field 'state'",
        "No record of the run has the field 'nmae'",
    ]
    assert "operations/copy.yaml:9:5" in told[1]["text"]


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda p: (p / "rows.csv").write_text(""), "rows.csv"),
        (lambda p: (p / "rows.csv").unlink(), "rows.csv"),
        (
            lambda p: (p / "operations" / "copy.yaml").write_text(
                "source: disk/rows\ntarget: disk/lines\nmapping:\n  - to: id\n    from: nmae\n"
            ),
            "name",
        ),
        (
            lambda p: (p / "operations" / "copy.yaml").write_text(
                "source: disk/rows\n\ttarget: disk/lines\n"
            ),
            "tab",
        ),
        (
            lambda p: (p / "operations" / "copy.yaml").write_text(
                "source: disk/lines\ntarget: disk/lines\n"
            ),
            "source",
        ),
        (lambda p: (p / "operations" / "Copy.yaml").write_text("source: x"), "case"),
    ],
)
def test_what_is_wrong_before_the_first_record_is_told(
    call: Call, project: Path, break_it: object, told: str
) -> None:
    break_it(project)  # type: ignore[operator]
    said = call("run", "copy")
    assert said.status == 1
    assert "error: " in said.err
    assert "next: " in said.err
    assert told in said.err
    assert call("runs", "--json").out == ""


def test_header_only_is_an_empty_run(call: Call, project: Path) -> None:
    (project / "rows.csv").write_text("id,name\n")
    said = call("run", "copy")
    assert said.status == 0
    assert "0 read" in said.out
    assert (project / "out" / "lines.jsonl").read_bytes() == b""


def test_a_name_that_is_not_there(call: Call) -> None:
    said = call("run", "cpoy")
    assert said.status == 1
    assert "Did you mean 'copy'?" in said.err


def test_usage(call: Call) -> None:
    assert call("run").status == 2
    assert call("run", "copy", "--limit", "0").status == 2
    assert call("outcomes", "last", "--only", "nonsense").status == 2


def test_errors_as_json(call: Call) -> None:
    said = call("run", "cpoy", "--json")
    assert said.lines[0]["problems"][0]["code"] == "unknown_operation"


def test_no_project(tmp_path_factory: pytest.TempPathFactory, call: Call) -> None:
    said = call("run", "copy", "--project", str(tmp_path_factory.mktemp("empty")))
    assert said.status == 1
    assert "project.yaml" in said.err


def test_two_at_once(call: Call, project: Path) -> None:
    with OperationLock(project / ".connector" / "locks", "copy"):
        said = call("run", "copy")
    assert said.status == 1
    assert str(os.getpid()) in said.err


def test_an_interrupted_run_is_continued_by_run_and_by_resume(
    call: Call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "rows.csv").write_text("id,name\n" + "".join(f"{n},N\n" for n in range(3000)))
    write = PositionedExecution._write
    left = [2]

    async def stop_at_the_second(self: PositionedExecution, batch: object) -> bool:
        done = await write(self, batch)  # type: ignore[arg-type]
        left[0] -= 1
        if left[0] == 0:
            self.stop()
        return done

    monkeypatch.setattr(PositionedExecution, "_write", stop_at_the_second)
    for again in (("run", "copy"), ("resume", "last")):
        left[0] = 2
        said = call("run", "copy")
        assert said.status == 130
        assert "connector resume" in said.out
        assert call("runs", "--json").lines[0]["status"] == "interrupted"
        said = call(*again)
        assert said.status == 0
        assert "3,000 read: 3,000 written" in said.out
        assert "unfinished run" in said.err
        assert len((project / "out" / "lines.jsonl").read_text().splitlines()) == 3000


def test_resume_of_a_run_that_ended_by_itself(call: Call, project: Path) -> None:
    (project / "rows.csv").write_text("id,name\n1,Ada\nx,Grace\n")
    assert call("run", "copy").status == 3
    said = call("resume", "last")
    assert said.status == 0
    assert "Already finished; nothing left to do: copy" in said.out
    assert "2 read: 1 written, 1 refused." in said.out
    assert "connector run copy" in said.out
    said = call("resume", "last", "--json")
    assert (said.status, said.lines[0]["status"]) == (0, "finished")
    assert len(call("runs", "--json").lines) == 1


def _interrupt(call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of 3,000 rows that a person ends in its second batch."""
    (project / "rows.csv").write_text("id,name\n" + "".join(f"{n},N\n" for n in range(3000)))
    original = PositionedExecution._write
    calls = 0

    async def stopping(self: PositionedExecution, batch: object) -> bool:
        nonlocal calls
        calls += 1
        if calls == 2:
            self.stop()
        return await original(self, batch)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(PositionedExecution, "_write", stopping)
        assert call("run", "copy").status == 130


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda part: part.unlink(), "is missing"),
        (lambda part: os.truncate(part, 30), "has 30 bytes"),
        (lambda part: part.write_bytes(b"x" * part.stat().st_size), "holds other bytes"),
    ],
)
def test_an_export_whose_part_is_spoilt_is_written_from_its_start(
    call: Call,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path], None],
    told: str,
) -> None:
    _interrupt(call, project, monkeypatch)
    spoil(project / "out" / ".lines.jsonl.part")
    said = call("resume", "last", "--json")
    assert said.status == 0
    end = said.lines[-1]
    assert (end["read"], end["written"]) == (3000, 3000)
    lines = (project / "out" / "lines.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == list(range(3000))
    events = call("log", "last", "--json").lines
    (lost,) = (event for event in events if event["kind"] == "part_lost")
    assert told in lost["text"]
    assert "written from its start" in lost["text"]


def test_an_export_is_abandoned(call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _interrupt(call, project, monkeypatch)
    (project / "endpoints" / "disk.yaml").rename(project / "endpoints" / "other.yaml")
    said = call("abandon", "last", "--because", "the disk is gone", "--json")
    assert said.status == 0
    assert said.lines[0]["status"] == "abandoned"
    assert said.lines[0]["read"] == said.lines[0]["written"] > 0
    (listed,) = call("runs", "--json").lines
    assert (listed["status"], listed["pending"]) == ("abandoned", 0)
    assert listed["problem"]["message"] == "It was abandoned. The reason: the disk is gone"
    again = call("abandon", "last")
    assert (again.status, "was abandoned before" in again.err) == (1, True)
    resumed = call("resume", "last")
    assert (resumed.status, "can't be continued" in resumed.err) == (1, True)
    (project / "endpoints" / "other.yaml").rename(project / "endpoints" / "disk.yaml")
    assert call("run", "copy", "--json").lines[-1]["written"] == 3000


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_a_retry_from_what_can_not_be_read_begins_nothing(
    call: Call, project: Path, make: Callable[[Path], None]
) -> None:
    (project / "rows.csv").write_text("id,name\n1,Ada\nx,Grace\n")
    assert call("run", "copy").status == 3
    make(project / "mended.csv")
    said = call("retry", "last", "--from", "mended.csv")
    assert said.status == 1
    assert "mended.csv" in said.err
    assert len(call("runs", "--json").lines) == 1
    if (project / "mended.csv").is_dir():
        (project / "mended.csv").rmdir()
    (project / "mended.csv").write_text("id,name\n2,Grace\n")
    assert call("retry", "last", "--from", "mended.csv").status == 0


@pytest.mark.parametrize("command", ["run", "runs", "log", "resume", "outcomes", "abandon"])
def test_a_state_folder_that_is_read_only_is_told(
    call: Call, project: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(Path, "mkdir", _read_only)  # permissions don't stop root
    said = call(command, "copy" if command in ("run", "runs") else "last")
    assert said.status == 1
    assert "Read-only file system" in said.err
    assert "mounted read-only" in said.err


def _read_only(path: Path, *arguments: object, **settings: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))


def test_ctrl_c_ends_a_real_process_cleanly(project: Path) -> None:
    (project / "rows.csv").write_text("id,name\n" + "".join(f"{n},N\n" for n in range(60_000)))
    process = subprocess.Popen(
        [sys.executable, "-m", "connector_agent.cli", "run", "copy", "--json"],
        cwd=project,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event"] == "begin"
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    end = json.loads(rest.splitlines()[-1])
    assert process.returncode == 130
    assert end["status"] == "interrupted"
    assert end["read"] < 60_000
    assert not (project / "out" / "lines.jsonl").exists()
    done = subprocess.run(
        [sys.executable, "-m", "connector_agent.cli", "resume", "last", "--json"],
        cwd=project,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1])["written"] == 60_000
    lines = (project / "out" / "lines.jsonl").read_text().splitlines()
    assert len(lines) == 60_000
