"""Where the results of reports and of Sigma queries are: found, or made and waited for."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator
from typing import NamedTuple, Protocol

import msgspec
from connector_sdk import Host, Problem, RefusedError, UnreachableError

from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.reading.read import ids_of
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client

FIRST_LOOK, LAST_LOOK = 0.5, 15.0
"""Seconds until a report run is looked at again: doubled from the first to the last."""

_GLANCE = 0.25


class Found(NamedTuple):
    """A run at Stripe, and the id of the file with its result: "" while it isn't there. With a
    `problem` it never will be."""

    run: str
    file: str = ""
    problem: Problem | None = None


class Results(Protocol):
    """The results that an activity reads, one after the other."""

    count: int
    apart: bool
    """Whether each result stands for itself, so that a fault of one keeps none of the others
    from being read."""

    def find(self, index: int, run: str) -> AsyncGenerator[Found, None]:
        """What is known of the result at `index`, again whenever time has passed; the last one
        has its file or its problem, unless the host is stopping. `run` is the run that was
        found before the reading was interrupted, or ""."""
        ...


class _File(msgspec.Struct):
    id: str


class _Run(msgspec.Struct):
    id: str
    status: str
    result: _File | None = None
    error: str | None = None


class ReportRun:
    """One report run, made for this reading and waited for."""

    count = 1
    apart = False

    def __init__(
        self, client: Client, catalogue: Catalogue, host: Host, resolved: Resolved
    ) -> None:
        self._client = client
        self._host = host
        self._create = catalogue.api_calls["reporting.report_runs.create"]
        self._retrieve = catalogue.api_calls["reporting.report_runs.retrieve"]
        self._parameters = resolved.parameters
        self._wait = resolved.settings.wait

    async def find(self, index: int, run: str) -> AsyncGenerator[Found, None]:
        """Goes on with the run of before, unless that came to nothing. Raises RefusedError
        where Stripe refuses the report or fails at it, and UnreachableError where it takes
        longer than the activity allows."""
        at = await self._look(run) if run else None
        if at is None or at.status == "failed":
            at = await self._make()
        end = time.monotonic() + self._wait
        pause = FIRST_LOOK
        while True:
            if at.status == "failed":
                raise RefusedError(_failed(at))
            if at.result is not None:
                yield Found(at.id, at.result.id)
                return
            yield Found(at.id)
            if not await self._pause(pause):
                return
            if time.monotonic() >= end:
                raise UnreachableError(_pending(at, self._wait))
            pause = min(2 * pause, LAST_LOOK)
            at = await self._look(at.id)

    async def _make(self) -> _Run:
        answer = await self._client.send(self._create, self._parameters, key=str(uuid.uuid4()))
        return msgspec.json.decode(answer.body, type=_Run)

    async def _look(self, run: str) -> _Run:
        answer = await self._client.send(self._retrieve, {"report_run": run})
        return msgspec.json.decode(answer.body, type=_Run)

    async def _pause(self, seconds: float) -> bool:
        """False once the host is stopping."""
        for _ in range(round(seconds / _GLANCE)):
            if self._host.stopping():
                return False
            await asyncio.sleep(_GLANCE)
        return not self._host.stopping()


class _QueryError(msgspec.Struct):
    message: str = ""


class _QueryRun(msgspec.Struct):
    id: str
    status: str
    file: _File | None = None
    error: _QueryError | None = None


class QueryRuns:
    """Runs of scheduled queries, by their ids. Sigma shows them once they are over."""

    apart = True

    def __init__(self, client: Client, catalogue: Catalogue, resolved: Resolved) -> None:
        self._client = client
        self._retrieve = catalogue.api_calls["sigma.scheduled_query_runs.retrieve"]
        self._ids = ids_of(resolved)
        self.count = len(self._ids)

    async def find(self, index: int, run: str) -> AsyncGenerator[Found, None]:
        """At once; a run that is unknown or came to nothing has a problem."""
        name = self._ids[index]
        try:
            answer = await self._client.send(self._retrieve, {"scheduled_query_run": name})
        except RefusedError as error:
            yield Found(name, problem=error.problem)
            return
        at = msgspec.json.decode(answer.body, type=_QueryRun)
        if at.file is None:
            yield Found(name, problem=_no_result(at))
        else:
            yield Found(name, at.file.id)


def results_of(client: Client, catalogue: Catalogue, host: Host, resolved: Resolved) -> Results:
    """The results that an activity reads."""
    if "reporting.report_runs.create" in resolved.api_call.calls:
        return ReportRun(client, catalogue, host, resolved)
    return QueryRuns(client, catalogue, resolved)


def _failed(run: _Run) -> Problem:
    why = f": {run.error.rstrip('.')}" if run.error else ""
    return Problem(
        "report_failed",
        f"The report run {run.id} failed at Stripe{why}.",
        "Correct the parameters of the report. Going on with the run asks for a new report.",
    )


def _pending(run: _Run, seconds: int) -> Problem:
    return Problem(
        "report_pending",
        f"The report run {run.id} had no result after {seconds} seconds.",
        "Go on later: the same report run is then waited for. The setting `wait` of the "
        "activity says how long.",
    )


def _no_result(run: _QueryRun) -> Problem:
    told = run.error.message if run.error is not None else ""
    why = f": {told.rstrip('.')}" if told else ""
    return Problem(
        "query_failed",
        f"The query run {run.id} has no result; its status is {run.status!r}{why}.",
        "Look at the query in the Stripe Dashboard, and read a run of it that was completed.",
    )
