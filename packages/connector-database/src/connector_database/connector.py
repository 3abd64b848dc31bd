"""The connector for SQL databases: what it asks for and what it offers."""

from importlib import metadata
from typing import TYPE_CHECKING

from connector_sdk import ConnectorBase, Host

from connector_database.forms import TYPES, DatabaseSettings

if TYPE_CHECKING:
    from connector_database.connection import DatabaseConnection


class DatabaseConnector(ConnectorBase[DatabaseSettings]):
    """PostgreSQL, SQLite, MySQL, MariaDB and SQL Server. SQLAlchemy and the driver are loaded
    with the first connection."""

    name = "database"
    label = "Database"
    version = metadata.version("connector-database")
    logger = "connector_database"
    settings = DatabaseSettings
    types = TYPES

    async def open(self, settings: DatabaseSettings, host: Host) -> "DatabaseConnection":
        """Raises SettingError, also when the driver is not installed. Opens no connection."""
        from connector_database.address import Address
        from connector_database.connection import DatabaseConnection

        address = Address.of(settings.url, settings.schema, host.folder)
        return DatabaseConnection(address, host)
