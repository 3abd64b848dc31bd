"""A thread of its own for a driver that blocks, so that the event loop never waits for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

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
