"""Calls of their own that travel together: gathered until there are enough, or a moment is over."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from connector_sdk import Call, Outcome


class Gathering:
    """Hands calls to `carry` in groups of at most `most`, each at the latest `seconds` after its
    first call, and at most `at_once` groups at a time. What `carry` raises, every call of that
    group raises."""

    def __init__(
        self,
        carry: Callable[[Sequence[Call]], Awaitable[Sequence[Outcome]]],
        most: int,
        seconds: float,
        at_once: int,
    ) -> None:
        self._carry = carry
        self._most = most
        self._seconds = seconds
        self._places = asyncio.Semaphore(at_once)
        self._waiting: list[tuple[Call, asyncio.Future[Outcome]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._groups: set[asyncio.Task[None]] = set()

    async def add(self, call: Call) -> Outcome:
        """The call's own outcome, once its group has come to its end."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append((call, future))
        if len(self._waiting) >= self._most:
            self._leave()
        elif self._timer is None:
            self._timer = loop.call_later(self._seconds, self._leave)
        return await future

    async def close(self) -> None:
        """Ends every group that is under way, without outcomes."""
        if self._timer is not None:
            self._timer.cancel()
        for group in self._groups:
            group.cancel()
        await asyncio.gather(*self._groups, return_exceptions=True)

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        group, self._waiting = self._waiting, []
        task = asyncio.get_running_loop().create_task(self._take(group))
        self._groups.add(task)
        task.add_done_callback(self._groups.discard)

    async def _take(self, group: Sequence[tuple[Call, asyncio.Future[Outcome]]]) -> None:
        async with self._places:
            wanted = [(call, future) for call, future in group if not future.done()]
            if not wanted:
                return
            try:
                outcomes = await self._carry([call for call, _ in wanted])
            except Exception as error:
                for _, future in wanted:
                    if not future.done():
                        future.set_exception(error)
                return
        for (_, future), outcome in zip(wanted, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
