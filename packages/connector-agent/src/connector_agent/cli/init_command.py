"""connector init: a new project that runs at once."""

import shlex
from pathlib import Path
from typing import Annotated

import typer
from connector_sdk import ConnectorError

from connector_agent.cli.output import fail, out, print_json
from connector_agent.cli.project_option import JsonOption
from connector_agent.project.creation import create_project


def init_command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new folder, or one that is empty.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Make a small project that works on the sandbox.

    Example: connector init billing
    """
    try:
        written = create_project(folder)
    except ConnectorError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json({"folder": str(folder.absolute()), "files": written})
        return
    out.print(f"Made a project of {len(written)} files in {folder}. Next:")
    if folder.absolute() != Path.cwd():
        out.print(f"  cd {shlex.quote(str(folder))}")
    out.print("  connector check")
    out.print('  connector run "import customers"')
    out.print("README.md there tells what comes after that.")
