"""The Create activity on the stream of meter events: events gathered into calls."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing

from connector_sdk import (
    JSON,
    Call,
    FailedError,
    Host,
    Outcome,
    Prepared,
    Problem,
    RefusedError,
    Request,
    UncertainError,
)

from stripe_connector.activities.choices.parameters import STREAM
from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.flight import Flight
from stripe_connector.activities.writing.meter_events import (
    MOST,
    MeterStream,
    identified,
    is_repeat,
)
from stripe_connector.activities.writing.settle import unclear
from stripe_connector.activities.writing.target import StripeTarget, known_event, outcome_of
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import HORIZON, Client
from stripe_connector.wire import idempotency_key


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


GATHER = 0.02
"""Seconds for which events gather before they travel."""


class StreamTarget(StripeTarget):
    """Sends one meter event for each record, up to a hundred in one call.

    The identifier of an event, not the key of the call, keeps a repeat harmless: events of a
    call that is repeated may travel in other company then. A call that is refused is sent again
    in halves, until the one event that Stripe declines stands alone. "written" means that Stripe
    took the event; it looks at customer and meter later.
    """

    def __init__(
        self,
        client: Client,
        catalogue: Catalogue,
        host: Host,
        resolved: Resolved,
        stream: MeterStream,
    ) -> None:
        super().__init__(client, catalogue, host, resolved)
        self.horizon = HORIZON  # identifiers are unique for 24 hours only
        self._stream = stream
        self._at_once = resolved.settings.concurrency
        self._stopping = host.stopping

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        if existing:
            return Problem(
                "not_updatable",
                f"Meter events can't be updated, and {existing} was written by an earlier run.",
                "Set `repeat` to skip or to create in the options of the operation.",
            )
        fitted = self.fit(request)
        return requests.body(fitted) if isinstance(fitted, requests.Request) else fitted

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        """Outcomes as they come; at most `concurrency` calls of a hundred events in flight."""
        gathering = Gathering(self._carry, MOST, GATHER, self._at_once)
        flight = Flight(gathering.add, self._at_once * MOST, self._stopping)
        try:
            async with aclosing(flight.outcomes(calls)) as outcomes:
                async for outcome in outcomes:
                    yield outcome
        finally:
            await gathering.close()

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        return [
            unclear(call, "meter events can't be read back") if call.first_sent else None
            for call in calls
        ]

    async def _carry(self, calls: Sequence[Call], lost: bool = False) -> list[Outcome]:
        """`lost`: an earlier call with these events may have got through."""
        events = [self._event(call) for call in calls]
        key = idempotency_key(*(call.key for call in calls))
        try:
            answer = await self._stream.send(events, key)
        except FailedError as error:
            return [outcome_of(call, "failed", error.problem) for call in calls]
        except (RefusedError, UncertainError) as error:
            if isinstance(error, UncertainError):
                if not error.refused:
                    return [outcome_of(call, "unknown", error.problem) for call in calls]
                lost = True
            if len(calls) > 1:
                half = len(calls) // 2
                first = await self._carry(calls[:half], lost)
                return [*first, *await self._carry(calls[half:], lost)]
            return [self._refused(calls[0], str(events[0]["identifier"]), error.problem, lost)]
        return [
            Outcome(call.seq, call.step, "written", str(event["identifier"]), answer.request_id)
            for call, event in zip(calls, events, strict=True)
        ]

    def _refused(self, call: Call, name: str, problem: Problem, lost: bool) -> Outcome:
        if is_repeat(STREAM, problem):
            if lost:
                return Outcome(call.seq, call.step, "written", name, replayed=True)
            known = known_event(call, requests.parse(call.body.json), name)
            if known is not None:
                return known
        lost = lost or call.first_sent is not None
        return outcome_of(call, "refused", problem, refused=lost)

    def _event(self, call: Call) -> dict[str, JSON]:
        return dict(identified(requests.parse(call.body.json).params, call.key))
