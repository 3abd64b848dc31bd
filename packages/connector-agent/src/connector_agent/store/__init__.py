"""The database: engine, tables, migrations. The bottom of the house."""

from connector_agent.store.database import Database

__all__ = ["Database"]
