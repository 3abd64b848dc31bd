"""The connector for SQL databases: what it asks for and what it offers."""

from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, cast

from connector_sdk import CONTRACT, JSON, ActivityType, Form, Host, SettingError, conform

from connector_database.forms import CONNECTION, TYPES

if TYPE_CHECKING:
    from connector_database.connection import DatabaseConnection


class DatabaseConnector:
    """PostgreSQL, SQLite, MySQL, MariaDB and SQL Server. SQLAlchemy and the driver are loaded
    with the first connection."""

    name = "database"
    label = "Database"
    version = metadata.version("connector-database")
    contract = CONTRACT
    oldest_agent = "10.1"
    logger = "connector_database"

    def form(self) -> Form:
        return CONNECTION

    def activity_types(self) -> Sequence[ActivityType]:
        return TYPES

    async def connect(self, settings: Mapping[str, JSON], host: Host) -> "DatabaseConnection":
        """Raises SettingError, also when the driver is not installed. Opens no connection."""
        from connector_database.address import Address
        from connector_database.connection import DatabaseConnection

        values, problems = conform(CONNECTION.as_field(), dict(settings))
        if problems:
            raise SettingError(*problems)
        stated = cast(dict[str, str], values)
        address = Address.of(stated["url"], stated.get("schema", ""), host.folder)
        return DatabaseConnection(address, host)
