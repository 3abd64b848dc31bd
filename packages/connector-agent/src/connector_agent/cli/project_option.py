"""The options that several commands share, and the project that they choose."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector_agent.cli import completion
from connector_agent.cli.project_folder import project_folder

if TYPE_CHECKING:
    from connector_agent.runs.runner import Runner

ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        "-p",
        metavar="DIR",
        help="The project's folder. Default: the project that contains the current folder.",
    ),
]
EnvironmentOption = Annotated[
    str,
    typer.Option(
        "--env",
        metavar="NAME",
        envvar="CONNECTOR_ENV",
        show_envvar=False,
        help="The project's environment: environments/NAME.yaml. Default: CONNECTOR_ENV, or none.",
        autocompletion=completion.environments,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", metavar="", help="Print JSON, one value a line.")
]
YesOption = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        metavar="",
        help="On a live account, don't ask before moving money or doing what can't be undone.",
    ),
]


def open_runner(stated: Path | None, environment: str = "") -> "Runner":
    """The runs of the project; new ones begin in `environment`. Raises SettingError if there is
    no project."""
    from connector_agent.runs.runner import Runner

    return Runner(project_folder(stated), os.environ, environment)
