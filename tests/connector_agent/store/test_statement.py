"""Statements that the driver runs, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from connector_agent.runs.identities import Identities, Known
from connector_agent.runs.item import Item
from connector_agent.store.statement import Statement
from connector_agent.store.tables import intents, metadata, runs
from connector_agent.store.vault import VAULT, Vault
from connector_sdk import Body, Call, Kind, Outcome
from sqlalchemy import Connection, bindparam, create_engine, insert, select, update
from sqlalchemy.engine import make_url

from tests.postgresql import postgresql, postgresql_server

__all__ = ["postgresql", "postgresql_server"]

RUN: dict[str, Any] = {
    "id": "run",
    "operation": "import",
    "scope": "a/test",
    "mode": "test",
    "status": "running",
    "epoch": 3,
    "snapshot": b"{}",
    "created": 1.0,
    "updated": 1.0,
    "exhausted": False,
    "seconds": 0.0,
    **dict.fromkeys(("settled", "read", "filtered", "written", "skipped"), 0),
    **dict.fromkeys(("refused", "failed", "unknown", "replayed"), 0),
}
INTENT: dict[str, Any] = {
    "run": "run",
    "step": 0,
    "identity": "A1",
    "at": "a.csv row 1",
    "record": b"\x00{}",
    "key": "k",
    "attempt": 0,
    "action": "create",
    "lock": "",
    "body": b"{}",
    "first_sent": None,
    "synced": True,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    if request.param == "sqlite":
        engine = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    else:
        url = make_url(request.getfixturevalue("postgresql"))
        engine = create_engine(url.set(drivername="postgresql+psycopg"))
    with engine.begin() as made:
        metadata.create_all(made)
        made.execute(insert(runs).values(**RUN))
        made.info[VAULT] = Vault()
        yield made
    engine.dispose()


def test_rows_come_back_as_sqlalchemy_reads_them(connection: Connection) -> None:
    rows = [{**INTENT, "seq": seq, "synced": synced} for seq, synced in ((1, True), (2, None))]
    statement = Statement(insert(intents), intents.c.keys())
    assert statement.run(connection, rows) == 2
    assert statement.run(connection, [{**INTENT, "seq": 3, "synced": False}]) == 1
    found = connection.execute(select(intents).order_by(intents.c.seq)).mappings().all()
    assert [row["synced"] for row in found] == [True, None, False]
    assert [dict(row) for row in found][:2] == rows


def test_it_counts_the_rows_that_it_changed(connection: Connection) -> None:
    ours = update(runs).where(runs.c.epoch == bindparam("of_epoch"))
    statement = Statement(ours, ["read"])
    assert statement.run(connection, [{"read": 7, "of_epoch": 3}]) == 1
    assert statement.run(connection, [{"read": 9, "of_epoch": 2}]) == 0
    assert connection.scalar(select(runs.c.read)) == 7


def test_what_is_taken_back_is_gone(connection: Connection) -> None:
    with connection.begin_nested() as inner:
        Statement(insert(intents), intents.c.keys()).run(connection, [{**INTENT, "seq": 1}])
        inner.rollback()
    assert connection.execute(select(intents)).all() == []


def ended(kind: Kind, id: str = "", attempt: int = 0) -> Item:
    call = Call(1, 0, "k", attempt, 5.0, Body(b"{}"), True)
    return Item(1, "", b"{}", "A1", call=call, outcome=Outcome(1, 0, kind, id))


def test_an_identity_keeps_its_object(connection: Connection) -> None:
    known = Identities("a/test", "import", "run")

    def after(item: Item) -> Known:
        known.remember(connection, [item])
        return known.known(connection, ["A1"])["A1"]

    assert after(ended("refused", "pi_declined")) == Known("refused", "", 1, None, None)
    assert after(ended("unknown", attempt=1)) == Known("unknown", "", 1, 5.0, True)
    assert after(ended("written", "cus_1", attempt=1)) == Known("written", "cus_1", 1, None, None)
    assert after(ended("failed", attempt=1)) == Known("failed", "cus_1", 1, 5.0, True)
    assert after(ended("written", "cus_1")) == Known("written", "cus_1", 0, None, None)
