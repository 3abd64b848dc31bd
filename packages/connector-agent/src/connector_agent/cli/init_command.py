"""connector init: a new project that runs at once."""

import shlex
from pathlib import Path
from typing import Annotated

import typer
from connector_sdk import ConnectorError, FirstProject, Problem, SettingError

from connector_agent.cli import completion
from connector_agent.cli.output import fail, out, print_json
from connector_agent.cli.project_option import JsonOption
from connector_agent.connectors import registry
from connector_agent.project.creation import create_project

_ALWAYS = "files"
"""The connector that comes with the agent: its project is for where no other brings one."""


def init_command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new folder, or one that is empty.")
    ],
    connector: Annotated[
        str,
        typer.Option(
            "--connector",
            metavar="NAME",
            help="The connector that it shows at work. Needed where several bring a project.",
            autocompletion=completion.connectors,
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a small project that runs at once.

    It is one that a connector brings, and needs no account.

    Example: connector init first
    """
    try:
        first = _first_project(connector)
        written = create_project(folder, first)
    except ConnectorError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json({"folder": str(folder.absolute()), "files": written})
        return
    out.print(f"Made a project of {len(written)} files in {folder}. Next:")
    if folder.absolute() != Path.cwd():
        out.print(f"  cd {shlex.quote(str(folder))}")
    out.print("  connector check")
    out.print(f'  connector run "{first.operation}"', markup=False)
    out.print("README.md there tells what comes after that.")


def _first_project(name: str) -> FirstProject:
    """That of the connector, or of the only one that brings a project. Raises SettingError."""
    every = registry.installed()
    found: dict[str, FirstProject] = {}
    for each in [name] if name else every:
        try:
            first = every.connector(each).first_project()
        except SettingError:
            if name:
                raise
            continue  # a broken connector leaves the others alone
        if first is not None:
            found[each] = first
    names = [each for each in found if each != _ALWAYS] or list(found)
    if len(names) == 1:
        return found[names[0]]
    if name:
        message = f"The connector {name!r} brings no project."
        remedy = "Leave --connector out, or name another one."
    else:
        message = f"Several connectors bring a project: {', '.join(names)}."
        remedy = f"Name one of them, as in --connector {names[0]}."
    raise SettingError(Problem("which_project", message, remedy))
