"""The command `connector`."""

import logging
from importlib.metadata import version
from typing import Annotated

import typer

from connector_agent.cli.commands import HELP, AllCommands

app = typer.Typer(
    name="connector",
    cls=AllCommands,
    help="Move records between systems: durable, resumable, counted.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings=HELP,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"connector-agent {version('connector-agent')}")
        raise typer.Exit


@app.callback()
def _options(
    ctx: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            callback=_print_version,
            is_eager=True,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    from connector_agent.cli.commands import AgentWorkspace

    ctx.obj = AgentWorkspace()


class _ShownLog(logging.Handler):
    """Shows what parts of the program warn of, as everything else is shown."""

    def emit(self, record: logging.LogRecord) -> None:
        from connector_agent.cli.output import err

        err.print(self.format(record))


def main() -> None:
    """The entry point of the distribution."""
    logging.getLogger().addHandler(_ShownLog(logging.WARNING))
    app()
