"""An empty database for each test: of SQLite, and of PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from connector_database.address import Address
from connector_database.connection import DatabaseConnection
from connector_sdk import MemoryHost

from tests.connector_database.workbench import Workbench
from tests.postgresql import postgresql, postgresql_server

__all__ = ["postgresql", "postgresql_server"]

pytest.register_assert_rewrite("connector_sdk.conformance")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each system that is tested."""
    if request.param == "sqlite":
        (tmp_path / "test.db").touch()
        return "sqlite:///test.db"
    found: str = request.getfixturevalue("postgresql")
    return found


@pytest.fixture
async def bench(url: str, tmp_path: Path) -> AsyncIterator[Workbench]:
    """The database with a connection to it."""
    host = MemoryHost(folder=tmp_path)
    connection = DatabaseConnection(Address.of(url, "", tmp_path), host)
    yield Workbench(url, tmp_path, host, connection)
    await connection.close()


@pytest.fixture
async def postgresql_bench(postgresql: str, tmp_path: Path) -> AsyncIterator[Workbench]:
    """A database of PostgreSQL, for what only that has."""
    host = MemoryHost(folder=tmp_path)
    connection = DatabaseConnection(Address.of(postgresql, "", tmp_path), host)
    yield Workbench(postgresql, tmp_path, host, connection)
    await connection.close()


@pytest.fixture
async def sqlite_bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    """A database of SQLite, for what only that has."""
    (tmp_path / "test.db").touch()
    url = "sqlite:///test.db"
    host = MemoryHost(folder=tmp_path)
    connection = DatabaseConnection(Address.of(url, "", tmp_path), host)
    yield Workbench(url, tmp_path, host, connection)
    await connection.close()
