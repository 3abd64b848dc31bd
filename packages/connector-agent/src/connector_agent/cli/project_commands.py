"""The commands that make, check and test a project."""

import asyncio
import os
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer
from connector_sdk import ConnectorError, FirstProject, MemoryHost, Problem, SettingError, Tested
from rich.text import Text

from connector_agent.cli import completion
from connector_agent.cli.output import (
    COULD_NOT_RUN,
    err,
    fail,
    mode_text,
    on_line,
    out,
    print_json,
    problem_text,
)
from connector_agent.cli.project_folder import project_folder
from connector_agent.cli.project_option import EnvironmentOption, JsonOption, ProjectOption
from connector_agent.connectors import registry
from connector_agent.operations.check import Checked, check_project, place_of
from connector_agent.operations.end import connect
from connector_agent.project import STATE, Project, Survey
from connector_agent.project.creation import create_project
from connector_agent.runs.outcome_table import problem_json

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

    A connector provides it; it needs no account.

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
    out.print("README.md in that folder explains the next steps.")


def _first_project(name: str) -> FirstProject:
    """The project of this connector, or of the only one that has one. Raises SettingError."""
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


def check_command(
    operations: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="OPERATION",
            help="Only these, and what they use.",
            autocompletion=completion.operations,
        ),
    ] = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = "",
    as_json: JsonOption = False,
) -> None:
    """Find every fault of the project, each with its file, line and column.

    Makes no call: connections are inspected, not opened. The code in the project's steps.py runs,
    with its examples. Exit status: 0 without faults, 1 with faults. An environment variable that is
    not set is a warning.

    Example: connector check --env live
    """
    try:
        folder = project_folder(project)
        host = MemoryHost(folder, folder / STATE)
        checked = asyncio.run(
            check_project(folder, os.environ, environment, host, operations or [])
        )
        checked = checked._replace(
            warnings=(*checked.warnings, *_unrecognised(folder, environment, checked))
        )
    except ConnectorError as error:
        fail(error, as_json=as_json)
    found = [
        *(("fault", one) for one in checked.faults),
        *(("warning", one) for one in checked.warnings),
        *(("note", one) for one in checked.notes),
    ]
    for severity, problem in sorted(found, key=lambda each: place_of(each[1])):
        if as_json:
            print_json(_json(severity, problem))
        else:
            out.print(_line(severity, problem))
    if as_json:
        print_json(
            {
                "event": "end",
                "faults": len(checked.faults),
                "warnings": len(checked.warnings),
                "endpoints": checked.endpoints,
                "operations": checked.operations,
            }
        )
    else:
        err.print(_summary(checked))
    if checked.faults:
        raise typer.Exit(COULD_NOT_RUN)


def _unrecognised(folder: Path, environment: str, checked: Checked) -> list[Problem]:
    """What the operations would write once more, as far as a ledger shows."""
    from connector_agent.store.mark import mark_of

    path = folder / STATE / "ledger.db"
    if checked.faults or not (path.exists() or mark_of(path).exists()):
        return []
    from connector_agent.runs.renaming import unrecognised_anywhere
    from connector_agent.store import Database

    project = Survey.of(folder, os.environ, environment).project
    names = [name for name in checked.operations if name in project.operations]
    database = Database(path)
    try:
        lost = asyncio.run(database.lost())
        if lost is not None:
            return [lost._replace(warning=True, line=f"{STATE}/{path.name}")]
        return database.call_now(
            lambda connection: unrecognised_anywhere(connection, project, names)
        )
    finally:
        database.close()


def _line(severity: str, problem: Problem) -> Text:
    file, line, column = place_of(problem)
    text = Text(f"{file}:{line}:{column}: ", style="bold")
    if severity != "fault":
        text.append(f"{severity}: ", style="yellow" if severity == "warning" else "cyan")
    text.append(on_line(problem.message), style="")
    for place in (problem.at,):
        if place and place not in problem.message:
            text.append(f" ({on_line(place)})", style="")
    text.append(f" {on_line(problem.remedy)}" if problem.remedy else "", style="dim")
    for each in problem.pointed().splitlines():
        text.append(f"\n    {each}", style="cyan")
    return text


def _json(severity: str, problem: Problem) -> dict[str, Any]:
    file, line, column = place_of(problem)
    place = {"file": file, "line": line, "column": column}
    return {"event": severity, **problem_json(problem), **place}


def _summary(checked: Checked) -> Text:
    what = (
        f"{_count(len(checked.endpoints), 'endpoint')} and "
        f"{_count(len(checked.operations), 'operation')} checked: "
    )
    warned = f", {_count(len(checked.warnings), 'warning')}" if checked.warnings else ""
    if checked.faults:
        return Text.assemble(what, (_count(len(checked.faults), "fault"), "bold red"), warned, ".")
    return Text.assemble(what, ("no fault", "bold green"), warned, ".")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def test_command(
    endpoint: Annotated[
        str, typer.Argument(help="Name of the endpoint.", autocompletion=completion.endpoints)
    ],
    project: ProjectOption = None,
    environment: EnvironmentOption = "",
    as_json: JsonOption = False,
) -> None:
    """Test the connection of an endpoint with one cheap call.

    Example: connector test crm --env live
    """
    try:
        folder = project_folder(project)
        loaded = Project.load(folder, os.environ, environment)
        found = loaded.endpoint(endpoint)
        host = MemoryHost(folder, folder / STATE)

        async def test() -> Tested:
            connection = await connect(found, host)
            try:
                return await connection.test()
            finally:
                await connection.close()

        tested = asyncio.run(test())
    except ConnectorError as error:
        fail(error, as_json=as_json)
    problem = tested.problem
    if problem is not None:
        problem = found.located(problem)
    if as_json:
        print_json(
            {
                "ok": tested.ok,
                "endpoint": found.name,
                "account": tested.account,
                "mode": tested.mode,
                "api_version": tested.api_version,
                "milliseconds": round(tested.milliseconds, 1),
                "note": tested.note,
                "problem": problem_json(problem) if problem is not None else None,
            }
        )
    else:
        _print(found.name, tested)
        if problem is not None:
            out.print(problem_text(problem))
    if not tested.ok:
        raise typer.Exit(COULD_NOT_RUN)


def _print(name: str, tested: Tested) -> None:
    verdict = Text("works", "bold green") if tested.ok else Text("does not work", "bold red")
    out.print(f"The connection of {name!r}", verdict)
    if tested.mode not in ("", "none"):
        out.print("  mode:", mode_text(tested.mode))
    for label, value in (
        ("account", tested.account),
        ("API version", tested.api_version),
        ("answered in", f"{tested.milliseconds:.0f} ms" if tested.milliseconds else ""),
        ("note", tested.note),
    ):
        if value:
            out.print(f"  {label}: {value}")
