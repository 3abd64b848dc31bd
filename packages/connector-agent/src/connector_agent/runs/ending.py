"""How runs end: finished, abandoned, or not to be continued.

A finished run is stored as finished before its source is told, so that a source which archives
what was read can rely on it. The log's "finished" comes last: where it is missing, the next run
of the operation tells the source first.
"""

import shlex
from collections.abc import Iterator
from typing import Literal

import orjson
from connector_sdk import Body, Call, ConnectorError, Kind, Outcome, Problem, SettingError, Source
from sqlalchemy import Connection, RowMapping, and_, select

from connector_agent.operations.operation import Operation
from connector_agent.project import environment_of
from connector_agent.runs.item import Item, name_of
from connector_agent.runs.ledger import Ledger
from connector_agent.runs.retry import in_snapshot
from connector_agent.runs.run import Run, RunLog, find_run, list_runs, read_log, take_run
from connector_agent.store import Database
from connector_agent.store.tables import intents, outcomes

FINISHED = "finished"


async def finish(run: Run, source: Source, log: RunLog) -> None:
    """Tells the source, unless the limit ended the run earlier, and closes the log."""
    whole = run.limit is None or run.counts.read < run.limit
    if whole and run.cursor is not None:
        for problem in await source.finish(run.cursor):
            await log.add("warning", problem.code, problem.text())
    await log.add("info", FINISHED, closing(run))


async def make_up(database: Database, opened: Operation) -> None:
    """Tells the source of the operation's last run where that was missed. What the source can't
    do then, the check of the new run reports."""
    runs = await database.call(lambda connection: list_runs(connection, opened.document.name, 1))
    if not runs or runs[0].status != FINISHED or in_snapshot(orjson.loads(runs[0].snapshot)):
        return
    events = await database.call(lambda connection: read_log(connection, runs[0].id))
    if any(event.kind == FINISHED for event in events):
        return
    try:
        await finish(runs[0], await opened.open_source(), RunLog(database, runs[0].id))
    except ConnectorError:
        return


def closing(run: Run) -> str:
    """The counts in one line."""
    counts = run.counts
    return (
        f"{counts.read} read: {counts.written} written, {counts.skipped} skipped, "
        f"{counts.refused} refused, {counts.failed} failed, {counts.unknown} unknown; "
        f"{counts.replayed} replayed."
    )


def other_account(run: Run, scope: str) -> Problem:
    return Problem(
        "other_account",
        f"The run {run.id} was begun on {run.scope}, and the connection now leads to {scope}.",
        "Set the key of the account that the run was begun on, then resume. Where that account "
        f"is gone: connector abandon {run.id}",
    )


def require_same(earlier: Run, environment: str) -> None:
    """Another environment may mean another account, so a run continues only in its own."""
    begun = environment_of(orjson.loads(earlier.snapshot))
    if begun != environment:
        raise SettingError(
            Problem(
                "other_environment",
                f"The operation has an unfinished run {earlier.id}, begun "
                + (f"in the environment {begun!r}." if begun else "without an environment."),
                f"Finish that one first: connector resume {earlier.id}; if it can't be continued: "
                f"connector abandon {earlier.id}",
            )
        )


def was_abandoned(run: Run) -> Problem:
    return Problem(
        "run_abandoned",
        f"The run {run.id} was abandoned and can't be continued.",
        f"Start a new one with: connector run {shlex.quote(run.operation)}",
    )


def has_ended(run: Run) -> Problem:
    how = "was abandoned before" if run.status == "abandoned" else "has finished"
    return Problem(
        "run_ended",
        f"The run {run.id} {how}; there is nothing to abandon.",
        "Look at it with: connector outcomes " + run.id,
    )


def not_rebuildable(operation: str, why: str) -> Problem:
    return Problem(
        "not_rebuildable",
        f"What {operation!r} wrote can't be found again: {why}.",
        "Look there for what it wrote, and take it out of the source. To begin then: connector run "
        f"{shlex.quote(operation)} --new",
    )


ABANDONED: Literal["abandoned"] = "abandoned"


async def abandon(database: Database, identifier: str, reason: str) -> Run:
    """Ends the run. Needs no key and calls no system, so that any run can be left. Raises
    SettingError where it has ended."""
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
