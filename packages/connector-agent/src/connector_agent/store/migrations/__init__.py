"""Brings a database to the newest shape. Alembic is imported only when there is work to do."""

from pathlib import Path

from connector_sdk import Problem, SettingError
from sqlalchemy import Connection, inspect, text

NEWEST = "0004"


def migrate(connection: Connection) -> None:
    """Upgrades the database behind `connection`, inside its transaction. Raises SettingError
    where a newer version has done that already."""
    revision = _revision(connection)
    if revision == NEWEST:
        return
    if revision > NEWEST:
        raise SettingError(
            Problem(
                "ledger_newer",
                f"The ledger was used by a newer version: its shape is {revision}, and this "
                f"version knows those up to {NEWEST}.",
                "Run the project with that version.",
            )
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")
