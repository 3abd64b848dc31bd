"""Gives up a run that can't or is not to go on. What may have been sent stays known."""

from collections.abc import Iterator
from typing import Literal

from connector_sdk import Body, Call, Kind, Outcome, Problem, SettingError
from sqlalchemy import Connection, RowMapping, and_, select

from connector_agent.runs.finishing import closing
from connector_agent.runs.going_on import has_ended
from connector_agent.runs.item import Item
from connector_agent.runs.key import name_of
from connector_agent.runs.ledger import Ledger
from connector_agent.runs.log import RunLog
from connector_agent.runs.run import Run, find_run, take_run
from connector_agent.store import Database
from connector_agent.store.tables import intents, outcomes

ABANDONED: Literal["abandoned"] = "abandoned"


async def abandon(database: Database, identifier: str, reason: str) -> Run:
    """The run as it ended. Nothing is decrypted and nobody is called, so that a run is left
    also where its keys are lost. Raises SettingError where the run has ended before."""
    run = await database.call(lambda connection: _abandon(connection, identifier, reason))
    await database.mark()
    log = RunLog(database, run.id)
    if run.problem is not None:
        await log.add("warning", ABANDONED, run.problem.text())
    await log.add("info", ABANDONED, closing(run))
    return run


def _abandon(connection: Connection, identifier: str, reason: str) -> Run:
    before = find_run(connection, identifier)
    if not before.unfinished:
        raise SettingError(has_ended(before))
    if not reason and before.problem is not None:
        reason = before.problem.message
    ledger = Ledger.of(connection, take_run(connection, before.id))
    ledger.settle(connection, list(_ended(connection, ledger, reason)))
    if before.position is None:  # only positioned targets keep what was written elsewhere
        counts = ledger.recount(connection)
        ledger.checkpoint(connection, counts.read, counts, before.seconds)
    why = Problem(ABANDONED, _because("It was abandoned.", reason))
    ledger.end(connection, ABANDONED, why, before.seconds)
    return find_run(connection, before.id)


def _ended(connection: Connection, ledger: Ledger, reason: str) -> Iterator[Item]:
    pending = (
        select(
            intents.c.seq,
            intents.c.step,
            intents.c.identity,
            intents.c.at,
            intents.c.key,
            intents.c.attempt,
            intents.c.action,
            intents.c.first_sent,
            intents.c.synced,
        )
        .outerjoin(
            outcomes,
            and_(
                outcomes.c.run == intents.c.run,
                outcomes.c.seq == intents.c.seq,
                outcomes.c.step == intents.c.step,
            ),
        )
        .where(intents.c.run == ledger.run.id, outcomes.c.seq.is_(None))
        .order_by(intents.c.seq, intents.c.step)
    )
    for row in connection.execute(pending).mappings():
        problem = _problem(ledger, row, reason)
        kind: Kind = "failed" if row["first_sent"] is None else "unknown"
        call = Call(
            row["seq"],
            row["step"],
            row["key"],
            row["attempt"],
            row["first_sent"],
            Body(b"", row["action"]),
            bool(row["synced"]),
        )
        yield Item(
            row["seq"],
            row["at"],
            b"",
            row["identity"],
            step=row["step"],
            call=call,
            outcome=Outcome(row["seq"], row["step"], kind, problem=problem),
            stored=True,
        )


def _problem(ledger: Ledger, row: RowMapping, reason: str) -> Problem:
    if row["first_sent"] is None:
        return Problem(
            ABANDONED,
            _because("The run was abandoned before this record was sent.", reason),
            "A new run of the operation sends it.",
            at=row["at"],
        )
    name = name_of(row["identity"], row["seq"])
    own = ledger.keys.key(name, row["step"], row["action"], row["attempt"], per_run=True)
    return Problem(
        ABANDONED,
        _because("The run was abandoned, and this record may have been sent.", reason),
        "Look for it by its key, which 'connector outcomes --json' shows: a new run writes it once "
        "more."
        if row["key"] == own
        else "A new run of the operation looks for it, and sends it only if it is not there.",
        at=row["at"],
    )


def _because(what: str, reason: str) -> str:
    return f"{what} The reason: {reason}" if reason else what
