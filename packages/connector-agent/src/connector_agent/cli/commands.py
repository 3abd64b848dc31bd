"""The commands of `connector` by name, and where each comes from."""

import os
import sys
from functools import partial
from importlib import import_module
from typing import Any

import typer
from connector_sdk import Connector, ConnectorError, SettingError

from connector_agent.cli.lazy_group import Commands, LazyGroup, Maker, group_of, made

OWN = {
    "init": "init_command:init_command",
    "check": "check_command:check_command",
    "objects": "objects_command:objects_command",
    "schema": "objects_command:schema_command",
    "show": "show_command:show_command",
    "test": "test_command:test_command",
    "run": "run_commands:run_command",
    "resume": "run_commands:resume_command",
    "runs": "log_commands:runs_command",
    "log": "log_commands:log_command",
    "outcomes": "outcomes_command:outcomes_command",
    "retry": "run_commands:retry_command",
    "abandon": "run_commands:abandon_command",
    "steps": "steps_command:steps_command",
    "rename": "rename_command:rename_command",
    "forget": "forget_command:forget_command",
    "ledger": "ledger_commands:ledger",
}
"""The agent's own commands, in the order of the help: modules beside this one."""


def _own(name: str) -> Any:
    module, _, function = OWN[name].partition(":")
    found = import_module(f"connector_agent.cli.{module}")
    command = getattr(found, function)
    return group_of(name, command) if isinstance(command, typer.Typer) else made(name, command)


class AllCommands(LazyGroup):
    """What `connector` can do: its own commands, those that connectors bring, and a group for
    each connector whose activity types have objects to choose from."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.offer(Commands(OWN, _own, _installed))

    def _main_shell_completion(self, *args: Any, **settings: Any) -> None:
        if "_CONNECTOR_COMPLETE" in os.environ or any("-completion" in each for each in sys.argv):
            from connector_agent.cli import bash_completion

            bash_completion.use()
        super()._main_shell_completion(*args, **settings)

    def invoke(self, ctx: Any) -> Any:
        """Errors of commands that connectors bring are told as those of the agent's own are."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            # Typer hands on what its library for types puts before each text.
            error.message = error.message.removeprefix("Value error, ")
            raise
        except ConnectorError as error:
            from connector_agent.cli.output import fail

            fail(error, as_json="--json" in sys.argv)


def _installed() -> dict[str, Maker]:
    from connector_agent.cli.brought import brought, entry_points
    from connector_agent.connectors import registry

    found: dict[str, Maker] = dict.fromkeys(entry_points(), brought)
    connectors = registry.installed()
    for name in connectors:
        try:
            connector = connectors[name]
        except SettingError:
            continue  # a broken connector leaves the others alone; its endpoints tell of it
        if name not in found and any(kind.levels for kind in connector.activity_types()):
            found[name] = partial(_group, connector)
    return found


def _group(connector: Connector, _: str) -> Any:
    from connector_agent.cli.one_off.group import connector_group

    return connector_group(connector)
