"""How the commands are put together: lazily, and with what connectors bring."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from connector_agent.cli.app import app
from connector_agent.cli.commands import OWN
from typer.testing import CliRunner

HEAVY = {"aiohttp", "sqlalchemy", "alembic", "jsonata", "lark", "openpyxl", "pyarrow", "dbos"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("-h",),
        (),
        ("objects",),
        ("schema", "stripe", "create", "customers"),
        ("steps",),
        ("--version",),
    ],
    ids=" ".join,
)
def test_looking_loads_little(arguments: tuple[str, ...], tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "connector_agent.cli", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=bool(arguments),
    )
    loaded = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in said.stderr.splitlines()
    }
    assert said.stdout
    assert not loaded & HEAVY
    assert "rich.markdown" not in said.stderr or "-h" in said.args or not arguments


def test_the_list_of_commands_says_what_each_help_says() -> None:
    group: Any = typer.main.get_command(app)
    for name, own in OWN.items():
        assert group.commands[name].help.partition("\n")[0] == own.summary


def test_every_command_has_help_with_an_example() -> None:
    group: Any = typer.main.get_command(app)
    assert set(OWN) <= set(group.commands)
    every: dict[str, Any] = {}
    for name in group.commands:
        below = getattr(group.commands[name], "commands", None)
        if below is None:
            every[name] = group.commands[name]
        else:
            every |= {f"{name} {each}": below[each] for each in below}
    for name, command in every.items():
        assert f"Example: connector {name}" in command.help or "$(connector" in command.help, name
        for parameter in command.params:
            assert parameter.help or parameter.name == "help", f"{name} {parameter.name}"


def test_connectors_without_objects_have_no_group() -> None:
    said = CliRunner().invoke(app, ["files", "read"])
    assert said.exit_code == 2
    assert "No such command 'files'" in said.stderr


def test_a_wrong_choice_is_told_in_plain_words() -> None:
    said = CliRunner().invoke(app, ["outcomes", "last", "--only", "nonsense"])
    assert said.exit_code == 2
    assert "Invalid value for '--only': 'nonsense' is not one of" in said.stderr


def test_help_lists_what_there_is() -> None:
    said = CliRunner().invoke(app, ["--help"]).stdout
    for name in (*OWN, "stripe"):
        assert f"│ {name} " in said
    said = CliRunner().invoke(app, ["stripe"]).output
    for name in ("search", "list", "read", "create", "update", "delete"):
        assert f"│ {name} " in said


def test_help_shows_the_fields_of_an_object() -> None:
    said = CliRunner().invoke(app, ["stripe", "create", "products", "--help"]).stdout
    assert "connector stripe create [OPTIONS]" in said
    assert "  name*  " in said
    said = CliRunner().invoke(app, ["stripe", "create", "--help"]).stdout
    assert "A request holds" not in said
    result = CliRunner().invoke(app, ["stripe", "create", "prodcts", "--help"])
    assert "Did you mean 'products'" in result.stderr
