"""Names come and go; what stands for an operation in identities and keys is its own for ever."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from connector_agent.runs.identities import (
    Identities,
    count_written,
    hand_on,
    has_identities,
    identity_scope_of,
    operation_of,
)
from connector_agent.runs.item import Item
from connector_agent.runs.keeper import forget
from connector_agent.store import Database
from connector_agent.store.tables import metadata
from connector_agent.store.vault import VAULT, Vault
from connector_sdk import Outcome
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, text

TEST, LIVE = "acct_1/test", "acct_1/live"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "ledger.db")
    yield made
    made.close()


def wrote(connection: Connection, scope: str, operation: str, identity: str, made: str) -> None:
    outcome = Outcome(1, 0, "written", made)
    known = Identities(scope, identity_scope_of(connection, scope, operation), "run")
    known.remember(connection, [Item(outcome.seq, "", b"", identity, outcome=outcome)])


def test_accounts_are_apart(database: Database) -> None:
    def work(connection: Connection) -> None:
        wrote(connection, TEST, "import", "C1", "cus_1")
        hand_on(connection, TEST, "import", "clients")
        assert identity_scope_of(connection, TEST, "clients") == "import"
        assert identity_scope_of(connection, LIVE, "clients") == "clients"
        assert identity_scope_of(connection, LIVE, "import") == "import"
        assert has_identities(connection, TEST, "clients")
        assert not has_identities(connection, TEST, "import")
        assert count_written(connection, TEST, "clients") == 1

    database.call_now(work)


def test_who_is_forgotten_is_told_by_the_name_of_today(database: Database) -> None:
    def work(connection: Connection) -> None:
        wrote(connection, TEST, "import", "C1", "cus_1")
        hand_on(connection, TEST, "import", "clients")
        wrote(connection, TEST, "import", "C1", "cus_2")
        remaining = forget(connection, "C1").remaining
        assert sorted((each.operation, each.object) for each in remaining) == [
            ("clients", "cus_1"),
            ("import", "cus_2"),
        ]

    database.call_now(work)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=12))
def test_no_two_operations_share_what_they_wrote(moves: list[tuple[str, str]]) -> None:
    """Renames and first runs in any order, beside a dictionary that says who wrote what."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.info[VAULT] = Vault()
        metadata.create_all(connection)
        memory: dict[str, str] = {}
        for number, (old, new) in enumerate(moves):
            if old in memory and new not in memory:
                hand_on(connection, TEST, old, new)
                memory[new] = memory.pop(old)
            elif old not in memory:
                wrote(connection, TEST, old, "C1", f"cus_{number}")
                memory[old] = f"cus_{number}"
            for name in "abc":
                stands = identity_scope_of(connection, TEST, name)
                known = Identities(TEST, stands, "").known(connection, ["C1"])
                assert {each.object for each in known.values()} == {
                    memory[each] for each in memory if each == name
                }
                assert name not in memory or operation_of(connection, TEST, stands) == name
        stored = connection.scalar(text("SELECT count(*) FROM identities"))
        assert stored == len(memory)
    engine.dispose()
