"""Ctrl-C and SIGTERM while an event loop runs."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_Handler = Callable[[int, FrameType | None], object] | signal.Handlers

_AT_ONCE: dict[signal.Signals, _Handler] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
"""What ends the process at once."""


@contextmanager
def on_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Inside, the first Ctrl-C or SIGTERM calls `stop` in the running loop; the next one ends
    the process."""
    loop = asyncio.get_running_loop()
    # Not set back: the loop reports what a second Ctrl-C broke off when it is gone itself.
    loop.set_exception_handler(_report)

    # Not the loop's own handlers: those don't exist on every system.
    def first(_number: int, _frame: FrameType | None) -> None:
        for number, handler in _AT_ONCE.items():
            signal.signal(number, handler)
        loop.call_soon_threadsafe(stop)

    before = {number: signal.signal(number, first) for number in _AT_ONCE}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Reports what asyncio does, except for tasks that Ctrl-C broke off: a person wanted that."""
    if not isinstance(context.get("exception"), KeyboardInterrupt):
        loop.default_exception_handler(context)
