"""URLs of databases: what they lead to, and that nothing secret is in a message."""

from pathlib import Path

import pytest
from connector_database import address as addresses
from connector_database.address import Address
from connector_database.connection import DatabaseConnection
from connector_database.connector import DatabaseConnector
from connector_sdk import CredentialError, MemoryHost, SettingError, UnreachableError
from sqlalchemy.engine import make_url

SECRET = "hunter22"


@pytest.mark.parametrize(
    ("url", "driver", "scope"),
    [
        ("postgresql://u:p@db/shop", "postgresql+psycopg", "database:postgresql://db/shop"),
        ("postgres://u@db:5433/shop", "postgresql+psycopg", "database:postgresql://db:5433/shop"),
        ("postgresql+psycopg://db/shop", "postgresql+psycopg", "database:postgresql://db/shop"),
        ("mysql://db/shop", "mysql+pymysql", "database:mysql://db/shop"),
        ("mariadb://db/shop", "mariadb+pymysql", "database:mariadb://db/shop"),
        ("mssql://db/shop", "mssql+pyodbc", "database:mssql://db/shop"),
        ("sqlite:///shop.db", "sqlite+pysqlite", "database:sqlite:shop.db"),
    ],
)
def test_urls(
    url: str, driver: str, scope: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_require_driver", lambda _: None)
    found = Address.of(url, "", tmp_path)
    assert (found.url.drivername, found.scope) == (driver, scope)
    assert Address.of(url, "sales", tmp_path).scope == f"{scope}/sales"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (f"postgresql//u:{SECRET}@db/shop", "bad_url"),
        (f"postgresql://u:{SECRET}@db:port/shop", "bad_url"),
        (f"postgresq://u:{SECRET}@db/shop", "unknown_database"),
        (f"oracle://u:{SECRET}@db/shop", "unknown_database"),
        (f"postgresql+pg8000://u:{SECRET}@db/shop", "unknown_driver"),
        ("sqlite://", "no_database_file"),
        ("sqlite:///:memory:", "no_database_file"),
    ],
)
def test_faults_of_urls(url: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as caught:
        Address.of(url, "", tmp_path)
    problem = caught.value.problem
    assert (problem.code, problem.path) == (code, "url")
    assert problem.remedy
    assert SECRET not in problem.text()


def test_a_driver_that_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pymysql", None)
    with pytest.raises(SettingError, match=r"connector-database\[mysql\]"):
        Address.of("mysql://db/shop", "", tmp_path)


async def test_nobody_answers(tmp_path: Path) -> None:
    url = f"postgresql://u:{SECRET}@127.0.0.1:1/shop"
    connection = await DatabaseConnector().connect({"url": url}, MemoryHost(folder=tmp_path))
    tested = await connection.test()
    assert not tested.ok
    assert tested.problem is not None
    assert tested.problem.code == "database_unreachable"
    assert SECRET not in repr(tested) + repr(connection)
    with pytest.raises(UnreachableError):
        await connection.choices("read", [])
    await connection.close()


async def test_a_user_that_is_not_known(postgresql: str, tmp_path: Path) -> None:
    url = make_url(postgresql).set(username="nobody_here").render_as_string(hide_password=False)
    connection = DatabaseConnection(Address.of(url, "", tmp_path), MemoryHost(folder=tmp_path))
    with pytest.raises(CredentialError):
        await connection.choices("read", [])
    await connection.close()


async def test_what_it_is(postgresql: str, tmp_path: Path) -> None:
    connection = DatabaseConnection(
        Address.of(postgresql, "", tmp_path), MemoryHost(folder=tmp_path)
    )
    tested = await connection.test()
    assert tested.ok
    assert tested.api_version.startswith("PostgreSQL ")
    assert tested.account == (await connection.scope()).removeprefix("database:")
    await connection.close()
