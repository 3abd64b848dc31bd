"""Whether a ledger is whole: its file, its mark, and the counts of its runs."""

from collections.abc import Iterator
from typing import NamedTuple

from connector_sdk import Problem
from sqlalchemy import Connection, func, select

from connector_agent.runs.counts import Counts
from connector_agent.runs.run import UNFINISHED
from connector_agent.store import Database
from connector_agent.store.mark import generation_of, loss_in
from connector_agent.store.tables import identities, intents, outcomes, runs

_KINDS = ("written", "skipped", "refused", "failed", "unknown")


class Verified(NamedTuple):
    """What the ledger holds, and what is wrong with it."""

    faults: list[Problem]
    runs: int = 0
    identities: int = 0
    generation: int = 0


async def verify(database: Database) -> Verified:
    """Reads all of the ledger and changes nothing. Raises as the database does where it can't
    be opened for another reason than a loss."""
    lost = await database.lost(thorough=True)
    if lost is not None and not await database.readable():
        return Verified([lost])
    found = await database.call(_verified)
    return found._replace(faults=[*([lost] if lost is not None else []), *found.faults])


def _verified(connection: Connection) -> Verified:
    faults = [*_loose(connection), *_miscounted(connection)]
    loss = loss_in(connection)
    if loss:
        faults.append(
            Problem(
                "ledger_incomplete",
                f"The ledger is not complete. What was noticed when it lost something: {loss}",
                "Each operation asks once before its next run; 'connector ledger rebuild' looks "
                "for what it wrote.",
                warning=True,
            )
        )
    return Verified(
        faults,
        connection.scalar(select(func.count()).select_from(runs)) or 0,
        connection.scalar(select(func.count()).select_from(identities)) or 0,
        generation_of(connection).generation,
    )


def _loose(connection: Connection) -> Iterator[Problem]:
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if rows:
        tables = ", ".join(sorted({str(row[0]) for row in rows}))
        yield _fault("ledger_loose", f"{len(rows):,} rows of {tables} belong to no run.")


def _miscounted(connection: Connection) -> Iterator[Problem]:
    """Runs that have ended and whose counts are not those of their records."""
    stored: dict[str, dict[str, int]] = {}
    for run, kind, count in connection.execute(
        select(outcomes.c.run, outcomes.c.kind, func.count()).group_by(
            outcomes.c.run, outcomes.c.kind
        )
    ):
        stored.setdefault(run, {})[kind] = count
    same = (
        (outcomes.c.run == intents.c.run)
        & (outcomes.c.seq == intents.c.seq)
        & (outcomes.c.step == intents.c.step)
    )
    without = connection.execute(
        select(intents.c.run, func.count())
        .outerjoin(outcomes, same)
        .where(outcomes.c.seq.is_(None))
        .group_by(intents.c.run)
    )
    pending = {str(row[0]): int(row[1]) for row in without}
    names = list(Counts().as_dict())
    ended = select(runs.c.id, runs.c.position, *(runs.c[name] for name in names)).where(
        runs.c.status.not_in(UNFINISHED)
    )
    for row in connection.execute(ended).mappings():
        identifier = row["id"]
        total = sum(row[kind] for kind in _KINDS)
        if row["read"] != total:
            yield _fault(
                "ledger_miscounted",
                f"The run {identifier} read {row['read']:,} records and has {total:,} outcomes.",
            )
        if pending.get(identifier):
            yield _fault(
                "ledger_pending",
                f"The run {identifier} has ended, and {pending[identifier]:,} of its records have "
                "no outcome.",
            )
        # What a positioned target has written stands there, and not in the ledger.
        kinds = _KINDS[1:] if row["position"] is not None else _KINDS
        there = stored.get(identifier, {})
        for kind in kinds:
            if there.get(kind, 0) != row[kind]:
                yield _fault(
                    "ledger_miscounted",
                    f"The run {identifier} counts {row[kind]:,} records as {kind}, and "
                    f"{there.get(kind, 0):,} are stored.",
                )


def _fault(code: str, message: str) -> Problem:
    return Problem(
        code, message, "Put a copy in the place of the ledger: connector ledger restore FILE"
    )
