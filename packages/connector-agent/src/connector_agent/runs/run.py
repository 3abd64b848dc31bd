"""One run: its row, its counts, its log, its progress."""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

from connector_sdk import Cursor, Kind, Problem, SettingError, decode, did_you_mean
from sqlalchemy import Connection, RowMapping, and_, func, insert, select, update

from connector_agent.store import Database
from connector_agent.store.tables import events, runs


@dataclass(slots=True)
class Counts:
    """read = written + skipped + refused + failed + unknown once nothing is pending.

    `filtered` counts what the source dropped before it became a record, `replayed` the calls
    that the target recognised by their key and didn't do twice.
    """

    read: int = 0
    filtered: int = 0
    written: int = 0
    skipped: int = 0
    refused: int = 0
    failed: int = 0
    unknown: int = 0
    replayed: int = 0

    @property
    def settled(self) -> int:
        """Records with an outcome."""
        return self.written + self.skipped + self.problems

    @property
    def problems(self) -> int:
        """Records that need a person."""
        return self.refused + self.failed + self.unknown

    @property
    def pending(self) -> int:
        """Records read and without an outcome."""
        return self.read - self.settled

    def add(self, kind: Kind, count: int = 1, replayed: int = 0) -> None:
        setattr(self, kind, getattr(self, kind) + count)
        self.replayed += replayed

    def add_all(self, rows: Iterable[tuple[Kind, int, int]]) -> None:
        """Adds rows of kind, count and how many were replayed."""
        for kind, count, replayed in rows:
            self.add(kind, count, replayed)

    def as_dict(self) -> dict[str, int]:
        """By name, for the ledger and for machines."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def copy(self) -> "Counts":
        return Counts(**self.as_dict())


Status = Literal["running", "interrupted", "stopped", "finished", "abandoned"]
"""running      a process executes it, or did until it was killed.
interrupted  a person ended it; it goes on with resume.
stopped      a problem ended it; it goes on with resume once that is mended.
finished     every record has its outcome.
abandoned    a person gave it up; what was pending is failed or unknown.
"""

UNFINISHED: tuple[Status, ...] = ("running", "interrupted", "stopped")


@dataclass(slots=True)
class Run:
    """A row of the operation log. Times are Unix seconds, `seconds` is execution time."""

    id: str
    operation: str
    scope: str
    mode: str
    status: Status
    epoch: int
    snapshot: bytes
    limit: int | None
    created: float
    updated: float
    ended: float | None
    cursor: Cursor | None
    exhausted: bool
    position: Cursor | None
    settled: int
    counts: Counts
    seconds: float
    problem: Problem | None

    @property
    def unfinished(self) -> bool:
        """Whether it can be resumed."""
        return self.status in UNFINISHED


def new_run(
    connection: Connection,
    operation: str,
    *,
    scope: str,
    mode: str,
    snapshot: bytes,
    limit: int | None,
) -> Run:
    """Stores a new run of `operation`."""
    moment = time.time()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(moment))
    identifier = f"{stamp}-{secrets.token_hex(2)}"
    connection.execute(
        insert(runs).values(
            id=identifier,
            operation=operation,
            scope=scope,
            mode=mode,
            status="running",
            epoch=0,
            snapshot=snapshot,
            record_limit=limit,
            created=moment,
            updated=moment,
            exhausted=False,
            settled=0,
            seconds=0.0,
            **Counts().as_dict(),
        )
    )
    return find_run(connection, identifier)


def find_run(connection: Connection, text: str) -> Run:
    """The run with this id, or a unique start or end of one; "last" is the newest. Raises
    SettingError when none or several match."""
    query = select(runs).order_by(runs.c.created.desc(), runs.c.id.desc())
    if text == "last":
        rows = connection.execute(query.limit(1)).mappings().all()
    else:
        rows = connection.execute(query.where(runs.c.id == text)).mappings().all()
        if not rows:
            ids = connection.execute(select(runs.c.id)).scalars().all()
            near = [one for one in ids if text and (one.startswith(text) or one.endswith(text))]
            if len(near) > 1:
                raise SettingError(
                    Problem(
                        "several_runs",
                        f"{len(near)} runs begin or end with {text!r}.",
                        "Give more of the id; 'connector runs' lists them.",
                    )
                )
            if near:
                rows = connection.execute(query.where(runs.c.id == near[0])).mappings().all()
            else:
                hint = did_you_mean(text, ids)
                raise SettingError(
                    Problem(
                        "no_such_run",
                        f"There is no run {text!r} in this project.",
                        f"{hint} 'connector runs' lists them.".strip(),
                    )
                )
    if not rows:
        raise SettingError(
            Problem("no_runs", "This project has no runs yet.", "Start one with 'connector run'.")
        )
    return _run(rows[0])


def list_runs(connection: Connection, operation: str = "", count: int = 50) -> list[Run]:
    """The newest runs first, of one operation or all."""
    query = select(runs).order_by(runs.c.created.desc(), runs.c.id.desc()).limit(count)
    if operation:
        query = query.where(runs.c.operation == operation)
    return [_run(row) for row in connection.execute(query).mappings()]


def unfinished_run(connection: Connection, operation: str) -> Run | None:
    """The unfinished run of `operation`, if any. One that stopped before its first record
    doesn't count: its cause may be fixed by now."""
    nothing = and_(runs.c.status == "stopped", runs.c.read == 0, runs.c.cursor.is_(None))
    query = (
        select(runs)
        .where(runs.c.operation == operation, runs.c.status.in_(UNFINISHED), ~nothing)
        .order_by(runs.c.created.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return _run(row) if row is not None else None


def take_run(connection: Connection, identifier: str) -> Run:
    """Takes the run over: its epoch rises, and its former process can no longer write."""
    connection.execute(
        update(runs)
        .where(runs.c.id == identifier)
        .values(epoch=runs.c.epoch + 1, status="running", problem=None, updated=time.time())
    )
    return find_run(connection, identifier)


def _run(row: RowMapping) -> Run:
    values: dict[str, Any] = dict(row)
    counts = Counts(**{name: values.pop(name) for name in Counts().as_dict()})
    problem = values.pop("problem")
    return Run(
        limit=values.pop("record_limit"),
        counts=counts,
        problem=decode(Problem, problem) if problem is not None else None,
        **values,
    )


Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the run log; `id` rises."""

    id: int
    at: float
    level: str
    kind: str
    text: str


class RunLog:
    """Writes the events of one run."""

    def __init__(self, database: Database, run: str) -> None:
        self._database = database
        self._run = run

    async def add(self, level: Level, kind: str, text: str) -> None:
        """`kind` is a stable word for machines."""
        await self._database.call(
            lambda connection: _insert(connection, self._run, level, kind, text)
        )

    async def add_problem(self, kind: str, problem: Problem) -> None:
        await self.add("error", kind, problem.text())


def _insert(connection: Connection, run: str, level: Level, kind: str, text: str) -> None:
    connection.execute(
        insert(events).values(run=run, at=time.time(), level=level, kind=kind, text=text)
    )


def count_warnings(connection: Connection, run: str) -> int:
    found = select(func.count()).where(events.c.run == run, events.c.level == "warning")
    return connection.execute(found).scalar_one()


def read_log(connection: Connection, run: str) -> list[Event]:
    """The events of a run, in order."""
    rows = connection.execute(
        select(events.c.id, events.c.at, events.c.level, events.c.kind, events.c.text)
        .where(events.c.run == run)
        .order_by(events.c.id)
    )
    return [Event(*row) for row in rows]


@dataclass(slots=True)
class Progress:
    """A running run, for display. `counts` changes as it runs; `total` is the approximate number
    of records, None if unknown; `resumed`: it started earlier; `environment` is the project's."""

    run: Run
    counts: Counts
    total: int | None
    resumed: bool
    stop: Callable[[], None]
    environment: str = ""


Watch = Callable[[Progress], None]
