"""Commands that connectors bring."""

import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer
from connector_agent.cli import commands
from connector_sdk import COMMANDS, Problem, SettingError, Workspace

from tests.connector_agent.cli.conftest import Call

STRIPE = Path(__file__).resolve().parents[3] / "packages" / "stripe-connector" / "pyproject.toml"


def lone(ctx: typer.Context) -> None:
    """Says what the workspace holds."""
    workspace: Workspace = ctx.obj
    for name, activity in workspace.activities("files", None, "").items():
        typer.echo(f"{name}: {activity.type}")


def failing() -> None:
    """Fails."""
    raise SettingError(Problem("wrong", "It is wrong.", "Mend it."))


group = typer.Typer(help="A group.")
group.command("inner")(failing)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    here = "tests.connector_agent.cli.test_own_commands"
    found = {
        name: EntryPoint(name, value, COMMANDS)
        for name, value in {
            "lone": f"{here}:lone",
            "pack": f"{here}:group",
            "broken": "no.such.module:x",
            "run": f"{here}:failing",
        }.items()
    }
    monkeypatch.setattr(commands, "entry_points", lambda: found)
    return iter(())


def test_a_function(call: Call) -> None:
    assert call("lone").out == "disk/rows: read\ndisk/lines: write\n"


def test_a_group_and_its_errors(call: Call) -> None:
    said = call("pack", "inner")
    assert said.status == 1
    assert "error: It is wrong." in said.err
    assert "next: Mend it." in said.err


def test_a_broken_one_leaves_the_others_alone(call: Call) -> None:
    said = call("broken")
    assert (said.status, "No module named 'no'" in said.err) == (1, True)
    listed = call("--help").out
    assert "│ broken " in listed
    assert "│ lone " in listed


def test_the_agents_own_names_stay(call: Call) -> None:
    assert "Run an operation" in call("run", "--help").out


def test_outside_of_a_project(call: Call, project: Path) -> None:
    (project / "project.yaml").unlink()
    assert call("lone").out == ""


def test_faults_of_the_project_are_told(call: Call, project: Path) -> None:
    (project / "endpoints" / "broken.yaml").write_text("connector: files\nactivites: {}\n")
    said = call("lone")
    assert (said.status, "activities" in said.err) == (1, True)


def test_what_stripe_brings() -> None:
    with STRIPE.open("rb") as file:
        stated = tomllib.load(file)["project"]["entry-points"][COMMANDS]
    for name, value in stated.items():
        assert isinstance(EntryPoint(name, value, COMMANDS).load(), typer.Typer)
