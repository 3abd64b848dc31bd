"""The connector for SQL databases: what it asks for and what it offers."""

from collections.abc import Mapping
from importlib import metadata
from typing import TYPE_CHECKING, cast

from connector_sdk import JSON, ConnectorBase, Host

from connector_database.forms import CONNECTION, TYPES

if TYPE_CHECKING:
    from connector_database.connection import DatabaseConnection


class DatabaseConnector(ConnectorBase):
    """PostgreSQL, SQLite, MySQL, MariaDB and SQL Server. SQLAlchemy and the driver are loaded
    with the first connection."""

    name = "database"
    label = "Database"
    version = metadata.version("connector-database")
    logger = "connector_database"
    connection_form = CONNECTION
    types = TYPES

    async def open(self, settings: Mapping[str, JSON], host: Host) -> "DatabaseConnection":
        """Raises SettingError, also when the driver is not installed. Opens no connection."""
        from connector_database.address import Address
        from connector_database.connection import DatabaseConnection

        stated = cast("dict[str, str]", settings)
        address = Address.of(stated["url"], stated.get("schema", ""), host.folder)
        return DatabaseConnection(address, host)
