"""The commands of `connector` as pages of the documentation show them."""

from collections.abc import Iterator
from typing import Any

import typer
from connector_agent.cli.app import app


def commands() -> dict[str, Any]:
    """Every command by name, in the order of the help. Groups that connectors bring are left
    out: they depend on what is installed."""
    group: Any = typer.main.get_command(app)
    return {name: each for name, each in group.commands.items() if not hasattr(each, "commands")}


def command_table() -> Iterator[str]:
    """A line for each command."""
    yield "| command | |"
    yield "|---|---|"
    for name, command in commands().items():
        yield f"| [`connector {name}`](docs/commands.md#connector-{name}) | {_summary(command)} |"
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
            name = each.name.upper() + ("..." if each.nargs == -1 else "")
            words.append(name if each.required else f"[{name}]")
    return " ".join(words)


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
        return f"`{parameter.name.upper()}`"
    names = ", ".join(f"`{each}`" for each in parameter.opts)
    if parameter.is_flag:
        return names
    return f"{names} `{parameter.metavar or parameter.name.upper()}`"


def _described(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split())
    choices = getattr(getattr(parameter, "type", None), "choices", None)
    if choices:
        names = ", ".join(f"`{getattr(each, 'value', each)}`" for each in choices)
        text += f" One of {names}."
    if parameter.required and _is_option(parameter):
        text += " Required."
    return text.replace("|", "\\|")
