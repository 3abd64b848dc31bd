"""Executes one run that this process takes, from its start or resume to its end."""

import asyncio
import time
from pathlib import Path
from typing import NamedTuple

import orjson
from connector_sdk import (
    ConnectorError,
    MemoryHost,
    Problem,
    SettingError,
    Source,
    SourceChangedError,
    Target,
    TargetLostError,
)

from connector_agent.operations.operation import Operation
from connector_agent.runs.ending import (
    FINISHED,
    closing,
    finish,
)
from connector_agent.runs.execution import Halt, Parts
from connector_agent.runs.executions import execution_of
from connector_agent.runs.ledger import Ledger, LostRunError
from connector_agent.runs.results import Results
from connector_agent.runs.retry import (
    in_snapshot,
    open_source,
)
from connector_agent.runs.run import (
    Progress,
    Run,
    RunLog,
    Status,
    Watch,
    find_run,
    take_run,
)
from connector_agent.runs.stage import stage_of
from connector_agent.store import Database


class Driver:
    """Executes a run of the operation `opened` of the project in `folder`."""

    def __init__(
        self, folder: Path, database: Database, opened: Operation, host: MemoryHost, watch: Watch
    ) -> None:
        self._folder = folder
        self._database = database
        self._opened = opened
        self._host = host
        self._watch = watch

    async def execute(
        self, run: Run, target: Target, *, resumed: bool, lost: Problem | None = None
    ) -> Run:
        """The run at its end. `lost` says why its target is written from the start. Raises
        SettingError where another process has taken the run."""
        opened = self._opened
        taken = await self._database.call(lambda connection: take_run(connection, run.id))
        log = RunLog(self._database, run.id)
        await log.add("info", "resumed" if resumed else "started", _opening(taken, opened))
        ledger = await self._database.call(lambda connection: Ledger.of(connection, taken))
        if lost is not None:
            await log.add("warning", lost.code, lost.text())
            ledger.run = await self._database.call(ledger.begin_anew)
        began = time.monotonic()
        try:
            end = await self._drive(ledger, target, log, resumed)
        except LostRunError:
            raise SettingError(
                Problem(
                    "run_taken",
                    f"Another process has taken the run {run.id}; this one ended.",
                    "Look at it with 'connector runs'.",
                )
            ) from None
        except ConnectorError as error:  # of the target's end, or of a source that won't open
            end = _End("stopped", error.problem)
        seconds = taken.seconds + time.monotonic() - began
        await self._database.call(
            lambda connection: ledger.end(connection, end.status, end.problem, seconds)
        )
        await self._database.mark()
        ended = await self._database.call(lambda connection: find_run(connection, run.id))
        if end.problem is not None:
            await log.add_problem(end.status, end.problem)
        elif end.status == FINISHED and end.source is not None:
            if not resumed and in_snapshot(orjson.loads(run.snapshot)) is None:
                for warning in opened.composition.never_there():
                    await log.add("warning", warning.code, warning.text())
            await finish(ended, end.source, log)
        else:
            await log.add("info", end.status, closing(ended))
        return ended

    async def _drive(self, ledger: Ledger, target: Target, log: RunLog, resumed: bool) -> "_End":
        opened, host = self._opened, self._host
        document = opened.document
        while True:
            retry = in_snapshot(orjson.loads(ledger.run.snapshot))
            execution_type = execution_of(target)
            counts = await execution_type.counts(self._database, ledger, target)
            source, file = await open_source(retry, opened, self._database, host)
            results = Results(
                self._folder,
                document.results,
                self._database,
                ledger.run.id,
                [field.name for field in opened.source.schemas.response.fields],
            )
            parts = Parts(
                database=self._database,
                ledger=ledger,
                log=log,
                host=host,
                source=source,
                target=target,
                stage=stage_of(opened, ledger.run.scope, self._database),
                options=document.options,
                results=results,
                counts=counts,
                started=time.monotonic(),
                resend=target.guarantee == "none" and _unknown_again(ledger.run),
            )
            execution = execution_type(parts)
            total = await source.total() if ledger.run.limit is None else ledger.run.limit
            environment = opened.environment
            self._watch(
                Progress(ledger.run, parts.counts, total, resumed, execution.stop, environment)
            )
            complete = False
            try:
                await results.catch_up(ledger.run.settled)
                complete = await execution.run()
                await results.catch_up(None)
            except Halt as halt:
                return _End("stopped", halt.problem, source)
            except (SourceChangedError, TargetLostError) as changed:
                if not execution.starts_over:
                    return _End("stopped", changed.problem, source)
                await log.add("warning", changed.problem.code, changed.problem.text())
            except ConnectorError as error:
                return _End("stopped", error.problem, source)
            else:
                return _End("finished" if complete else "interrupted", None, source)
            finally:
                results.close()
                if file is not None:
                    await file.close()
                await asyncio.shield(target.finish(complete))
            # Nobody has seen the unfinished target: it is written from the start.
            ledger.run = await self._database.call(ledger.begin_anew)
            target = await opened.target.connection.target(opened.target.activity)


class _End(NamedTuple):
    """How an execution ended, and what it read from."""

    status: Status
    problem: Problem | None
    source: Source | None = None


def _unknown_again(run: Run) -> bool:
    """Whether a person wants records of unknown outcome sent again."""
    retry = in_snapshot(orjson.loads(run.snapshot))
    return retry is not None and "unknown" in retry.kinds


def _opening(run: Run, opened: Operation) -> str:
    document = opened.document
    environment = f", environment {opened.environment}" if opened.environment else ""
    return f"{document.source} to {document.target} as {run.scope} ({run.mode}{environment})."
