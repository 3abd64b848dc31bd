"""The end of a run that finished: its source hears of it, then its log.

The run is stored as finished before that, so that whoever puts away what was read relies on it.
The log's "finished" comes last: where it is missing, the process ended in between, and the next
run of the operation makes up for it before it reads anything.
"""

import orjson
from connector_sdk import ConnectorError, Source

from connector_agent.operations.operation import Operation
from connector_agent.runs.log import RunLog, read_log
from connector_agent.runs.retry import in_snapshot
from connector_agent.runs.run import Run, list_runs
from connector_agent.store import Database

FINISHED = "finished"


async def finish(run: Run, source: Source, log: RunLog) -> None:
    """Tells the source, unless the run's limit came before its end, and the log."""
    whole = run.limit is None or run.counts.read < run.limit
    if whole and run.cursor is not None:
        for problem in await source.finish(run.cursor):
            await log.add("warning", problem.code, problem.text())
    await log.add("info", FINISHED, closing(run))


async def make_up(database: Database, opened: Operation) -> None:
    """Ends the last run of an operation where it finished and its source was not told. What the
    source can't do with it is left to the check of the new run."""
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
    """What became of the records, in one line."""
    counts = run.counts
    return (
        f"{counts.read} read: {counts.written} written, {counts.skipped} skipped, "
        f"{counts.refused} refused, {counts.failed} failed, {counts.unknown} unknown; "
        f"{counts.replayed} replayed."
    )
