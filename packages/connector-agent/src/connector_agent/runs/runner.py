"""Starts, resumes and abandons runs of a project's operations, in this process."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import orjson
from connector_sdk import (
    MemoryHost,
    SettingError,
    TargetLostError,
)

from connector_agent.operations.compatibility import guarantee_faults, has_to_remember
from connector_agent.operations.operation import open_operation, require
from connector_agent.project import STATE, Project, environment_of
from connector_agent.runs.consent import NOBODY, Asking, Consent, allowed, noted, was_given
from connector_agent.runs.driver import Driver
from connector_agent.runs.ending import (
    abandon,
    make_up,
    other_account,
    require_same,
    was_abandoned,
)
from connector_agent.runs.executions import execution_of
from connector_agent.runs.identities import account_for, unaccounted
from connector_agent.runs.keeper import Keeper, sealing_faults
from connector_agent.runs.lock import OperationLock
from connector_agent.runs.renaming import unrecognised
from connector_agent.runs.retry import (
    Retry,
    kinds_of,
    open_source,
    require_other_file,
    require_readable,
    retry_fault,
)
from connector_agent.runs.run import (
    Run,
    Watch,
    find_run,
    new_run,
    unfinished_run,
)
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
                driver = Driver(self.folder, self.database, ready, host, watch)
                return await driver.execute(run, target, resumed=False)

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
            driver = Driver(self.folder, self.database, ready, host, watch)
            return await driver.execute(run, target, resumed=True, lost=lost)
