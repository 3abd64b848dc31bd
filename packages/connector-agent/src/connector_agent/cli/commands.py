"""The commands of `connector` and of installed connectors, each imported on first use."""

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from functools import partial
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, NamedTuple, cast

import typer
from connector_sdk import COMMANDS, Activity, Connector, ConnectorError, Problem, SettingError
from typer.core import TyperCommand, TyperGroup

HELP = {"help_option_names": ["-h", "--help"]}

Maker = Callable[[str], Any]


class Commands(Mapping[str, Any]):
    """Commands by name, made on first use. `more` finds the makers of names not in `names`."""

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
        """Sets the commands of the group; none are added later."""
        self.commands = cast("MutableMapping[str, Any]", commands)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)


def made(name: str, function: Callable[..., Any], **how: Any) -> Any:
    """The command `name` that calls `function`; its docstring is the help."""
    app = typer.Typer(add_completion=False, context_settings=HELP)
    text = how.pop("help", None) or inspect.getdoc(function) or ""
    # Lines of a paragraph are joined: the terminal has its own width.
    paragraphs = [" ".join(each.split()) for each in text.split("\n\n")]
    app.command(name, help="\n\n".join(paragraphs), **how)(function)
    return typer.main.get_command(app)


def group_of(name: str, app: typer.Typer) -> Any:
    """The app's commands as the group `name`."""
    around = typer.Typer(add_completion=False, context_settings=HELP)
    around.add_typer(app, name=name)
    group: Any = typer.main.get_command(around)
    return group.commands[name]


def entry_points() -> Mapping[str, metadata.EntryPoint]:
    """The commands by name; of two with the same name, the first distribution's."""
    found = sorted(metadata.entry_points(group=COMMANDS), key=lambda each: each.value, reverse=True)
    return {each.name: each for each in found}


def brought(name: str) -> Any:
    """The command `name` of a connector. One that can't be loaded reports that only when used."""
    entry_point = entry_points()[name]
    try:
        loaded = entry_point.load()
    except Exception as error:
        return _broken(name, entry_point, error)
    return group_of(name, loaded) if isinstance(loaded, typer.Typer) else made(name, loaded)


class AgentWorkspace:
    """The projects of this machine, for commands of connectors."""

    def activities(
        self, connector: str, project: Path | None, environment: str
    ) -> Mapping[str, Activity]:
        """See connector_sdk.Workspace. `${env:…}` references are not resolved."""
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
        "Reinstall that distribution with all its dependencies.",
    )

    def tell() -> None:
        raise SettingError(problem)

    return made(name, tell, help="This command can't be loaded.")


class Own(NamedTuple):
    """One of the agent's own commands: module, function, and the first line of its help, shown
    in lists without an import."""

    module: str
    function: str
    summary: str


OWN = {
    "init": Own("project_commands", "init_command", "Make a small project that runs at once."),
    "check": Own(
        "project_commands",
        "check_command",
        "Find every fault of the project, each with its file, line and column.",
    ),
    "objects": Own(
        "objects_command", "objects_command", "List the objects that activities can work on."
    ),
    "schema": Own(
        "objects_command", "schema_command", "Show the fields that an activity takes or gives."
    ),
    "show": Own(
        "operation_commands", "show_command", "Show an operation with all settings resolved."
    ),
    "test": Own(
        "project_commands",
        "test_command",
        "Test the connection of an endpoint with one cheap call.",
    ),
    "run": Own("run_commands", "run_command", "Run an operation here and now, until it ends."),
    "resume": Own(
        "run_commands",
        "resume_command",
        "Continue an interrupted or stopped run as it was stored, in its own environment.",
    ),
    "runs": Own("log_commands", "runs_command", "List runs, the newest first."),
    "log": Own("log_commands", "log_command", "Show the log of one run."),
    "outcomes": Own(
        "log_commands", "outcomes_command", "List the outcome of each record of a run."
    ),
    "retry": Own(
        "run_commands",
        "retry_command",
        "Run the refused or failed records of a run again, corrected or as they were.",
    ),
    "abandon": Own(
        "run_commands",
        "abandon_command",
        "End a run that can't continue: its account, source or sandbox is gone.",
    ),
    "steps": Own(
        "steps_command",
        "steps_command",
        "List the steps that mappings can use, or explain one; in a project, its own too.",
    ),
    "rename": Own(
        "operation_commands",
        "rename_command",
        "Rename an operation without losing track of what it wrote.",
    ),
    "forget": Own(
        "ledger_commands",
        "forget_command",
        "Erase one person's data from the ledger and its logs.",
    ),
    "ledger": Own(
        "ledger_commands",
        "ledger",
        "Verify, back up, restore and rebuild the record of what was written.",
    ),
}
"""The agent's own commands, in the order of the help."""


def _own(name: str) -> Any:
    own = OWN[name]
    command = getattr(import_module(f"connector_agent.cli.{own.module}"), own.function)
    return group_of(name, command) if isinstance(command, typer.Typer) else made(name, command)


class AllCommands(LazyGroup):
    """The commands of `connector`: its own, those of connectors, and a group for each connector
    whose activity types have objects."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.offer(Commands(OWN, _own, _installed))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help with a list of all commands, without importing the agent's own."""
        lines = {name: TyperCommand(name, help=own.summary) for name, own in OWN.items()}
        whole, self.commands = self.commands, {**lines, **_brought()}
        try:
            super().format_help(ctx, formatter)
        finally:
            self.commands = whole

    def _main_shell_completion(self, *args: Any, **settings: Any) -> None:
        if "_CONNECTOR_COMPLETE" in os.environ or any("-completion" in each for each in sys.argv):
            from connector_agent.cli import bash_completion

            bash_completion.use()
        super()._main_shell_completion(*args, **settings)

    def invoke(self, ctx: Any) -> Any:
        """Errors in commands of connectors are printed like those of the agent's own."""
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
            continue  # a broken connector hides no other; its endpoints report it
        if name not in found and any(kind.levels for kind in connector.activity_types()):
            found[name] = partial(_group, connector)
    return found


def _brought() -> dict[str, Any]:
    return {name: make(name) for name, make in _installed().items() if name not in OWN}


def _group(connector: Connector, _: str) -> Any:
    from connector_agent.cli.one_off.group import connector_group

    return connector_group(connector)
