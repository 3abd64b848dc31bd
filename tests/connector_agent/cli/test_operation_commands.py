"""connector rename, with what it refuses."""

import errno
import os
from pathlib import Path

import pytest
from connector_agent.project import STATE
from connector_agent.runs.lock import OperationLock

from tests.connector_agent.cli.conftest import Call


def test_file_runs_and_log_go_by_the_new_name(call: Call, project: Path) -> None:
    text = (project / "operations" / "copy.yaml").read_text()
    assert call("run", "copy").status == 0
    said = call("rename", "copy", "copy rows")
    assert (said.status, said.err) == (0, "")
    assert said.out == (
        "'copy' is 'copy rows' now, with 1 run and 0 written records.\n"
        "  operations/copy rows.yaml\n"
    )
    assert [each.name for each in (project / "operations").iterdir()] == ["copy rows.yaml"]
    assert (project / "operations" / "copy rows.yaml").read_text() == text
    assert call("runs", "--json").lines[0]["operation"] == "copy rows"
    assert call("outcomes", "last").status == call("log", "last").status == 0
    assert call("run", "copy rows").status == 0
    assert call("check").status == 0


def test_for_machines(call: Call, project: Path) -> None:
    assert call("rename", "copy", "rows", "--json").lines == [
        {
            "from": "copy",
            "to": "rows",
            "file": "operations/rows.yaml",
            "changed": [],
            "runs": 0,
            "written": 0,
        }
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("copy", "a/b", "it contains '/'"),
        ("copy", ".hidden", "it starts with '.'"),
        ("copy", "copy", "it has that name"),
        ("copy", "Other", "operations/other.yaml exists already"),
        ("cpy", "rows", "Did you mean 'copy'?"),
        ("gone", "other", "in the project or in its ledger"),
    ],
)
def test_what_can_not_be(call: Call, project: Path, old: str, new: str, told: str) -> None:
    (project / "operations" / "other.yaml").write_text("source: disk/rows\ntarget: disk/lines\n")
    before = sorted(each.name for each in (project / "operations").iterdir())
    said = call("rename", old, new)
    assert said.status == 1
    assert told in said.err
    assert sorted(each.name for each in (project / "operations").iterdir()) == before


def test_only_the_case(call: Call, project: Path) -> None:
    assert call("run", "copy").status == 0
    assert call("rename", "copy", "Copy").status == 0
    assert call("runs", "--json").lines[0]["operation"] == "Copy"


def test_not_while_it_runs(call: Call, project: Path) -> None:
    with OperationLock(project / STATE / "locks", "copy"):
        said = call("rename", "copy", "rows")
    assert (said.status, "is being run by another process" in said.err) == (1, True)
    assert (project / "operations" / "copy.yaml").exists()


def test_cut_off_before_the_ledger(
    call: Call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("run", "copy").status == 0
    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr("connector_agent.runs.renaming._move", _die)
        call("rename", "copy", "rows")
    assert (project / "operations" / "rows.yaml").exists()
    assert call("runs", "--json").lines[0]["operation"] == "copy"
    assert "1 run and" in call("rename", "copy", "rows").out
    assert call("runs", "--json").lines[0]["operation"] == "rows"


def test_a_folder_that_can_not_be_written(
    call: Call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("run", "copy").status == 0
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", _read_only)  # permissions don't stop root
        said = call("rename", "copy", "rows")
    assert said.status == 1
    assert "can't be changed: Read-only file system" in said.err
    assert [each.name for each in (project / "operations").iterdir()] == ["copy.yaml"]
    assert call("runs", "--json").lines[0]["operation"] == "copy"


def _read_only(path: Path, target: Path) -> Path:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))


def _die(*arguments: object) -> None:
    raise MemoryError
