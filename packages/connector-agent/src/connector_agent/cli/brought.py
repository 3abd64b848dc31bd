"""Commands that connectors bring, found through entry points."""

import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import typer
from connector_sdk import COMMANDS, Activity, Problem, SettingError

from connector_agent.cli.lazy_group import group_of, made


def entry_points() -> Mapping[str, metadata.EntryPoint]:
    """The commands by name; of two with the same name the first distribution's counts."""
    found = sorted(metadata.entry_points(group=COMMANDS), key=lambda each: each.value, reverse=True)
    return {each.name: each for each in found}


def brought(name: str) -> Any:
    """The command `name`. One that can't be loaded tells so when it is used, and leaves the
    others alone."""
    entry_point = entry_points()[name]
    try:
        loaded = entry_point.load()
    except Exception as error:
        return _broken(name, entry_point, error)
    return group_of(name, loaded) if isinstance(loaded, typer.Typer) else made(name, loaded)


class AgentWorkspace:
    """The projects of this machine, for commands that connectors bring."""

    def activities(
        self, connector: str, project: Path | None, environment: str
    ) -> Mapping[str, Activity]:
        """See connector_sdk.Workspace. References to the environment are not followed."""
        from connector_agent.cli.looking import survey

        surveyed = survey(project, environment or os.environ.get("CONNECTOR_ENV", ""))
        if surveyed is None:
            return {}
        if surveyed.problems:
            raise SettingError(*surveyed.problems)
        return {
            f"{endpoint.name}/{activity.name}": activity
            for endpoint in surveyed.project.endpoints.values()
            if endpoint.connector == connector
            for activity in endpoint.activities.values()
        }


def _broken(name: str, entry_point: metadata.EntryPoint, error: Exception) -> Any:
    problem = Problem(
        "command_broken",
        f"The command {name!r} of {entry_point.value} can't be loaded: "
        f"{type(error).__name__}: {error}.",
        "Install that distribution anew, with everything that it needs.",
    )

    def tell() -> None:
        raise SettingError(problem)

    return made(name, tell, help="This command can't be loaded.")
