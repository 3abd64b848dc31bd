"""Ctrl-C and SIGTERM while an event loop runs."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_CLEAR = b"\r\x1b[2K\x1b[?25h"
"""Clears the live line and shows the cursor again."""


@contextmanager
def on_signal(stop: Callable[[], None], farewell: str) -> Iterator[None]:
    """Inside, the first Ctrl-C or SIGTERM calls `stop` in the running loop; the next one prints
    the `farewell` and ends the process at once.

    Nothing is unwound then: an exception in the middle of a task can leave a lock held that the
    clean-up of another waits for. What a crash leaves can always be resumed.
    """
    loop = asyncio.get_running_loop()

    # Not the loop's own handlers: those don't exist on every system.
    def first(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, second)
        loop.call_soon_threadsafe(stop)

    def second(number: int, _frame: FrameType | None) -> None:
        with suppress(Exception):  # it may have been interrupted while it was printing
            sys.stdout.flush()
            sys.stderr.flush()
        with suppress(OSError):
            os.write(2, (_CLEAR if os.isatty(2) else b"") + farewell.encode() + b"\n")
        os._exit(128 + number)

    before = {number: signal.signal(number, first) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
