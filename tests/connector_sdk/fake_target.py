"""A target that does what its records say, without another system."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import orjson
from connector_sdk import (
    Body,
    Call,
    CredentialError,
    Guarantee,
    Outcome,
    Prepared,
    Problem,
    Record,
    Request,
    UnreachableError,
)


class FakeTarget:
    """Does with a record what its `does` says; `found` is what a look tells, save that what is
    "late" was written."""

    guarantee: Guarantee = "keyed"
    horizon = 60.0

    def __init__(self, found: Outcome | None = None) -> None:
        self.calls: list[Call] = []
        self.settled: list[Call] = []
        self.finished: list[bool] = []
        self.found = found

    def clock(self) -> float | None:
        return time.time()

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        if orjson.loads(request.raw).get("does") == "wrong":
            return Problem("wrong", "It is wrong.")
        return Body(request.raw, "things.create")

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        async for call in calls:
            self.calls.append(call)
            match orjson.loads(call.body.json).get("does"):
                case "lose" | "late":
                    yield Outcome(call.seq, 1, "unknown", problem=Problem("lost", "Lost."))
                case "deny":
                    raise CredentialError(Problem("denied", "Denied."))
                case _:
                    yield Outcome(call.seq, 1, "written", id=f"t_{call.seq}")

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        self.settled.extend(calls)
        if self.found is not None and self.found.kind == "failed":
            raise UnreachableError(Problem("gone", "Gone."))
        return [
            Outcome(call.seq, 1, "written", f"t_{call.seq}")
            if orjson.loads(call.body.json)["does"] == "late"
            else self.found
            for call in calls
        ]

    async def position(self) -> bytes:
        return b""

    async def finish(self, complete: bool) -> None:
        self.finished.append(complete)


async def records(*does: str) -> AsyncIterator[Record]:
    for seq, each in enumerate(does, 1):
        yield Record(seq, orjson.dumps({"does": each}), f"line {seq}")
