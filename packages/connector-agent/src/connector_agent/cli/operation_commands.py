"""The commands that show and rename an operation."""

import asyncio
import os
from typing import Annotated

import typer
from connector_sdk import JSON, ConnectorError, MemoryHost
from rich.text import Text

from connector_agent.cli import completion
from connector_agent.cli.output import fail, mode_text, out, print_json
from connector_agent.cli.project_folder import project_folder
from connector_agent.cli.project_option import (
    EnvironmentOption,
    JsonOption,
    ProjectOption,
    open_runner,
)
from connector_agent.operations.description import Description, Side, describe
from connector_agent.project import STATE, Project
from connector_agent.runs.renaming import rename_operation


def show_command(
    operation: Annotated[
        str, typer.Argument(help="Name of the operation.", autocompletion=completion.operations)
    ],
    project: ProjectOption = None,
    environment: EnvironmentOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show an operation with all settings resolved.

    Variables are filled in; values from environment variables, such as keys, are not. Nothing is
    called. The code in the project's steps.py runs, if it has one.

    Example: connector show "import contacts" --env live
    """
    try:
        folder = project_folder(project)
        loaded = Project.load(folder, os.environ, environment)
        host = MemoryHost(folder, folder / STATE)
        found = asyncio.run(describe(loaded, operation, host))
    except ConnectorError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)


def _print(found: Description) -> None:
    out.print(Text(found.name, style="bold"), f"  ({found.file})", sep="")
    _print_row("environment", found.environment or "none")
    _print_side("source", found.source)
    if found.for_each is not None:
        _print_side("for each", found.for_each)
    if found.where:
        _print_row("where", "; ".join(found.where))
    if found.group:
        _print_row("group", found.group)
    _print_row("identity", found.identity)
    _print_row("mapping", "" if found.mapping else "none: records are written as they are read")
    width = max((len(to) for to, _ in found.mapping), default=0)
    for to, how in found.mapping:
        out.print(Text.assemble("    ", f"{to:<{width}}", ("  ←  ", "dim"), how))
    _print_side("target", found.target)
    for name, text in found.options:
        _print_row(name, text)
    if found.faults:
        number = len(found.faults)
        out.print(
            f"\n{number} fault{'s' * (number > 1)}: connector check {found.name!r} lists them.",
            style="red",
        )


def _print_side(role: str, side: Side) -> None:
    _print_row(role, f"{side.place}  ({side.connector} {side.type})", mode=side.mode)
    if side.on:
        _print_row("  works on", f"{side.on}{f', {side.action}' if side.action else ''}")
    if side.call:
        _print_row("  calls", side.call)
    if side.note:
        _print_row("  note", side.note)
    for name, value in {**side.connection, **side.settings}.items():
        _print_row(f"  {name}", _value(value))
    if side.columns:
        _print_row("  gives", ", ".join(side.columns))


def _print_row(label: str, text: str, *, mode: str = "") -> None:
    parts = [f"  {label + ':':<16} ", text]
    if mode not in ("", "none"):
        parts.append("  ")
        out.print(*parts, mode_text(mode), sep="")
    else:
        out.print(*parts, sep="")


def _value(value: JSON) -> str:
    return value if isinstance(value, str) else str(value)


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
