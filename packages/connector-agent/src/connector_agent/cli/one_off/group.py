"""The commands of one connector, made from its activity types."""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import typer
from connector_sdk import ActivityType, Command, Connector, Problem, SettingError
from typer.core import TyperCommand

from connector_agent.cli.commands import HELP, Commands, LazyGroup, made
from connector_agent.cli.one_off.options import parameters, repeated

_FIRST = "connector_agent.first"
_NEGATED = re.compile(r"-(\(|[A-Za-z_][\w.]+\s*(\[|[:~<>=]|in\s*\())")
"""A negated clause or parenthesis. No value joined to a short option has one of these signs after
its first letters."""


class Use(NamedTuple):
    """What one command does: an activity type, as `command` offers it."""

    connector: Connector
    type: ActivityType
    command: Command


def connector_group(connector: Connector) -> Any:
    """The group of commands named like the connector."""
    uses = {use.command.name: use for use in _uses(connector)}

    class Group(LazyGroup):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.offer(Commands(uses, lambda name: _command(uses[name])))

    app = typer.Typer(
        name=connector.name,
        cls=Group,
        help=f"Use {connector.label} once, without an operation.",
        no_args_is_help=True,
        add_completion=False,
        context_settings=HELP,
    )
    app.callback()(_nothing)
    return typer.main.get_command(app)


def _nothing() -> None:
    pass


def _uses(connector: Connector) -> Iterator[Use]:
    for kind in connector.activity_types():
        if kind.levels:
            for command in kind.commands or (Command(kind.name),):
                yield Use(connector, kind, command)


def _command(use: Use) -> Any:
    """The command. With an object, its help shows the object's fields."""

    class WithFields(TyperCommand):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            ctx.meta[_FIRST] = args[0] if args and not args[0].startswith("-") else ""
            asks = use.command.argument and not use.command.several
            return super().parse_args(ctx, _with_queries_last(args) if asks else args)

        def format_help(self, ctx: Any, formatter: Any) -> None:
            super().format_help(ctx, formatter)
            if ctx.meta.get(_FIRST):
                from connector_agent.cli.objects_command import schema_command

                schema_command(
                    use.connector.name,
                    use.type.name,
                    ctx.meta[_FIRST],
                    use.command.action,
                    depth=1,
                )

    found = list(parameters(use.connector, use.type, use.command))
    if option := repeated(found):
        return _unusable(use, option)
    return made(use.command.name, _function(use, found), help=_help(use), cls=WithFields)


def _unusable(use: Use, option: str) -> Any:
    """A command in place of one with two options of the same name: it refuses every use, and the
    other commands stay usable."""
    problem = Problem(
        "option_twice",
        f"The command '{use.connector.name} {use.command.name}' has two options {option}.",
        f"Use the activity type {use.type.name!r} in an operation instead, and report this to the "
        f"authors of the connector {use.connector.name!r}.",
    )

    def refuse() -> None:
        raise SettingError(problem)

    any_arguments = {**HELP, "allow_extra_args": True, "ignore_unknown_options": True}
    text = f"It has two options {option} and can't be used."
    return made(use.command.name, refuse, help=text, context_settings=any_arguments)


def _with_queries_last(args: list[str]) -> list[str]:
    """Moves queries that begin with a minus last, so that none is taken for options: `-email:x`
    would be `-e mail:x`."""
    if "--" in args:
        return args
    queries = [each for each in args if _NEGATED.match(each)]
    return [*(each for each in args if each not in queries), *(["--", *queries] if queries else ())]


def _function(use: Use, found: Sequence[inspect.Parameter]) -> Callable[..., None]:
    """A function with the parameters of the command, as Typer wants them."""

    def command(**given: Any) -> None:
        if use.type.role == "source":
            from connector_agent.cli.one_off.reading import read

            read(use.connector, use.type, use.command, given)
        else:
            from connector_agent.cli.one_off.writing import write

            write(use.connector, use.type, use.command, given)

    command.__signature__ = inspect.Signature(found)  # type: ignore[attr-defined]
    return command


def _help(use: Use) -> str:
    name = f"connector {use.connector.name} {use.command.name}"
    text = use.command.help or use.type.help
    schema = f"connector schema {use.connector.name} {use.type.name} OBJECT"
    if use.type.role == "target":
        text += f"\n\nThe fields that --set and --data may give are listed by '{schema}'."
    else:
        parts = [f"--{each.name}" for each in use.type.options if each.takes == "parts"]
        what = f"{' and '.join(parts)} take{'' if len(parts) > 1 else 's'}" if parts else ""
        also = f", and what {what}," if what else ""
        text += f"\n\nThe fields of a record{also} are listed by '{schema}'."
    return f"{text}\n\nExample: {name} {use.command.example or 'OBJECT'}"
