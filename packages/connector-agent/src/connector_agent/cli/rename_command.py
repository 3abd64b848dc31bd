"""connector rename: another name for an operation."""

import os
from typing import Annotated

import typer
from connector_sdk import ConnectorError

from connector_agent.cli import completion
from connector_agent.cli.output import fail, out, print_json
from connector_agent.cli.project_option import (
    EnvironmentOption,
    JsonOption,
    ProjectOption,
    open_runner,
)
from connector_agent.project import Project
from connector_agent.runs.renaming import rename_operation


def rename_command(
    operation: Annotated[
        str,
        typer.Argument(
            help="Its name, or the one it had before its file was renamed.",
            autocompletion=completion.operations,
        ),
    ],
    new_name: Annotated[str, typer.Argument(help="Its new name.")],
    project: ProjectOption = None,
    environment: EnvironmentOption = "",
    as_json: JsonOption = False,
) -> None:
    """Rename an operation without losing track of what it wrote.

    Renames its file, changes the lookups of other operations that name it, and hands its runs
    and identities on in the ledger. Where the file was renamed by hand, it does the rest.

    Example: connector rename "import contacts" contacts
    """
    try:
        runner = open_runner(project, environment)
        try:
            loaded = Project.load(runner.folder, os.environ, environment)
            done = rename_operation(loaded, runner.database, operation, new_name)
        finally:
            runner.close()
    except ConnectorError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json({"from": operation, "to": new_name, **done._asdict()})
        return
    out.print(
        f"{operation!r} is {new_name!r} now, with {_count(done.runs, 'run')} and "
        f"{_count(done.written, 'written record')}."
    )
    for file in filter(None, (done.file, *done.changed)):
        out.print(f"  {file}")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
