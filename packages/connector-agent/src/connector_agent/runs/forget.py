"""Erases what the ledger keeps of one person."""

from collections.abc import Sequence
from dataclasses import dataclass

from connector_sdk import Problem, SettingError
from sqlalchemy import Connection, delete, select, text, update

from connector_agent.runs.identity_scope import operation_of
from connector_agent.runs.run import UNFINISHED
from connector_agent.store.tables import identities, intents, outcomes, runs
from connector_agent.store.vault import vault_of

_ERASED = b'{"erased":true}'
_NOBODY = "(erased)"


@dataclass(frozen=True, slots=True)
class Remaining:
    """An object that an operation wrote for the identity and that is still in the target."""

    operation: str
    scope: str
    object: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows were erased, and what is left in the targets."""

    records: int
    outcomes: int
    remaining: Sequence[Remaining]


def forget(connection: Connection, identity: str) -> Forgotten:
    """Erases the records, requests and problems of an identity from every run, and the memory
    of what was written for it. That there were records, when, and what became of them stays,
    so that the counts of old runs still add up.

    Raises SettingError while an unfinished run still has to send something for the identity.
    """
    _refuse_pending(connection, identity)
    remaining = [
        Remaining(
            operation_of(connection, row.scope, row.identity_scope.partition("//")[0]),
            row.scope,
            row.object,
        )
        for row in connection.execute(
            select(identities).where(identities.c.identity == identity, identities.c.object != "")
        )
    ]
    erased = vault_of(connection).seal(_ERASED)
    of_intents = connection.execute(
        update(intents)
        .where(intents.c.identity == identity)
        .values(identity=_NOBODY, record=erased, body=erased, lock="")
    )
    of_outcomes = connection.execute(
        update(outcomes)
        .where(outcomes.c.identity == identity)
        .values(identity=_NOBODY, problem=None)
    )
    connection.execute(
        update(outcomes)
        .where(outcomes.c.identity == _NOBODY, outcomes.c.record.is_not(None))
        .values(record=erased)
    )
    connection.execute(delete(identities).where(identities.c.identity == identity))
    return Forgotten(of_intents.rowcount, of_outcomes.rowcount, remaining)


def wipe(connection: Connection) -> None:
    """Overwrites what erased rows left behind in the file, outside of any transaction."""
    connection.execute(text("VACUUM"))
    connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def _refuse_pending(connection: Connection, identity: str) -> None:
    open_run = connection.execute(
        select(runs.c.id, runs.c.operation)
        .join(intents, intents.c.run == runs.c.id)
        .where(intents.c.identity == identity, runs.c.status.in_(UNFINISHED))
        .limit(1)
    ).first()
    if open_run is not None:
        raise SettingError(
            Problem(
                "run_unfinished",
                f"The unfinished run {open_run.id} of {open_run.operation!r} still holds records "
                "of this identity.",
                f"Let it come to its end first: connector resume {open_run.id}; where it can't "
                f"go on: connector abandon {open_run.id}",
            )
        )
