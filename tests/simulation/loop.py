"""An event loop in simulated time, for one life of a process."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.simulation.stripe import Work
from tests.simulation.world import World


class StuckError(Exception):
    """Everything waits, and nothing is going to happen."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs what is ready, and jumps to the next timer or event of the world when nothing is.

    What usually runs in a thread is done at once and takes a moment of simulated time. After
    `die` the process has no effect any more: its database takes nothing, its requests don't
    leave. It dies at the `fatal`th point at which a process can be cut off, if that is given:
    before and after each transaction, each request and each answer.
    """

    def __init__(self, world: World, name: str, fatal: int | None) -> None:
        super().__init__()
        self.world = world
        self.dead = False
        self.faults: list[str] = []
        self.flying: list[Work] = []
        self._left = fatal
        self._buried: set[asyncio.Task[Any]] = set()
        self._pause = world.chance("pause", name)
        # What BaseEventLoop waits with, and how finely its timers are compared.
        self._selector = _Jump(world)
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self.world.now

    def die(self, why: str = "killed") -> None:
        """Ends the process as `kill -9` does."""
        if not self.dead:
            self.world.note(f"KILLED  {why}")
            self.dead = True
            for work in self.flying:
                work.given_up = True
            self.stop()

    def may_die(self, where: str) -> None:
        """One of the points at which the process can be cut off."""
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            self._left = None
            self.die(where)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        del executor
        future = self.create_future()
        self.may_die("before a transaction")
        if self.dead:
            return future
        error: BaseException | None = None
        value = None
        try:
            value = func(*args)
        except Exception as raised:
            error = raised
        self.may_die("after a transaction")
        if not self.dead:
            self.call_later(self._pause.random() * 0.004, _resolve, future, value, error)
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.faults.append(f"{context.get('message')}: {error!r}")

    def bury(self) -> None:
        """Drops every task of a dead process without letting it do anything more."""
        self.dead = True
        # What a finally begins when its coroutine is closed has to belong to this loop, too.
        asyncio.events._set_running_loop(self)
        try:
            while left := asyncio.all_tasks(self) - self._buried:
                for task in left:
                    task._log_destroy_pending = False  # type: ignore[attr-defined]
                    _close(task.get_coro())
                self._buried |= left
        finally:
            asyncio.events._set_running_loop(None)
        self._ready.clear()  # type: ignore[attr-defined]
        self._scheduled.clear()  # type: ignore[attr-defined]

    def _asyncgen_finalizer_hook(self, agen: Any) -> None:
        if not self.dead and not self.is_closed():
            super()._asyncgen_finalizer_hook(agen)  # type: ignore[misc]

    def _process_events(self, event_list: object) -> None:
        """There are none: nothing real is waited for."""

    def _write_to_self(self) -> None:
        """Nothing has to be woken."""


class _Jump:
    """Takes the place of the selector: waiting lets simulated time pass."""

    def __init__(self, world: World) -> None:
        self._world = world

    def select(self, timeout: float | None) -> tuple[()]:
        if timeout is not None and timeout <= 0:
            return ()
        due = self._world.next()
        if timeout is None and due is None:
            raise StuckError
        ends = [] if timeout is None else [self._world.now + timeout]
        self._world.advance(min([*ends, *([] if due is None else [due])]))
        return ()

    def close(self) -> None:
        pass


def _close(coroutine: Any) -> None:
    for _ in range(50):  # each finally that wants to wait refuses to be closed once
        with suppress(Exception):
            coroutine.close()
            return


def _resolve(future: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(value)
