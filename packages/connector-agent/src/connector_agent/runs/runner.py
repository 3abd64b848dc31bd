"""Starts, resumes and abandons runs of a project's operations, in this process."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
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

from connector_agent.operations.compatibility import guarantee_faults, has_to_remember
from connector_agent.operations.operation import Operation, open_operation, require
from connector_agent.project import STATE, Project, environment_of
from connector_agent.runs.consent import NOBODY, Asking, Consent, allowed, noted, was_given
from connector_agent.runs.ending import (
    FINISHED,
    abandon,
    closing,
    finish,
    make_up,
    other_account,
    require_same,
    was_abandoned,
)
from connector_agent.runs.execution import Halt, Parts
from connector_agent.runs.executions import execution_of
from connector_agent.runs.identities import account_for, unaccounted
from connector_agent.runs.keeper import Keeper, sealing_faults
from connector_agent.runs.ledger import Ledger, LostRunError
from connector_agent.runs.lock import OperationLock
from connector_agent.runs.renaming import unrecognised
from connector_agent.runs.results import Results
from connector_agent.runs.retry import (
    Retry,
    in_snapshot,
    kinds_of,
    open_source,
    require_other_file,
    require_readable,
    retry_fault,
)
from connector_agent.runs.run import (
    Progress,
    Run,
    RunLog,
    Status,
    Watch,
    find_run,
    new_run,
    take_run,
    unfinished_run,
)
from connector_agent.runs.stage import stage_of
from connector_agent.store import Database
from connector_agent.store.vault import Vault


class Runner:
    """The runs of one project, and its `ledger`. New runs use its `environment`; a resumed run
    its own. Close it."""

    def __init__(self, folder: Path, environ: Mapping[str, str], environment: str = "") -> None:
        self.folder = folder
        self.environ = environ
        self.environment = environment
        self.database = Database(folder / STATE / "ledger.db", Vault.from_environment(environ))
        self.ledger = Keeper(folder, environ, environment, self.database)

    def close(self) -> None:
        self.database.close()

    async def run(
        self,
        operation: str,
        limit: int | None,
        watch: Watch,
        retry: Retry | None = None,
        *,
        new: bool = False,
        consent: Consent = NOBODY,
    ) -> Run:
        """Runs the operation, or resumes its unfinished run as stored (`Progress.resumed`).
        Returns the run at its end. Raises SettingError with every fault found before the first
        record (`new` accepts a ledger that wouldn't recognise what was written), CredentialError
        or UnreachableError. `consent` answers for what moves money or can't be undone on a live
        account."""
        project = Project.load(self.folder, self.environ, self.environment)
        name = project.operation(operation).name
        if retry is not None and retry.file:
            results = project.operation(operation).results
            require_other_file(
                Path(retry.file), [self.folder / path for path in results.paths.values()]
            )
            await require_readable(Path(retry.file), self._host())
        with self._lock(name):
            await self.ledger.require(name, new=new)
            earlier = await self.database.call(lambda connection: unfinished_run(connection, name))
            if earlier is not None:
                require_same(earlier, project.environment)
                return await self._continue(earlier, watch, consent, new=new)
            host = self._host()
            async with open_operation(project, name, host) as opened:
                await make_up(self.database, opened)
                require(await opened.check())
                connection = opened.target.connection
                guard = await connection.guard(opened.target.activity)
                ready = allowed(opened) if guard is not None else opened
                target = await connection.target(ready.target.activity)
                scope = await connection.scope()
                faults = guarantee_faults(opened.document, target.guarantee)
                faults += await self.database.call(sealing_faults)
                if has_to_remember(opened.document, target.guarantee) and not new:
                    faults += await self.database.call(
                        lambda connection: [
                            *unaccounted(connection, scope, name),
                            *unrecognised(connection, project, name, scope),
                        ]
                    )
                if faults:
                    await target.finish(complete=False)
                    raise SettingError(*faults)
                execution_of(target)
                stored = project.snapshot(name)
                if guard is not None:
                    await target.finish(complete=False)
                    asking = Asking(self.database, opened, scope, guard, consent)
                    source = partial(open_source, retry, opened, self.database, host)
                    ready = await asking.before(source, limit, local=retry is not None)
                    stored.update(noted(ready))
                    target = await connection.target(ready.target.activity)
                if retry is not None:
                    stored["retry"] = retry._asdict()
                snapshot = orjson.dumps(stored)
                if new:
                    await self.database.call(
                        lambda connection: account_for(connection, scope, name)
                    )
                run = await self.database.call(
                    lambda connection: new_run(
                        connection,
                        name,
                        scope=scope,
                        mode=opened.target.connection.mode,
                        snapshot=snapshot,
                        limit=limit,
                    )
                )
                return await self._execute(run, ready, host, target, watch, resumed=False)

    async def retry(
        self,
        identifier: str,
        file: str,
        unknown: bool,
        limit: int | None,
        watch: Watch,
        consent: Consent = NOBODY,
    ) -> Run:
        """A new run, with the current project, of an earlier run's refused and failed records,
        with `unknown` also those of unknown outcome; from the ledger, or corrected in `file` (an
        absolute path, "" for none). Otherwise as `run`."""
        of = await self.find(identifier)
        retry = Retry(of.id, kinds_of(unknown), file)
        fault = retry_fault(of, retry)
        if fault is not None:
            raise SettingError(fault)
        self.environment = environment_of(orjson.loads(of.snapshot))
        return await self.run(of.operation, limit, watch, retry, consent=consent)

    async def resume(self, identifier: str, watch: Watch, consent: Consent = NOBODY) -> Run:
        """Resumes an unfinished run as stored; returns a finished one unchanged, without calling
        `watch`. Raises SettingError for an abandoned one."""
        await self.ledger.require()
        run = await self.find(identifier)
        if run.status == "abandoned":
            raise SettingError(was_abandoned(run))
        if not run.unfinished:
            return run
        with self._lock(run.operation):
            return await self._continue(await self.find(run.id), watch, consent)

    async def abandon(self, identifier: str, reason: str = "") -> Run:
        """Ends an unfinished run for a `reason`: its pending records get an outcome. Calls no
        system. Raises SettingError where it has ended."""
        await self.ledger.require()
        run = await self.find(identifier)
        with self._lock(run.operation):
            return await abandon(self.database, run.id, reason)

    async def find(self, identifier: str) -> Run:
        """The run with this id, a unique start or end of one, or "last"."""
        return await self.database.call(lambda connection: find_run(connection, identifier))

    def _lock(self, operation: str) -> OperationLock:
        return OperationLock(self.folder / STATE / "locks", operation)

    def _host(self) -> MemoryHost:
        return MemoryHost(self.folder, self.folder / STATE)

    async def _continue(
        self, run: Run, watch: Watch, consent: Consent, *, new: bool = False
    ) -> Run:
        stored = orjson.loads(run.snapshot)
        project = Project.from_snapshot(stored, self.folder, self.environ)
        host = self._host()
        async with open_operation(project, run.operation, host) as opened:
            scope = await opened.target.connection.scope()
            if scope != run.scope:
                raise SettingError(other_account(run, scope))
            guard = await opened.target.connection.guard(opened.target.activity)
            ready = allowed(opened) if guard is not None and was_given(stored) else opened
            if guard is not None and guard.always and ready is opened:
                ready = await Asking(self.database, opened, scope, guard, consent).before()
            if new:
                await self.database.call(
                    lambda connection: account_for(connection, scope, run.operation)
                )
            activity, lost = ready.target.activity, None
            try:
                target = await ready.target.connection.target(activity, run.position)
            except TargetLostError as error:
                lost = error.problem
                target = await ready.target.connection.target(activity)
            if has_to_remember(opened.document, target.guarantee):
                require(
                    await self.database.call(
                        lambda connection: unaccounted(connection, scope, run.operation)
                    )
                )
            return await self._execute(run, ready, host, target, watch, resumed=True, lost=lost)

    async def _execute(
        self,
        run: Run,
        opened: Operation,
        host: MemoryHost,
        target: Target,
        watch: Watch,
        *,
        resumed: bool,
        lost: Problem | None = None,
    ) -> Run:
        taken = await self.database.call(lambda connection: take_run(connection, run.id))
        log = RunLog(self.database, run.id)
        await log.add("info", "resumed" if resumed else "started", _opening(taken, opened))
        ledger = await self.database.call(lambda connection: Ledger.of(connection, taken))
        if lost is not None:
            await log.add("warning", lost.code, lost.text())
            ledger.run = await self.database.call(ledger.begin_anew)
        began = time.monotonic()
        try:
            end = await self._drive(ledger, opened, host, target, log, watch, resumed)
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
        await self.database.call(
            lambda connection: ledger.end(connection, end.status, end.problem, seconds)
        )
        await self.database.mark()
        ended = await self.find(run.id)
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

    async def _drive(
        self,
        ledger: Ledger,
        opened: Operation,
        host: MemoryHost,
        target: Target,
        log: RunLog,
        watch: Watch,
        resumed: bool,
    ) -> "_End":
        document = opened.document
        while True:
            retry = in_snapshot(orjson.loads(ledger.run.snapshot))
            execution_type = execution_of(target)
            counts = await execution_type.counts(self.database, ledger, target)
            source, file = await open_source(retry, opened, self.database, host)
            results = Results(
                self.folder,
                document.results,
                self.database,
                ledger.run.id,
                [field.name for field in opened.source.schemas.response.fields],
            )
            parts = Parts(
                database=self.database,
                ledger=ledger,
                log=log,
                host=host,
                source=source,
                target=target,
                stage=stage_of(opened, ledger.run.scope, self.database),
                options=document.options,
                results=results,
                counts=counts,
                started=time.monotonic(),
                resend=target.guarantee == "none" and _unknown_again(ledger.run),
            )
            execution = execution_type(parts)
            total = await source.total() if ledger.run.limit is None else ledger.run.limit
            environment = opened.environment
            watch(Progress(ledger.run, parts.counts, total, resumed, execution.stop, environment))
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
            ledger.run = await self.database.call(ledger.begin_anew)
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
