"""Brings a database to the newest shape. Alembic is imported only when there is work to do."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

NEWEST = "0001"


def migrate(connection: Connection) -> None:
    """Upgrades the database behind `connection`, inside its transaction."""
    if _revision(connection) == NEWEST:
        return
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
