"""The command `connector`."""

from importlib.metadata import version
from typing import Annotated

import typer

from connector_agent.cli.check_command import check_command
from connector_agent.cli.forget_command import forget_command, ledger_key_command
from connector_agent.cli.init_command import init_command
from connector_agent.cli.log_commands import log_command, runs_command
from connector_agent.cli.objects_command import objects_command, schema_command
from connector_agent.cli.outcomes_command import outcomes_command
from connector_agent.cli.run_commands import resume_command, retry_command, run_command
from connector_agent.cli.show_command import show_command
from connector_agent.cli.steps_command import steps_command
from connector_agent.cli.test_command import test_command

app = typer.Typer(
    name="connector",
    help="Move records between systems: durable, resumable, counted.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init")(init_command)
app.command("check")(check_command)
app.command("objects")(objects_command)
app.command("schema")(schema_command)
app.command("show")(show_command)
app.command("test")(test_command)
app.command("run")(run_command)
app.command("resume")(resume_command)
app.command("runs")(runs_command)
app.command("log")(log_command)
app.command("outcomes")(outcomes_command)
app.command("retry")(retry_command)
app.command("steps")(steps_command)
app.command("forget")(forget_command)
app.command("ledger-key")(ledger_key_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"connector-agent {version('connector-agent')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """The entry point of the distribution."""
    app()
