"""A source and targets in memory that keep the contract, and an execution made of them."""

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path

from connector_agent.project.operation import Options
from connector_agent.project.result_files import ResultFiles
from connector_agent.runs.execution import Parts
from connector_agent.runs.guards import CardGuard
from connector_agent.runs.ledger import Ledger
from connector_agent.runs.results import Results
from connector_agent.runs.run import Run, RunLog, find_run, new_run, take_run
from connector_agent.runs.stage import Stage, Transform
from connector_agent.store import Database
from connector_sdk import (
    Body,
    Call,
    Cursor,
    Guarantee,
    MemoryHost,
    Outcome,
    Page,
    Prepared,
    Problem,
    Record,
    Request,
    SourceChangedError,
)


class ListSource:
    """Rows of a list in pages; a cursor holds how many were read and what they were."""

    def __init__(self, rows: Sequence[dict[str, object]], page: int = 7) -> None:
        self.rows = list(rows)
        self.page = page
        self.reads = 0

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        start = 0
        if after is not None:
            start, mark = json.loads(after)
            if mark != self._mark(start):
                raise SourceChangedError(Problem("source_changed", "The list changed."))
        while start < len(self.rows):
            rows = self.rows[start : start + self.page]
            records = [
                Record(start + n, json.dumps(row).encode(), f"row {start + n}")
                for n, row in enumerate(rows, 1)
            ]
            self.reads += len(rows)
            start += len(rows)
            yield Page(records, json.dumps([start, self._mark(start)]).encode())

    async def total(self) -> int | None:
        return len(self.rows)

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        return ()

    def _mark(self, count: int) -> str:
        return json.dumps(self.rows[:count])


class KeyedTarget:
    """Does each key once. `answer` may override what becomes of a call."""

    guarantee: Guarantee = "keyed"

    def __init__(self, horizon: float = 72000.0) -> None:
        self.horizon = horizon
        self.objects: dict[str, bytes] = {}
        self.sent: list[Call] = []
        self.settled: list[Call] = []
        self.answer: Callable[[Call], Outcome | None] = lambda call: None
        self.settles: Callable[[Call], Outcome | None] = lambda call: None
        self.stop_after: int | None = None

    def clock(self) -> float | None:
        return time.time()

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        value = json.loads(request.raw)
        if value.get("bad"):
            return Problem("bad", "It is bad.", path="bad")
        return Body(request.raw, f"update {existing}" if existing else "create", existing)

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        async for call in calls:
            self.sent.append(call)
            special = self.answer(call)
            if special is not None:
                yield special
                continue
            replayed = call.key in self.objects
            self.objects.setdefault(call.key, call.body.json)
            name = call.body.lock or f"obj_{call.key[-8:]}"
            yield Outcome(call.seq, call.step, "written", name, replayed=replayed)

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        self.settled.extend(calls)
        return [self.settles(call) for call in calls]

    async def position(self) -> Cursor:
        return b""

    async def finish(self, complete: bool) -> None:
        pass


class LineTarget:
    """Keeps lines; a position is how many."""

    guarantee: Guarantee = "positioned"
    horizon = 0.0

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines

    def cut(self, position: Cursor | None) -> None:
        del self.lines[int(position or b"0") :]

    def clock(self) -> float | None:
        return time.time()

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        return Body(request.raw)

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        async for call in calls:
            self.lines.append(call.body.json)
            yield Outcome(call.seq, call.step, "written")

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        return [None for _ in calls]

    async def position(self) -> Cursor:
        return str(len(self.lines)).encode()

    async def finish(self, complete: bool) -> None:
        pass


class Workshop:
    """Makes runs and executions on one ledger."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "ledger.db")

    async def new(self, operation: str = "import", limit: int | None = None) -> Run:
        return await self.database.call(
            lambda connection: new_run(
                connection, operation, scope="acct_1/test", mode="test", snapshot=b"{}", limit=limit
            )
        )

    async def parts(
        self,
        run: Run,
        source: ListSource,
        target: KeyedTarget | LineTarget,
        options: Options | None = None,
        identity: Sequence[str] = ("id",),
        transform: Transform | None = None,
    ) -> Parts:
        taken = await self.database.call(lambda connection: take_run(connection, run.id))
        ledger = Ledger(taken, "import")
        return Parts(
            database=self.database,
            ledger=ledger,
            log=RunLog(self.database, run.id),
            host=MemoryHost(),
            source=source,
            target=target,
            stage=Stage(identity, transform, cards=CardGuard()),
            options=options or Options(),
            results=Results(Path(), ResultFiles(), self.database, run.id, ()),
            counts=await self.database.call(ledger.recount),
            started=time.monotonic(),
        )

    async def run(self, identifier: str) -> Run:
        return await self.database.call(lambda connection: find_run(connection, identifier))
