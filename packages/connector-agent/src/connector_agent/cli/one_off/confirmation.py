"""Asks a person before something is done on a live account that can't be undone."""

import sys

import typer
from connector_sdk import Connection, Problem, SettingError

from connector_agent.cli.output import err, mode_text


def require_terminal(refusal: Problem) -> None:
    """Raises SettingError where nobody can be asked; `refusal` is what the connection says."""
    if not sys.stdin.isatty():
        raise SettingError(
            refusal._replace(
                remedy="There is no terminal to ask on: look at what would be done, then add --yes."
            )
        )


async def confirmed(connection: Connection, refusal: Problem, count: int) -> bool:
    """Whether a person says yes to `count` writes, for good."""
    tested = await connection.test()
    account = tested.account or "an account that the key may not read"
    objects = "1 object" if count == 1 else f"{count:,} objects"
    err.print(mode_text("live"), f"{refusal.message} That is {objects} on {account}.")
    return typer.confirm("Go on?", default=False, err=True)
