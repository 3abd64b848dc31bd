"""What a connector gets from whoever runs it, and the one for use without a runner."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from connector_sdk.record import Limit


class Host(Protocol):
    """The runner, as a connector sees it."""

    folder: Path | None
    """Where relative paths start: the project's folder, or None outside of a project."""
    state: Path | None
    """Where a connector may keep files of its own across runs, or None."""

    def pace(self, scope: str, limits: Sequence[Limit]) -> AbstractAsyncContextManager[None]:
        """Waits until one more call fits under every limit; holds a place in flight inside."""
        ...

    def slowed(self, scope: str, limit: str, wait: float | None) -> None:
        """The other system said that it is too fast: nothing more goes out under this limit
        for `wait` seconds (None: it did not say how long)."""
        ...

    def stopping(self) -> bool:
        """True once the run was asked to stop; sources and targets then take nothing new."""
        ...


class _Gate:
    """One limit: sends no closer than 1/per_second behind the burst (GCRA), and a ceiling
    on what is unanswered. A limit of 0 per second is none."""

    def __init__(self, limit: Limit) -> None:
        self.interval = 1.0 / limit.per_second if limit.per_second > 0 else 0.0
        self.tolerance = self.interval * max(limit.burst - 1.0, 0.0)
        self.due = 0.0
        self.places = asyncio.Semaphore(limit.in_flight) if limit.in_flight else None

    def reserve(self, now: float) -> float:
        """Takes the next place in line; the answer is how many seconds to wait for it."""
        start = max(self.due, now)
        self.due = start + self.interval
        return max(0.0, start - self.tolerance - now)


class MemoryHost:
    """A host for one process: limits are kept in memory, nothing is shared."""

    def __init__(self, folder: Path | None = None, state: Path | None = None) -> None:
        self.folder = folder
        self.state = state
        self._gates: dict[tuple[str, str], _Gate] = {}
        self._stop = False

    def pace(self, scope: str, limits: Sequence[Limit]) -> AbstractAsyncContextManager[None]:
        return self._hold([self._gate(scope, limit) for limit in limits] if limits else ())

    def slowed(self, scope: str, limit: str, wait: float | None) -> None:
        gate = self._gates.get((scope, limit))
        if gate is not None:
            gate.due = max(gate.due, time.monotonic() + (1.0 if wait is None else wait))

    def stopping(self) -> bool:
        return self._stop

    def stop(self) -> None:
        """Asks whatever runs on this host to come to an end."""
        self._stop = True

    def _gate(self, scope: str, limit: Limit) -> _Gate:
        gate = self._gates.get((scope, limit.name))
        if gate is None:
            gate = self._gates[(scope, limit.name)] = _Gate(limit)
        return gate

    @asynccontextmanager
    async def _hold(self, gates: Sequence[_Gate]) -> AsyncIterator[None]:
        held: list[asyncio.Semaphore] = []
        try:
            for gate in gates:
                if gate.places is not None:
                    await gate.places.acquire()
                    held.append(gate.places)
            wait, now = 0.0, time.monotonic()
            for gate in gates:
                wait = max(wait, gate.reserve(now))
            if wait > 0:
                await asyncio.sleep(wait)
            yield
        finally:
            for places in held:
                places.release()
