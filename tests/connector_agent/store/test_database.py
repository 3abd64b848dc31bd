"""The database file: migrations, transactions, and what it says when it can't be used."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from connector_agent.runs.identities import Identities, identity_scope_of
from connector_agent.store import Database, migrations
from connector_agent.store.migrations import NEWEST
from connector_agent.store.tables import metadata
from connector_sdk import SettingError
from sqlalchemy import Connection, create_engine, text


@pytest.fixture
def database(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = Database(tmp_path / "deep" / "ledger.db")
    yield made
    made.close()


def test_migrations_lead_to_the_tables(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert database.call_now(differences) == []
    assert (
        database.call_now(lambda c: c.scalar(text("SELECT version_num FROM alembic_version")))
        == NEWEST
    )


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def half(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE t (x)"))
        connection.execute(text("INSERT INTO t VALUES (1)"))
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        database.call_now(half)
    tables = text("SELECT count(*) FROM sqlite_master WHERE name = 't'")
    assert database.call_now(lambda c: c.scalar(tables)) == 0


def test_every_commit_is_synchronised(database: Database) -> None:
    assert database.call_now(lambda c: c.scalar(text("PRAGMA synchronous"))) == 2
    assert database.call_now(lambda c: c.scalar(text("PRAGMA journal_mode"))) == "wal"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"this is no database, only some text that is long enough" * 20)
    database = Database(path)
    with pytest.raises(SettingError) as error:
        database.call_now(lambda c: c.scalar(text("SELECT 1")))
    database.close()
    assert str(path) in str(error.value)
    assert "don't delete it" in str(error.value)


def test_what_the_first_shape_holds_stays(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO identities VALUES "
                "('acct_1/test', 'import', 'C1', 'written', 'cus_1', 0, NULL, 'r', 1, 0.0)"
            )
        )
    engine.dispose()
    database = Database(path)
    known = database.call_now(
        lambda connection: Identities(
            "acct_1/test", identity_scope_of(connection, "acct_1/test", "import"), ""
        ).known(connection, ["C1"])
    )
    database.close()
    assert known["C1"].object == "cus_1"


def test_a_ledger_of_a_newer_version(database: Database) -> None:
    database.call_now(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    later = Database(database.path)
    with pytest.raises(SettingError) as error:
        later.call_now(lambda c: c.scalar(text("SELECT 1")))
    later.close()
    assert error.value.problem.code == "ledger_newer"


def test_a_second_process_waits_for_the_first_to_migrate(tmp_path: Path) -> None:
    databases = [Database(tmp_path / "ledger.db") for _ in range(4)]
    for database in databases:
        assert database.call_now(lambda c: c.scalar(text("SELECT 1"))) == 1
    for database in databases:
        database.close()
