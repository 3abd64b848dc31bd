"""The memory connector with ways to break each promise.

`faulty:NAME` gives, for any name of a fault, what makes the connector that has it: so a process
that is killed has the same one.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

from connector_sdk import (
    JSON,
    Activity,
    Body,
    Call,
    Choice,
    Connection,
    Cursor,
    Form,
    Guarantee,
    Host,
    MemoryHost,
    Outcome,
    Page,
    Plan,
    Prepared,
    Problem,
    Request,
    Schemas,
    Source,
    Target,
    Tested,
    declared,
    fitted,
    setting,
)
from connector_sdk.conformance import Subject
from connector_sdk.memory import MemoryConnection, MemoryConnector, MemorySettings, Store
from connector_sdk.memory import store as stored
from connector_sdk.memory.connector import THING, MemorySource
from connector_sdk.memory.targets import (
    AppendTarget,
    CreateTarget,
    LoadTarget,
    ReplaceTarget,
    UpsertTarget,
    thing_of,
)

KINDS: dict[str, Guarantee] = {
    "create": "keyed",
    "upsert": "repeatable",
    "append": "none",
    "load": "transactional",
    "replace": "positioned",
}


def __getattr__(name: str) -> Callable[[], "FaultyConnector"]:
    return lambda: FaultyConnector(name)


@declared
class FaultySettings(MemorySettings):
    token: str = setting("Token", "A secret.", secret=True)


class FaultyConnector(MemoryConnector):
    """`faults` names the promises that it breaks."""

    settings = FaultySettings
    trial: ClassVar[Mapping[str, JSON]] = {"file": "trial.db", "token": "none"}

    def __init__(self, *faults: str) -> None:
        super().__init__()
        self.faults = frozenset(faults)
        self.opened = 0

    async def connect(self, settings: Mapping[str, JSON], host: Host) -> Connection:
        if "takes any setting" in self.faults:
            known = {field.name for field in self.form().fields}
            settings = {name: settings[name] for name in settings.keys() & known}
        given = fitted(FaultySettings, settings)
        assert host.folder is not None
        self.opened += 1
        return FaultyConnection(self, Store(str(host.folder / given.file)), given)


class FaultyConnection(MemoryConnection):
    def __init__(self, connector: FaultyConnector, kept: Store, settings: FaultySettings) -> None:
        super().__init__(kept, "memory", owned=True)
        self.connector = connector
        self.faults = connector.faults
        self.token = settings.token
        self.closed = False

    def __repr__(self) -> str:
        return f"FaultyConnection({self.token if 'shows its secret' in self.faults else '…'})"

    async def test(self) -> Tested:
        if "fails its test" in self.faults:
            return Tested(ok=False, problem=Problem("down", "It is down.", "Wait."))
        return await super().test()

    async def scope(self) -> str:
        return f"memory/{self.connector.opened}" if "changes its scope" in self.faults else "memory"

    async def choices(self, type: str, chosen: Sequence[str]) -> Sequence[Choice]:
        rows = await super().choices(type, chosen)
        if "has nothing to choose" in self.faults:
            return ()
        return rows[1:] if "hides a choice" in self.faults else rows

    def settings(self, type: str, chosen: Sequence[str]) -> Form:
        form = super().settings(type, chosen)
        if "asks twice" in self.faults:
            return replace(form, fields=(*form.fields, *form.fields))
        return form

    async def check(self, activity: Activity) -> Sequence[Problem]:
        return () if "checks nothing" in self.faults else await super().check(activity)

    async def schemas(self, activity: Activity) -> Schemas:
        return Schemas(THING, THING)

    async def plan(self, activity: Activity, records: int | None = None) -> Plan:
        plan = await super().plan(activity, records)
        return replace(plan, lines=()) if "has no words" in self.faults else plan

    async def source(self, activity: Activity, requests: Source | None = None) -> Source:
        return await super().source(
            activity, None if "passes requests over" in self.faults else requests
        )

    async def open_source(self, activity: Activity) -> Source:
        size = int(cast("int", activity.settings["size"]))
        return FaultySource(self.faults, self.store, activity.on, size)

    async def open_target(self, activity: Activity, resume: Cursor | None) -> Target:
        made: Any
        match activity.type:
            case "create":
                made = FaultyCreate(self.store, activity.on, THING)
            case "upsert":
                made = FaultyUpsert(self.store, activity.on, THING)
            case "append":
                made = FaultyAppend(self.store, activity.on, THING)
            case "load":
                made = FaultyLoad(self.store, activity.on, THING)
            case _:
                made = FaultyReplace(self.store, activity.on, THING, resume)
        made.faults = self.faults
        if "promises what nobody knows" in self.faults:
            made.guarantee = "hopeful"
        return cast(Target, made)

    async def close(self) -> None:
        if self.closed and "can't be closed twice" in self.faults:
            raise RuntimeError("closed already")
        self.closed = True
        await super().close()


class FaultySource(MemorySource):
    def __init__(self, faults: frozenset[str], kept: Store, on: str, size: int) -> None:
        super().__init__(kept, on, size)
        self.faults = faults
        self.size = size

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        skipped = 0
        async for page in super().read(after):
            if "blocks while it reads" in self.faults:
                time.sleep(1.1)
            records = list(page.records)
            if after and "repeats a record" in self.faults:
                records = [record._replace(seq=record.seq + 1) for record in records]
                records = [records[0]._replace(seq=records[0].seq - 1), *records]
            if after and not skipped and "loses a record" in self.faults:
                records, skipped = records[1:], 1
            if "counts each page anew" in self.faults:
                records = [record._replace(seq=at) for at, record in enumerate(records, start=1)]
            if "gives lists" in self.faults:
                records = [record._replace(raw=b"[1]") for record in records]
            yield page._replace(records=records)

    async def total(self) -> int | None:
        return -1 if "has a negative total" in self.faults else await super().total()

    async def finish(self, after: bytes) -> Sequence[Problem]:
        return [Problem("", "")] if "ends in silence" in self.faults else ()


class Faults:
    """What any target can break."""

    faults: frozenset[str] = frozenset()
    prepared = 0

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        self.prepared += 1
        body: Body | Problem = super().prepare(request, existing)  # type: ignore[misc]
        if isinstance(body, Problem) and "prepares anything" in self.faults:
            return Body(b"{}")
        if "prepares differently" in self.faults and isinstance(body, Body):
            return body._replace(action=f"write {self.prepared}")
        return body

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        held: list[Outcome] = []
        written: AsyncIterator[Outcome] = super().write(calls)  # type: ignore[misc]
        async for outcome in written:
            if "blocks the loop" in self.faults and outcome.seq == 1:
                time.sleep(1.1)
            if "swallows an outcome" in self.faults and outcome.seq == 2:
                continue
            if "holds outcomes back" in self.faults:
                held.append(outcome)
            else:
                yield outcome
        for outcome in held:
            yield outcome
        if "never ends" in self.faults:
            await asyncio.Event().wait()


class FaultyCreate(Faults, CreateTarget):
    def prepare(self, request: Request, existing: str = "") -> Prepared:
        if "prepares with side effects" in self.faults:
            thing = stored.Thing(self.on, "x", request.raw)
            self.store._do(lambda connection: stored.add(connection, [thing]))
        return super().prepare(request, existing)

    async def put(self, call: Call) -> str:
        if "doubles" in self.faults:
            call = call._replace(key=f"{call.key} {time.monotonic_ns()}")
        return await super().put(call)

    async def find(self, call: Call) -> Outcome | None:
        found = await super().find(call)
        if found is None and "settles anything" in self.faults:
            return Outcome(call.seq, call.step, "written", "1")
        return found


class FaultyUpsert(Faults, UpsertTarget):
    async def put_all(self, calls: Sequence[Call]) -> Sequence[str]:
        if "appends" in self.faults:
            things = [thing_of(self.on, call) for call in calls]
            return await self.store.call(stored.add, things)
        return await super().put_all(calls)


class FaultyAppend(Faults, AppendTarget):
    async def find(self, call: Call) -> Outcome | None:
        if "claims that nothing was done" in self.faults:
            return None
        if "claims that all was done" in self.faults:
            return Outcome(call.seq, call.step, "written")
        return await super().find(call)


class FaultyLoad(Faults, LoadTarget):
    async def put_all(self, calls: Sequence[Call]) -> Sequence[str]:
        if "commits at once" in self.faults:
            await self.store.call(stored.add, [thing_of(self.on, call) for call in calls])
            return [""] * len(calls)
        return await super().put_all(calls)

    async def commit(self, run: str, mark: bytes) -> None:
        if "keeps the mark without the rows" in self.faults:
            await self.store.call(stored.commit, [], run, mark)
        else:
            await super().commit(run, mark)

    async def committed(self, run: str) -> bytes | None:
        return None if "forgets its mark" in self.faults else await super().committed(run)


class FaultyReplace(Faults, ReplaceTarget):
    async def position(self) -> Cursor:
        if "keeps nothing at a position" in self.faults:
            return str(self.kept + len(self.waiting)).encode()
        return await super().position()

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        async for outcome in super().write(calls):
            if "cuts nothing off" in self.faults:
                await self._kept_at_once()
            yield outcome

    async def _kept_at_once(self) -> None:
        def added(connection: Any) -> None:
            (last,) = connection.execute("select max(number) from drafts").fetchone()
            stored.draft(connection, self.waiting, last or 0)

        await self.store.call(added)
        self.kept += len(self.waiting)
        self.waiting.clear()
        self.begun = True


async def subject_of(folder: Path, type: str, *faults: str) -> Subject:
    """A subject whose target is of the activity type; its source has ten records."""
    kept = Store(str(folder / "memory.db"))
    things = [stored.Thing("people", f"{n}", b'{"name":"%d"}' % n) for n in range(1, 11)]
    await kept.call(stored.add, things)
    kept.close()

    async def held() -> int:
        kept = Store(str(folder / "memory.db"))
        try:
            return await kept.call(stored.count, "places")
        finally:
            kept.close()

    async def lock() -> None:
        """The source then has something to tell, as far as the battery knows."""

    unfinishable = lock if "hides what it could not do" in faults else None
    return Subject(
        connector=FaultyConnector(*faults),
        settings={"token": "s3cret-token", "file": "memory.db"},
        wrong_settings=[({}, "token"), ({"token": {}}, "token")],
        source=Activity("all", "read", "people", settings={"size": 4}),
        target=Activity("new", type, "places"),
        good=[b'{"name":"n%d","age":"%d"}' % (n, n) for n in range(1, 7)],
        bad=[(b'{"age":1}', "name"), (b'{"name":"a","age":"old"}', "age")],
        faults=[
            (Activity("a", "read", "peple", settings={"size": 4}), "on"),
            (Activity("a", "read", "people", settings={"size": "x"}), "size"),
            (Activity("a", "create", "people", "now"), "action"),
        ],
        held=held,
        unfinishable=unfinishable,
        elsewhere=f"{__name__}:{faults[0] if faults else 'sound'}",
        host=MemoryHost(folder=folder),
    )
