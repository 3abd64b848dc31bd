"""One target for each guarantee."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import msgspec

from connector_sdk.activity import Guarantee
from connector_sdk.errors import RefusedError
from connector_sdk.memory import store
from connector_sdk.memory.store import Store, Thing
from connector_sdk.record import Call, Cursor, Outcome, Problem
from connector_sdk.schema import Field
from connector_sdk.target_base import BatchTarget, RowTarget, TargetBase


class CreateTarget(RowTarget):
    """Adds a record for each key: the same key twice adds nothing. With an id of before, the
    record is changed."""

    guarantee: Guarantee = "keyed"
    horizon = 86_400.0

    def __init__(self, kept: Store, on: str, request: Field) -> None:
        super().__init__(request)
        self.store = kept
        self.on = on

    def clock(self) -> float | None:
        """The store is on this machine and goes by its clock."""
        return time.time()

    async def put(self, call: Call) -> str:
        """The id of the record. Raises RefusedError where the one to change is gone."""
        if call.body.lock:
            thing = thing_of(self.on, call)
            if not await self.store.call(store.change, call.body.lock, thing):
                raise RefusedError(_gone(call.body.lock))
            return call.body.lock
        (made,) = await self.store.call(store.add, [thing_of(self.on, call, keyed=True)])
        return made

    async def find(self, call: Call) -> Outcome | None:
        """By its key."""
        found = await self.store.call(store.of_key, call.key)
        return Outcome(call.seq, call.step, "written", found) if found is not None else None


class UpsertTarget(BatchTarget):
    """Adds records, or replaces those of the same name."""

    guarantee: Guarantee = "repeatable"

    def __init__(self, kept: Store, on: str, request: Field) -> None:
        super().__init__(request)
        self.store = kept
        self.on = on

    async def put_all(self, calls: Sequence[Call]) -> Sequence[str]:
        """In one transaction."""
        return await self.store.call(store.put, [thing_of(self.on, call) for call in calls])


class AppendTarget(RowTarget):
    """Adds a record for each call, whatever was added before."""

    guarantee: Guarantee = "none"

    def __init__(self, kept: Store, on: str, request: Field) -> None:
        super().__init__(request)
        self.store = kept
        self.on = on

    async def put(self, call: Call) -> str:
        """The id of the new record."""
        (made,) = await self.store.call(store.add, [thing_of(self.on, call)])
        return made


class LoadTarget(BatchTarget):
    """Adds records in one transaction with the run's mark. They wait here until the commit."""

    guarantee: Guarantee = "transactional"

    def __init__(self, kept: Store, on: str, request: Field) -> None:
        super().__init__(request)
        self.store = kept
        self.on = on
        self.waiting: list[Thing] = []

    async def put_all(self, calls: Sequence[Call]) -> Sequence[str]:
        """No ids: they are given at the commit."""
        self.waiting += [thing_of(self.on, call) for call in calls]
        return [""] * len(calls)

    async def commit(self, run: str, mark: bytes) -> None:
        """Keeps what waits, together with the mark."""
        things, self.waiting = self.waiting, []
        await self.store.call(store.commit, things, run, mark)

    async def committed(self, run: str) -> bytes | None:
        """The mark of the run."""
        return await self.store.call(store.mark_of, run)

    async def finish(self, complete: bool) -> None:
        """Keeps what waits, or forgets it."""
        things, self.waiting = self.waiting, []
        if complete and things:
            await self.store.call(store.add, things)


class ReplaceTarget(TargetBase):
    """Writes a list anew: it appears when it is complete. A position is how many records its
    draft has."""

    guarantee: Guarantee = "positioned"

    def __init__(self, kept: Store, on: str, request: Field, resume: Cursor | None) -> None:
        super().__init__(request)
        self.store = kept
        self.on = on
        self.kept = int(resume or b"0")
        self.waiting: list[Thing] = []
        self.begun = False

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        """Records wait here until the next position."""
        async for call in calls:
            self.waiting.append(thing_of(self.on, call))
            yield Outcome(call.seq, call.step, "written")

    async def position(self) -> Cursor:
        """Keeps what waits, and says how many there are."""
        await self._begin()
        things, self.waiting = self.waiting, []
        await self.store.call(store.draft, things, self.kept)
        self.kept += len(things)
        return str(self.kept).encode()

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        """Surely not there: a resume has cut off what was written after the position."""
        return [None] * len(calls)

    async def finish(self, complete: bool) -> None:
        """Shows the list, or leaves its draft for a resume."""
        if complete and (self.begun or self.waiting or self.kept):
            await self.position()
            await self.store.call(store.publish, self.on)
        self.waiting.clear()

    async def _begin(self) -> None:
        """Drops what an earlier run left of the draft."""
        if not self.begun:
            self.begun = True
            await self.store.call(store.cut, self.on, self.kept)


def thing_of(on: str, call: Call, *, keyed: bool = False) -> Thing:
    """What a call adds."""
    name = msgspec.json.decode(call.body.json)["name"]
    return Thing(on, name, call.body.json, call.key if keyed else None)


def _gone(id: str) -> Problem:
    return Problem(
        "no_such_record", f"There is no record {id} to change.", "Take the record out.", value=id
    )
