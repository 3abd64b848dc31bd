"""Who can read what a run leaves behind, and where it is written."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connector_agent.cli.conftest import Call

RESULTS = "results:\n  problems: out/problems.csv\n"


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def faulty(project: Path) -> Path:
    """A project whose run has problems, and lists them in a result file."""
    (project / "rows.csv").write_text("id,name\n1,Ada\nx,Grace\n")
    operation = project / "operations" / "copy.yaml"
    operation.write_text(operation.read_text() + RESULTS)
    endpoint = project / "endpoints" / "disk.yaml"
    # The export is somewhere else, so that the folder of the results is made for them.
    endpoint.write_text(endpoint.read_text().replace("out/lines.jsonl", "lines.xlsx"))
    return project


def _wide(folder: Path) -> list[str]:
    """What others than the owner may do something with."""
    return [
        str(path.relative_to(folder.parent))
        for path in (folder, *folder.rglob("*"))
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


@pytest.mark.usefixtures("open_umask")
def test_state_and_results_are_the_owners_alone(call: Call, faulty: Path) -> None:
    assert call("run", "copy").status == 3
    assert (faulty / ".connector" / "ledger.db").stat().st_size
    assert (faulty / "out" / "problems.csv").read_text().startswith("id,name")
    assert _wide(faulty / ".connector") + _wide(faulty / "out") == []


@pytest.mark.usefixtures("open_umask")
def test_an_export_has_the_permissions_that_its_owner_gives(call: Call, faulty: Path) -> None:
    call("run", "copy")
    assert stat.S_IMODE((faulty / "lines.xlsx").stat().st_mode) == 0o666


def test_what_is_there_with_wider_permissions_is_narrowed(call: Call, faulty: Path) -> None:
    call("run", "copy")
    for path in (faulty / ".connector", *(faulty / ".connector").rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    (faulty / "out" / "problems.csv").chmod(0o644)
    call("run", "copy")
    assert stat.S_IMODE((faulty / ".connector").stat().st_mode) == 0o700
    assert stat.S_IMODE((faulty / ".connector" / "ledger.db").stat().st_mode) == 0o600
    assert _wide(faulty / "out" / "problems.csv") == []


@pytest.mark.parametrize("link", ["out", "out/problems.csv"])
def test_results_stay_inside_whatever_links_say(
    call: Call, faulty: Path, tmp_path_factory: pytest.TempPathFactory, link: str
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (faulty / link).parent.mkdir(exist_ok=True)
    target = outside if link == "out" else outside / "victim.txt"
    (faulty / link).symlink_to(target)
    checked = call("check")
    assert "operations/copy.yaml:11:3" in checked.out
    assert "outside of the project" in checked.out
    said = call("run", "copy")
    assert said.status == 1
    assert "outside of the project" in said.err
    assert list(outside.iterdir()) == []
    (faulty / link).unlink()
    assert call("run", "copy").status == 3


def test_a_link_that_stays_inside_is_followed(call: Call, faulty: Path) -> None:
    (faulty / "kept").mkdir()
    (faulty / "out").symlink_to("kept")
    assert call("run", "copy").status == 3
    assert (faulty / "kept" / "problems.csv").exists()


def test_a_link_in_the_way_of_an_export_is_not_followed(call: Call, faulty: Path) -> None:
    victim = faulty / "victim.txt"
    victim.write_text("mine")
    for name in (".lines.xlsx.part", ".lines.xlsx.made"):
        (faulty / name).symlink_to(victim)
        assert call("run", "copy", "--json").status == 1
        assert victim.read_text() == "mine"
        (faulty / name).unlink()
        call("resume", "last")


def test_which_commands_run_the_code_of_a_project(call: Call, project: Path) -> None:
    (project / "steps.py").write_text("from pathlib import Path\nPath('ran').touch()\n")
    ran = project / "ran"
    for command in (["schema", "disk/rows"], ["objects"], ["test"], ["runs"], ["rename", "a", "b"]):
        call(*command)
        assert not ran.exists(), command
    for count, command in enumerate((["show", "copy"], ["steps"], ["check"], ["run", "copy"])):
        text = (project / "steps.py").read_text()
        (project / "steps.py").write_text(f"{text}# {count}\n")  # or it is loaded already
        call(*command)
        assert ran.exists(), command
        ran.unlink()
    for command in (["log", "last"], ["outcomes", "last"], ["forget", "--identity", "x"]):
        call(*command)
        assert not ran.exists(), command
