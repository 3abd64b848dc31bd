"""connector init: what it makes is sound and runs at once."""

import errno
import itertools
import json
import os
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
from connector_agent.connectors import registry
from connector_agent.connectors.registry import Installed
from connector_agent.project.creation import create_project
from connector_agent.runs.run import Progress
from connector_agent.runs.runner import Runner
from connector_sdk import ENTRY_POINTS, SettingError
from stripe_connector.connector import StripeConnector
from stripe_connector.sandbox import Sandbox

from tests.connector_agent.cli.conftest import Call

FIRST = StripeConnector().first_project()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=1) as running:
        yield running


def test_it_makes_a_sound_project(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "my billing: 1"
    said = call("init", str(folder))
    assert said.status == 0
    assert f"cd '{folder}'" in said.out
    assert 'connector run "import customers"' in said.out
    said = call("check", "--project", str(folder))
    assert (said.status, said.out) == (0, "")
    assert "2 endpoints and 2 operations checked: no fault" in said.err
    said = call("check", "--project", str(folder), "--env", "live")
    assert (said.status, said.out.count("warning: ")) == (0, 1)
    assert (folder / ".gitignore").read_text() == ".connector/\nout/\n"
    assert 'name: "my billing: 1"' in (folder / "project.yaml").read_text()


@pytest.mark.parametrize("call_to", ["mkdir", "write_text"])
@pytest.mark.parametrize("made", ["there", "not there", "with parents"])
def test_a_full_disk_leaves_nothing(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call_to: str, made: str
) -> None:
    top = tmp_path / "top"
    folder = top / "a" / "b" if made == "with parents" else top / "a"
    top.mkdir()
    if made == "there":
        folder.mkdir()
    original = getattr(Path, call_to)
    for number in itertools.count(1):
        left = number

        def full_at_last(path: Path, *arguments: object, **settings: object) -> object:
            nonlocal left
            left -= 1
            if left:
                return original(path, *arguments, **settings)
            if call_to == "write_text":
                path.touch()  # the disk is full after the file was made
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(Path, call_to, full_at_last)
            said = call("init", str(folder))
        if said.status == 0:
            break
        assert "No space left on device" in said.err
        assert [*top.rglob("*")] == ([folder] if made == "there" else [])
    assert number > 3
    assert (folder / "project.yaml").is_file()


def test_each_command_of_its_readme_exists(call: Call, tmp_path: Path) -> None:
    create_project(tmp_path / "new", FIRST)
    lines = (tmp_path / "new" / "README.md").read_text().splitlines()
    commands = [line.split()[1] for line in lines if line.startswith("    connector ")]
    assert commands[:2] == ["check", "show"]
    for command in commands:
        assert call(command, "--help").status == 0


async def test_it_runs_at_once(tmp_path: Path, sandbox: Sandbox) -> None:
    folder = tmp_path / "new"
    create_project(folder, FIRST)
    # The sandbox of this test instead of one that would outlive it.
    text = (folder / "project.yaml").read_text()
    text = text.replace("stripe_address: sandbox", f"stripe_address: {sandbox.address}")
    (folder / "project.yaml").write_text(text.replace('key: ""', "key: ${env:KEY}"))
    runner = Runner(folder, {**os.environ, "KEY": "sk_test_1"})
    try:
        for expected in ((20, 20, 0), (20, 0, 20)):
            run = await runner.run("import customers", None, _ignore)
            counts = run.counts
            assert (counts.read, counts.written, counts.skipped) == expected
        run = await runner.run("export customers", None, _ignore)
        assert (run.status, run.counts.written) == ("finished", 20)
    finally:
        runner.close()
    lines = (folder / "out" / "customers.csv").read_text().splitlines()
    assert lines[0] == "id,name,email,crm_id"
    assert len(lines) == 21


def _ignore(progress: Progress) -> None:
    pass


def test_a_folder_that_holds_something_is_refused(call: Call, project: Path) -> None:
    before = sorted(project.rglob("*"))
    said = call("init", ".", "--json")
    assert said.status == 1
    assert said.lines[0]["problems"][0]["code"] == "folder_not_empty"
    assert sorted(project.rglob("*")) == before


def test_an_empty_folder_will_do(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    said = call("init", ".", "--json")
    assert json.loads(said.out)["files"] == sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two connectors that bring a project, one that brings none, and one that is broken."""
    entries = [
        EntryPoint(name, value, ENTRY_POINTS)
        for name, value in {
            "broken": "no_such_module:Connector",
            "database": "connector_database.connector:DatabaseConnector",
            "files": "connector_agent.connectors.files.connector:FilesConnector",
            "memory": "connector_sdk.memory:MemoryConnector",
            "stripe": "stripe_connector.connector:StripeConnector",
        }.items()
    ]
    installed = Installed(EntryPoints(entries), "10.1")
    monkeypatch.setattr(registry, "installed", lambda: installed)


@pytest.mark.usefixtures("several")
def test_where_several_connectors_bring_one_a_person_chooses(call: Call) -> None:
    said = call("init", "new")
    assert said.status == 1
    assert "Several connectors bring a project: memory, stripe." in said.err
    assert "--connector memory" in said.err
    for name, operation in (
        ("files", "convert people"),
        ("memory", "import people"),
        ("stripe", "import customers"),
    ):
        said = call("init", name, "--connector", name)
        assert f'connector run "{operation}"' in said.out
        assert call("check", "--project", name).status == 0


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("database", "The connector 'database' brings no project."),
        ("memori", "Did you mean 'memory'?"),
        ("broken", "no_such_module"),
    ],
)
def test_a_connector_without_a_project(call: Call, name: str, told: str) -> None:
    said = call("init", "new", "--connector", name)
    assert (said.status, Path("new").exists()) == (1, False)
    assert told in said.err


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingError, match="can't be made a project"):
        create_project(tmp_path / "file" / "new", FIRST)
