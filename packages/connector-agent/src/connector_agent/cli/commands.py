"""The commands of `connector`, each imported only when it is used, and those that connectors
bring."""

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from functools import partial
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, cast

import typer
from connector_sdk import COMMANDS, Activity, Connector, ConnectorError, Problem, SettingError
from typer.core import TyperGroup

HELP = {"help_option_names": ["-h", "--help"]}

Maker = Callable[[str], Any]


class Commands(Mapping[str, Any]):
    """The commands of a group by name. A command is made when it is asked for; `more`, which
    finds the makers of further ones, is asked for what is not in `names`."""

    def __init__(
        self, names: Iterable[str], maker: Maker, more: Callable[[], Mapping[str, Maker]] = dict
    ) -> None:
        self._makers = dict.fromkeys(names, maker)
        self._more = more
        self._made: dict[str, Any] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            makers = self._makers if name in self._makers else self._all()
            self._made[name] = makers[name](name)
        return self._made[name]

    def _all(self) -> Mapping[str, Maker]:
        return {**self._makers, **{n: m for n, m in self._more().items() if n not in self._makers}}


class LazyGroup(TyperGroup):
    """A group whose commands are `Commands`."""

    def offer(self, commands: Commands) -> None:
        """Sets the commands of the group; nothing is ever added to them."""
        self.commands = cast("MutableMapping[str, Any]", commands)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, without making the commands."""
        return list(self.commands)


def made(name: str, function: Callable[..., Any], **how: Any) -> Any:
    """The command `name` that calls `function`, whose docstring is its help."""
    app = typer.Typer(add_completion=False, context_settings=HELP)
    text = how.pop("help", None) or inspect.getdoc(function) or ""
    # Lines of a paragraph are joined: the terminal has its own width.
    paragraphs = [" ".join(each.split()) for each in text.split("\n\n")]
    app.command(name, help="\n\n".join(paragraphs), **how)(function)
    return typer.main.get_command(app)


def group_of(name: str, app: typer.Typer) -> Any:
    """The commands of an app as the group `name`."""
    around = typer.Typer(add_completion=False, context_settings=HELP)
    around.add_typer(app, name=name)
    group: Any = typer.main.get_command(around)
    return group.commands[name]


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
        from connector_agent.cli.inspection import survey

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


OWN = {
    "init": "init_command:init_command",
    "check": "check_commands:check_command",
    "objects": "objects_command:objects_command",
    "schema": "objects_command:schema_command",
    "show": "show_command:show_command",
    "test": "check_commands:test_command",
    "run": "run_commands:run_command",
    "resume": "run_commands:resume_command",
    "runs": "log_commands:runs_command",
    "log": "log_commands:log_command",
    "outcomes": "log_commands:outcomes_command",
    "retry": "run_commands:retry_command",
    "abandon": "run_commands:abandon_command",
    "steps": "steps_command:steps_command",
    "rename": "rename_command:rename_command",
    "forget": "ledger_commands:forget_command",
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
