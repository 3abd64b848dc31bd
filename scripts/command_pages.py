"""The commands of `connector` as pages of the documentation show them."""

from collections.abc import Iterator
from typing import Any

import typer
from connector_agent.cli.app import app
from connector_agent.cli.commands import OWN
from stripe_connector.commands import catalogue

GROUP = "stripe"
"""The connector whose commands are shown, as an example of those that connectors bring."""


def commands() -> dict[str, Any]:
    """Every command of the agent by name, in the order of the help, and those of GROUP behind
    them. What other connectors bring depends on what is installed."""
    group = get_command(app)
    own: dict[str, Any] = {}
    for name in OWN:
        command = group.commands[name]
        below = getattr(command, "commands", {"": command})
        own |= {f"{name} {each}".strip(): below[each] for each in below}
    for name, below in ((GROUP, group.commands[GROUP]), ("catalogue", get_command(catalogue))):
        own |= {f"{name} {each}": below.commands[each] for each in below.commands}
    return own


def get_command(app: typer.Typer) -> Any:
    """The commands of an app as they are called."""
    return typer.main.get_command(app)


def command_table() -> Iterator[str]:
    """A line for each command."""
    yield "| command | |"
    yield "|---|---|"
    for name, command in commands().items():
        anchor = name.replace(" ", "-")
        yield f"| [`connector {name}`](docs/commands.md#connector-{anchor}) | {_summary(command)} |"
    yield "| `stripe-sandbox` | Serve the small Stripe on this machine, for any client of Stripe. |"


def command_reference() -> Iterator[str]:
    """Each command with its whole help, arguments and options."""
    for name, command in commands().items():
        parameters = [each for each in command.params if not each.hidden]
        yield f"## connector {name}"
        yield ""
        yield "```text"
        yield f"connector {name} {_usage(parameters)}".rstrip()
        yield "```"
        yield ""
        yield from _paragraphs(command.help or "")
        if parameters:
            yield "| | |"
            yield "|---|---|"
            for each in parameters:
                yield f"| {_names(each)} | {_described(each)} |"
            yield ""


def _summary(command: Any) -> str:
    return " ".join((command.help or "").split("\n\n")[0].split())


def _usage(parameters: list[Any]) -> str:
    words = ["[OPTIONS]"] if any(_is_option(each) for each in parameters) else []
    for each in parameters:
        if not _is_option(each):
            words.append(_argument(each))
    return " ".join(words)


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    shown = name if parameter.required else f"[{name}]"
    return f"{shown}..." if parameter.nargs == -1 else shown


def _paragraphs(text: str) -> Iterator[str]:
    for part in text.split("\n\n"):
        joined = " ".join(part.split())
        if joined.startswith("Example: "):
            yield f"Example: `{joined.removeprefix('Example: ')}`"
        else:
            yield joined
        yield ""


def _is_option(parameter: Any) -> bool:
    return str(parameter.param_type_name) == "option"


def _names(parameter: Any) -> str:
    if not _is_option(parameter):
        return f"`{_argument(parameter).strip('[].')}`"
    names = ", ".join(f"`{each}`" for each in parameter.opts)
    if parameter.is_flag:
        return names
    return f"{names} `{parameter.metavar or parameter.name.upper()}`"


def _described(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split())
    choices = getattr(getattr(parameter, "type", None), "choices", None)
    if choices and parameter.metavar is None:
        names = ", ".join(f"`{getattr(each, 'value', each)}`" for each in choices)
        text += f" One of {names}."
    if parameter.required and _is_option(parameter):
        text += " Required."
    return text.replace("|", "\\|")
