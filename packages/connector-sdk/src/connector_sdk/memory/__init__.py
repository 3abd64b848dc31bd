"""A connector that keeps its records in memory, or in one SQLite file: the smallest one that
keeps every promise of the contract, with a target for each guarantee. To try things out, and to
read when you write a connector of your own."""

from connector_sdk.memory.connector import MemoryConnection, MemoryConnector, MemorySettings
from connector_sdk.memory.store import Store

__all__ = ["MemoryConnection", "MemoryConnector", "MemorySettings", "Store"]
