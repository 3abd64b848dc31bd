"""A ledger of an older version resumes: its keys, markers and intents mean what they meant."""

import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from connector_agent.runs.ledger import Ledger
from connector_agent.runs.run import Run, list_runs
from connector_agent.runs.runner import Runner
from connector_agent.store.tables import intents
from sqlalchemy import Connection, select
from stripe_connector.sandbox import Sandbox

from tests.connector_agent.runs.old_ledger.make import KEY, RECORDS, write_project
from tests.end_to_end.crash_project import customers

HERE = Path(__file__).parent / "old_ledger"


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """The sandbox that the ledger wrote to."""
    write_project(tmp_path)
    (tmp_path / ".connector").mkdir()
    shutil.copy(HERE / "ledger.db", tmp_path / ".connector" / "ledger.db")
    shutil.copy(HERE / "sandbox.db", tmp_path / "sandbox.db")
    async with Sandbox(seed=6, data=tmp_path / "sandbox.db") as made:
        yield made


@pytest.fixture
async def runner(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Runner]:
    made = Runner(tmp_path, {"STRIPE_API_KEY": KEY, "SANDBOX_ADDRESS": sandbox.address})
    yield made
    made.close()


async def made_of(sandbox: Sandbox) -> Counter[str]:
    found = await customers(sandbox.address, KEY)
    assert all(each["metadata"]["connector_key"].startswith("sc-") for each in found)
    return Counter(each["metadata"]["crm_id"] for each in found)


def every(letter: str) -> dict[str, int]:
    return {f"{letter}{n}": 1 for n in range(1, RECORDS + 1)}


async def test_it_resumes_with_nothing_lost_and_nothing_doubled(
    runner: Runner, sandbox: Sandbox
) -> None:
    runs = await runner.database.call(list_runs)
    states = {(run.operation, run.status): run for run in runs}
    killed = states[("import", "running")]
    before = await made_of(sandbox)
    assert set(before.values()) == {1}
    answered = sum(name.startswith("C") for name in before)
    assert killed.counts.settled < answered < RECORDS, "some were made and never answered"
    for run in (killed, states[("import more", "interrupted")]):
        ended = await runner.resume(run.id, lambda progress: None)
        assert (ended.status, ended.problem) == ("finished", None)
        assert ended.counts.pending == 0
        assert ended.counts.written + ended.counts.skipped == RECORDS
    assert await made_of(sandbox) == {**every("C"), **every("M")}
    again = await runner.run("import", None, lambda progress: None)
    assert (again.counts.skipped, again.counts.written) == (RECORDS, 0)
    assert await made_of(sandbox) == {**every("C"), **every("M")}


async def test_its_keys_are_the_ones_that_would_be_made_now(runner: Runner) -> None:
    for run in await runner.database.call(list_runs):
        ledger, rows = await runner.database.call(partial(_ledger_and_rows, run=run))
        assert rows
        for row in rows:
            made = ledger.keys.key(row.identity, row.step, row.action, row.attempt, per_run=False)
            assert made == row.key
            assert json.loads(row.body)


def _ledger_and_rows(connection: Connection, run: Run) -> tuple[Ledger, Sequence[Any]]:
    of_run = select(intents).where(intents.c.run == run.id)
    return Ledger.of(connection, run), connection.execute(of_run).all()
