"""The run log: what happened in a run, as rows that people and machines read."""

import time
from dataclasses import dataclass
from typing import Literal

from connector_sdk import Problem
from sqlalchemy import Connection, func, insert, select

from connector_agent.store import Database
from connector_agent.store.tables import events

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the run log; `id` rises, so that a reader can go on behind it."""

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
        """One event; `kind` is a stable word for machines."""
        await self._database.call(
            lambda connection: _insert(connection, self._run, level, kind, text)
        )

    async def add_problem(self, kind: str, problem: Problem) -> None:
        """One event that tells of a problem."""
        await self.add("error", kind, problem.text())


def _insert(connection: Connection, run: str, level: Level, kind: str, text: str) -> None:
    connection.execute(
        insert(events).values(run=run, at=time.time(), level=level, kind=kind, text=text)
    )


def count_warnings(connection: Connection, run: str) -> int:
    """How many events of a run are warnings."""
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
