"""What a connector needs to add commands of its own to the command line of the agent."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from connector_sdk.activity import Activity

COMMANDS = "connector_agent.commands"
"""The entry point group under which a distribution names its commands: each a function or an
app of Typer, which is there where the agent is. An error of the contract that one raises is told
as those of the agent are."""


class Workspace(Protocol):
    """What the context of such a command holds as its `obj`."""

    def activities(
        self, connector: str, project: Path | None, environment: str
    ) -> Mapping[str, Activity]:
        """The activities of a connector in a project, by "endpoint/activity"; without one that is
        named those of the project that this folder is in, none outside of any. Raises
        SettingError for faults of the project."""
        ...
