"""connector test: does the connection of an endpoint work?"""

import asyncio
import os
from typing import Annotated

import typer
from connector_sdk import ConnectorError, MemoryHost, Tested
from rich.text import Text

from connector_agent.cli import completion
from connector_agent.cli.output import (
    COULD_NOT_RUN,
    fail,
    mode_text,
    out,
    print_json,
    problem_text,
)
from connector_agent.cli.project_folder import project_folder
from connector_agent.cli.project_option import (
    EnvironmentOption,
    JsonOption,
    ProjectOption,
)
from connector_agent.operations.end import connect
from connector_agent.project import STATE, Project
from connector_agent.runs.outcomes import problem_json


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
