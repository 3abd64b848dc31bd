"""Targets with defaults for what is the same in most of them, and the thread for a driver that
blocks."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from functools import partial
from typing import ParamSpec, TypeVar

from connector_sdk.activity import Guarantee
from connector_sdk.conform import conform
from connector_sdk.errors import ConnectorError, FailedError, RefusedError, UncertainError
from connector_sdk.record import (
    Body,
    Call,
    Cursor,
    Kind,
    Outcome,
    Prepared,
    Problem,
    Request,
    encode,
)
from connector_sdk.schema import Field

P = ParamSpec("P")
R = TypeVar("R")


class DriverThread:
    """Runs the calls of one blocking driver one after the other, always on the same thread, as
    `sqlite3` and most database drivers want it:

        self._thread = DriverThread("sqlite")
        rows = await self._thread.call(connection.execute, "select 1")

    A call that has begun can't be interrupted. Whoever is cancelled meanwhile still waits for
    its end, so that nothing is closed under it. Close it with `close`.
    """

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of `function`. Raises what it raises."""
        loop = asyncio.get_running_loop()
        step = loop.run_in_executor(self._pool, partial(function, *args, **kwargs))
        try:
            return await asyncio.shield(step)
        except asyncio.CancelledError:
            if not step.done():
                await asyncio.wait([step])
                step.exception()
            raise

    def close(self) -> None:
        """Waits for the call that is under way. May be called twice."""
        self._pool.shutdown()


class TargetBase:
    """Checks requests by a schema, and keeps no place of its own. One hook: `find`.

    `guarantee` is said by the subclass; `horizon` too, where the target forgets keys."""

    guarantee: Guarantee
    horizon = 0.0

    def __init__(self, request: Field) -> None:
        self._request = request

    def clock(self) -> float | None:
        """Not known."""
        return None

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        """The request as the schema wants it. With `existing`, the id of an object, the action
        is "update" and the body's lock is that id; without, it is "create"."""
        try:
            values = request.values
        except ValueError as error:
            return not_an_object(error)
        fit = conform(self._request, values)
        if fit.problems:
            return fit.problems
        return Body(encode(fit.value), "update" if existing else "create", existing)

    async def find(self, call: Call) -> Outcome | None:
        """What became of a call without an answer, found out without sending it again; None
        where it surely was not done. The default is that it can't be known."""
        return Outcome(call.seq, call.step, "unknown", problem=_UNKNOWN)

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        """One call after the other, by `find`."""
        return [await self.find(call) for call in calls]

    async def position(self) -> Cursor:
        """None to keep."""
        return b""

    async def finish(self, complete: bool) -> None:
        """Nothing is left to do."""
        del complete


class RowTarget(TargetBase, ABC):
    """Writes one record at a time. The hook `put` does it; `find` looks a lost answer up."""

    @abstractmethod
    async def put(self, call: Call) -> str:
        """Writes the call and gives the object's id, "" without one. Raises RefusedError,
        FailedError or UncertainError for this record; CredentialError, UnreachableError or
        TargetFullError end the run. A driver that blocks belongs into a thread: see
        DriverThread."""

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        """Each call as it comes. Raises what ends the run."""
        async for call in calls:
            try:
                yield Outcome(call.seq, call.step, "written", await self.put(call))
            except (RefusedError, FailedError, UncertainError) as error:
                yield _outcome_of(call, error)


class BatchTarget(TargetBase, ABC):
    """Writes several records at once: a batch is a commit. The hook `put_all` does it whole or
    not at all; `find` looks lost answers up.

    A batch holds up to `size` calls. It goes out earlier when no more have come within `linger`
    seconds, so that a slow source does not keep written records waiting.
    """

    size = 500
    linger = 0.05

    @abstractmethod
    async def put_all(self, calls: Sequence[Call]) -> Sequence[str | Outcome]:
        """Writes the calls in one transaction and gives the id of each object, "" without one; or
        its outcome, where that isn't "written". Raises as `RowTarget.put` does. After a
        RefusedError the batch is halved until the record that is declined is found, and the
        others are written."""

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        """Batch by batch. Raises what ends the run."""
        async with aclosing(_batches(calls, self.size, self.linger)) as batches:
            async for batch in batches:
                for outcome in await self._put(batch):
                    yield outcome

    async def _put(self, batch: Sequence[Call]) -> list[Outcome]:
        try:
            ids = await self.put_all(batch)
        except RefusedError as error:
            if len(batch) == 1:
                return [_outcome_of(batch[0], error)]
            middle = len(batch) // 2
            return [*await self._put(batch[:middle]), *await self._put(batch[middle:])]
        except (FailedError, UncertainError) as error:
            return [_outcome_of(call, error) for call in batch]
        return [
            made if isinstance(made, Outcome) else Outcome(call.seq, call.step, "written", made)
            for call, made in zip(batch, ids, strict=True)
        ]


async def _batches(
    calls: AsyncIterator[Call], size: int, linger: float
) -> AsyncGenerator[list[Call], None]:
    """The calls in lists of `size` or less."""
    waiting: list[Call] = []
    some, full, room = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def gather() -> None:
        async for call in calls:
            waiting.append(call)
            some.set()
            if len(waiting) >= size:
                full.set()
                room.clear()
                await room.wait()

    def taken() -> list[Call]:
        batch, waiting[:] = waiting[:size], waiting[size:]
        some.clear()
        full.clear()
        room.set()
        return batch

    def ended(_: asyncio.Future[None]) -> None:
        some.set()
        full.set()

    gathering = asyncio.ensure_future(gather())
    gathering.add_done_callback(ended)
    try:
        while not gathering.done():
            await some.wait()
            if not gathering.done():
                with suppress(TimeoutError):
                    await asyncio.wait_for(full.wait(), linger)
            if waiting:
                yield taken()
        if waiting:
            yield taken()
        await gathering
    finally:
        gathering.cancel()
        await asyncio.gather(gathering, return_exceptions=True)


def _outcome_of(call: Call, error: ConnectorError) -> Outcome:
    """What an error about one record means for it."""
    if isinstance(error, RefusedError):
        return Outcome(call.seq, call.step, "refused", problem=error.problem)
    if isinstance(error, FailedError):
        return Outcome(call.seq, call.step, "failed", problem=error.problem)
    is_open = isinstance(error, UncertainError) and error.refused
    kind: Kind = "refused" if is_open else "unknown"
    return Outcome(call.seq, call.step, kind, problem=error.problem, open=True)


_UNKNOWN = Problem(
    "fate_unknown",
    "No answer came, and the target can't be asked whether the record was written.",
    "Look for it in the target. If it is missing, send it again: connector retry --unknown",
)


def not_an_object(error: ValueError) -> Problem:
    """The Problem of a request whose `values` can't be read."""
    return Problem(
        "not_an_object",
        f"The record isn't one JSON object: {error}.",
        "Make an object of it in the mapping.",
    )
