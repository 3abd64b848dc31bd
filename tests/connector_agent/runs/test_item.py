"""A key is that of one call of one record in one account and mode, and of no other."""

from dataclasses import replace

import pytest
from connector_agent.runs.item import Keys
from connector_agent.runs.keyed import KeyedExecution
from connector_agent.runs.run import new_run

from tests.connector_agent.runs.memory import KeyedTarget, ListSource, Workshop

KEYS = Keys("acct_1/test", "import customers", "20260101-000000-abcd")


def key(
    keys: Keys = KEYS,
    identity: str = "C1",
    step: int = 0,
    action: str = "customers.create",
    attempt: int = 0,
    per_run: bool = False,
) -> str:
    return keys.key(identity, step, action, attempt, per_run=per_run)


def test_it_stays_what_it_is() -> None:
    # Ledgers hold calls with such keys: another one would make a second object of each.
    assert key() == "sc-0fe3ec2f88c692d3b2db4f99a3bbc78f0c75995fbfff5d2c"
    assert key(per_run=True) == "sc-4bc5f775142c6319ccc4d90b4d149c31a27edb0a414f1eb8"


@pytest.mark.parametrize(
    "other",
    [
        key(replace(KEYS, scope="acct_2/test")),
        key(replace(KEYS, scope="acct_1/live")),
        key(replace(KEYS, identity_scope="import others")),
        key(identity="C2"),
        key(step=1),
        key(action="customers.update"),
        key(attempt=1),
        key(per_run=True),
    ],
    ids=["account", "mode", "operation", "identity", "step", "action", "attempt", "per run"],
)
def test_each_part_of_it_counts(other: str) -> None:
    assert other != key()


def test_only_a_key_of_a_run_knows_the_run() -> None:
    other = replace(KEYS, run="20260101-000001-abcd")
    assert key(other) == key()
    assert key(other, per_run=True) != key(per_run=True)


async def test_runs_on_other_accounts_and_modes_send_other_keys(workshop: Workshop) -> None:
    sent: dict[str, set[str]] = {}
    for scope in ("acct_1/test", "acct_1/live", "acct_2/live"):
        run = await workshop.database.call(
            lambda connection, scope=scope: new_run(  # type: ignore[misc]
                connection,
                "import",
                scope=scope,
                mode=scope.partition("/")[2],
                snapshot=b"{}",
                limit=None,
            )
        )
        target = KeyedTarget()
        source = ListSource([{"id": "C1"}, {"id": "C2"}])
        await KeyedExecution(await workshop.parts(run, source, target)).run()
        sent[scope] = {call.key for call in target.sent}
    assert [len(each) for each in sent.values()] == [2, 2, 2]
    assert len(set.union(*sent.values())) == 6
