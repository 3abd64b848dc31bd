"""Keeps the ledger of a project: looks whether it is whole, copies it, and finds again what one
that is lost knew."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from connector_sdk import MemoryHost, Problem, SettingError

from connector_agent.operations.operation import open_operation, require
from connector_agent.project import STATE, Project
from connector_agent.runs.consent import allowed
from connector_agent.runs.lock import OperationLock, all_held
from connector_agent.runs.rebuild import Rebuilt, rebuild
from connector_agent.runs.verification import Verified, verify
from connector_agent.store import Database
from connector_agent.store.mark import remedy


class Restored(NamedTuple):
    """Where the ledger is kept that was there before, and what the one that was put in its place
    lacks."""

    aside: Path | None
    lost: Problem | None


class Keeper:
    """The ledger of the project in `folder`, which `database` opens."""

    def __init__(
        self, folder: Path, environ: Mapping[str, str], environment: str, database: Database
    ) -> None:
        self._folder = folder
        self._environ = environ
        self._environment = environment
        self._database = database
        self._locks = folder / STATE / "locks"

    async def require(self, operation: str = "", *, new: bool = False) -> None:
        """Raises SettingError where the ledger lost something, unless `new` says that a person
        knows; then it is the project's ledger from now on."""
        lost = await self._database.lost(thorough=new)
        if lost is None:
            return
        if not new:
            raise SettingError(lost._replace(remedy=remedy(operation)))
        await self._database.adopt()

    async def verify(self) -> Verified:
        """What the ledger holds and what is wrong with it; changes nothing."""
        return await verify(self._database)

    async def backup(self, file: Path) -> None:
        """Copies the ledger to a new file, also while an operation runs. Raises SettingError."""
        await self._database.backup(file)

    async def restore(self, file: Path) -> Restored:
        """Puts a copy in the place of the ledger, which is kept beside it. Raises SettingError
        where the file holds none, and while an operation runs."""
        with all_held(self._locks):
            aside = await self._database.restore(file)
            return Restored(aside, await self._database.lost())

    async def rebuild(self, operation: str, first_name: str = "") -> Rebuilt:
        """Finds out at its target what the operation wrote; sends nothing. `first_name` is the
        name that it had before it was renamed. Raises SettingError where nothing can be
        recognised, and as a run does before its first record."""
        project = Project.load(self._folder, self._environ, self._environment)
        name = project.operation(operation).name
        with OperationLock(self._locks, name):
            await self.require(name, new=True)
            host = MemoryHost(self._folder, self._folder / STATE)
            async with open_operation(project, name, host) as opened:
                require(await opened.check())
                guard = await opened.target.connection.guard(opened.target.activity)
                ready = opened if guard is None else allowed(opened)  # as nothing is sent
                target = await ready.target.connection.target(ready.target.activity)
                try:
                    return await rebuild(self._database, opened, target, first_name)
                finally:
                    await target.finish(complete=False)
