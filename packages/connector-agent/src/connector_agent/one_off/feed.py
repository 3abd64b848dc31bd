"""A blocking iterator beside the event loop: pipes keep their reader waiting for minutes."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

AHEAD = 100
"""Items that are taken before anybody asks for them."""


class Feed(Generic[T]):
    """Hands over what `items` yields. Taking runs in a thread of its own that nobody waits
    for: it may be stuck in a read until the other end of a pipe closes."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._queue: asyncio.Queue[tuple[T | None, BaseException | None]] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)
        self._ended = False

    async def all(self) -> AsyncIterator[T]:
        """Every item until the end or `stop`. Raises what the iterator raised."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._take, args=(loop,), daemon=True, name="feed").start()
        while not self._ended:
            item, error = await self._queue.get()
            self._room.release()
            if error is not None:
                raise error
            if item is None:
                return
            yield item

    def stop(self) -> None:
        """Nothing more comes; what was taken ahead is dropped."""
        self._ended = True
        self._queue.put_nowait((None, None))
        self._room.release()

    def _take(self, loop: asyncio.AbstractEventLoop) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                self._room.acquire()
                if self._ended:
                    return
                self._put(loop, item, None)
        except Exception as raised:
            error = raised
        self._put(loop, None, error)

    def _put(
        self, loop: asyncio.AbstractEventLoop, item: T | None, error: BaseException | None
    ) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._queue.put_nowait, (item, error))
