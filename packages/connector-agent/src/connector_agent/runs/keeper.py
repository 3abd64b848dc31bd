"""The care of a ledger: verified, backed up, restored, rebuilt, freed of a person's data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from connector_sdk import MemoryHost, Problem, SettingError
from sqlalchemy import Connection, delete, func, select, text, update

from connector_agent.operations.operation import open_operation, require
from connector_agent.project import STATE, Project
from connector_agent.runs.consent import allowed
from connector_agent.runs.identities import operation_of
from connector_agent.runs.lock import OperationLock, all_held
from connector_agent.runs.rebuild import Rebuilt, rebuild
from connector_agent.runs.run import UNFINISHED, Counts
from connector_agent.store import Database
from connector_agent.store.mark import generation_of, loss_in, remedy
from connector_agent.store.tables import identities, intents, outcomes, runs
from connector_agent.store.vault import VARIABLE, is_sealed, vault_of


def sealing_faults(connection: Connection) -> list[Problem]:
    """A Problem where the newest record is encrypted and no key is set: a new run would store
    people's data in the open."""
    if vault_of(connection).sealing:
        return []
    for table in (intents, outcomes):
        newest = (
            select(table.c.record)
            .where(table.c.record.is_not(None))
            .order_by(table.c.run.desc(), table.c.seq.desc())
            .limit(1)
        )
        record = connection.execute(newest).scalar()
        if record is not None and is_sealed(record):
            return [
                Problem(
                    "ledger_sealed",
                    f"The ledger is encrypted, and {VARIABLE} is not set: the records of a new "
                    "run would be kept openly.",
                    f"Set it to the key that the ledger was written with: export {VARIABLE}=…; "
                    "where that is lost, to a new one of 'connector ledger key'.",
                )
            ]
    return []


_KINDS = ("written", "skipped", "refused", "failed", "unknown")


class Verified(NamedTuple):
    """What the ledger holds, and its faults."""

    faults: list[Problem]
    runs: int = 0
    identities: int = 0
    generation: int = 0


async def verify(database: Database) -> Verified:
    """Reads the whole ledger and changes nothing. Raises as the database does where it can't be
    opened for another reason than a loss."""
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
    """Ended runs whose counts don't match their records."""
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
    return Problem(code, message, "Replace the ledger by a backup: connector ledger restore FILE")


_ERASED = b'{"erased":true}'
_NOBODY = "(erased)"


@dataclass(frozen=True, slots=True)
class Remaining:
    """An object written for the identity that is still in the target."""

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
    """Erases the records, requests and problems of an identity from every run, and what was
    remembered of it. Numbers, times and outcomes stay, so that old counts add up. Raises
    SettingError while an unfinished run still has to send something for it."""
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
    """Overwrites erased rows in the file, outside of any transaction."""
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
                f"Finish it first: connector resume {open_run.id}; if it can't be "
                f"continued: connector abandon {open_run.id}",
            )
        )


class Restored(NamedTuple):
    """Where the replaced ledger is kept, and what the new one lacks."""

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
        """Raises SettingError where the ledger lost data; with `new` it is accepted as it is."""
        lost = await self._database.lost(thorough=new)
        if lost is None:
            return
        if not new:
            raise SettingError(lost._replace(remedy=remedy(operation)))
        await self._database.adopt()

    async def verify(self) -> Verified:
        """What the ledger holds and its faults; changes nothing."""
        return await verify(self._database)

    async def backup(self, file: Path) -> None:
        """Copies the ledger to a new file, even while an operation runs. Raises SettingError."""
        await self._database.backup(file)

    async def restore(self, file: Path) -> Restored:
        """Replaces the ledger with a copy and keeps the old one beside it. Raises SettingError
        where the file is no ledger, and while an operation runs."""
        with all_held(self._locks):
            aside = await self._database.restore(file)
            return Restored(aside, await self._database.lost())

    async def rebuild(self, operation: str, first_name: str = "") -> Rebuilt:
        """Looks up at its target what the operation wrote; sends nothing. `first_name` is its
        name before a rename. Raises SettingError where nothing can be recognised, and as a run
        does before its first record."""
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
