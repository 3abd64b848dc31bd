"""Asks a person before something is destroyed for good."""

import sys

import typer
from connector_sdk import Activity, Connection, Problem, SettingError

from connector_agent.cli.output import err, mode_text


def require_terminal(what: str) -> None:
    """Raises SettingError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise SettingError(
            Problem(
                "not_confirmed",
                f"{what} on a live key destroys data, and there is no terminal to ask on.",
                "Look at what would be destroyed, then add --yes.",
            )
        )


async def confirmed(connection: Connection, name: str, activity: Activity, count: int) -> bool:
    """Whether a person says yes to `count` writes."""
    tested = await connection.test()
    account = tested.account or "an account that the key may not read"
    objects = "1 object" if count == 1 else f"{count:,} objects"
    err.print(mode_text("live"), f"{name} {activity.on}: {objects} on {account}.")
    return typer.confirm("This can't be undone. Go on?", default=False, err=True)
