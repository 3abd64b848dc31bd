"""Many calls in flight at once: taken only as places get free, one at a time for each lock."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from functools import partial

from connector_sdk import Call, ConnectorError, Outcome


class Flight:
    """Carries calls to `send`, at most `places` at once.

    Two calls with the same lock never fly together, and land in the order in which they were
    taken. The first error of `send` ends the taking: what flies already still lands and is
    yielded, what waits for a lock is not sent any more, and then the error is raised.
    """

    def __init__(
        self,
        send: Callable[[Call], Awaitable[Outcome]],
        places: int,
        stopping: Callable[[], bool],
    ) -> None:
        self._send = send
        self._stopping = stopping
        self._free = asyncio.Semaphore(places)
        self._landed: asyncio.Queue[Outcome | None] = asyncio.Queue()
        self._flying: set[asyncio.Task[Outcome | None]] = set()
        self._last: dict[str, asyncio.Task[Outcome | None]] = {}
        self._taking: asyncio.Task[None] | None = None
        self._fault: BaseException | None = None

    async def outcomes(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        """Every outcome as its call lands. A place gets free once its outcome was taken, so
        that a slow reader slows the sending. Closing the generator early ends all calls in
        flight without an outcome."""
        self._taking = asyncio.create_task(self._take(calls))
        self._taking.add_done_callback(self._taken)
        try:
            while True:
                outcome = await self._landed.get()
                if outcome is not None:
                    yield outcome
                    self._free.release()
                if self._taking.done() and not self._flying and self._landed.empty():
                    break
        finally:
            tasks = [self._taking, *self._flying]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._fault is not None:
            raise self._fault

    async def _take(self, calls: AsyncIterator[Call]) -> None:
        while True:
            await self._free.acquire()
            if self._stopping():
                return
            try:
                call = await anext(calls)
            except StopAsyncIteration:
                return
            task = asyncio.create_task(self._carry(call, self._last.get(call.body.lock)))
            if call.body.lock:
                self._last[call.body.lock] = task
            self._flying.add(task)
            task.add_done_callback(partial(self._land, call.body.lock))

    async def _carry(
        self, call: Call, before: asyncio.Task[Outcome | None] | None
    ) -> Outcome | None:
        if before is not None:
            await asyncio.wait([before])
        return await self._send(call) if self._fault is None else None

    def _taken(self, taking: asyncio.Task[None]) -> None:
        if not taking.cancelled() and taking.exception() is not None:
            self._fault = self._fault or taking.exception()
        self._landed.put_nowait(None)

    def _land(self, lock: str, task: asyncio.Task[Outcome | None]) -> None:
        self._flying.discard(task)
        if self._last.get(lock) is task:
            del self._last[lock]
        outcome = None
        if not task.cancelled():
            error = task.exception()
            if error is None:
                outcome = task.result()
            else:
                self._fault = self._fault or error
                if isinstance(error, ConnectorError) and isinstance(self._fault, ConnectorError):
                    self._fault.maybe_done = self._fault.maybe_done or error.maybe_done
                if self._taking is not None:
                    self._taking.cancel()
        self._landed.put_nowait(outcome)
