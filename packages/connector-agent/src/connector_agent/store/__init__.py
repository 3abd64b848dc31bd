"""The database: engine, tables, migrations."""

from connector_agent.store.database import Database

__all__ = ["Database"]
