"""What the three writing activities share: sending stored requests and telling what became of
them. What differs is how a request is prepared and how a lost answer is looked up."""

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from functools import partial

from connector_sdk import (
    JSON,
    Body,
    Call,
    FailedError,
    Guarantee,
    Host,
    Kind,
    Outcome,
    Prepared,
    Problem,
    RefusedError,
    Request,
    UncertainError,
)

from stripe_connector.activities.choices.guarding import refusal_of
from stripe_connector.activities.choices.offers import Offer
from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.amounts import Currencies
from stripe_connector.activities.writing.answers import is_answer
from stripe_connector.activities.writing.flight import Flight
from stripe_connector.activities.writing.meter_events import EVENTS, identified, is_repeat, own_name
from stripe_connector.activities.writing.request import marked
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import ApiCall
from stripe_connector.client import FAULTS, Client, Earlier, horizon
from stripe_connector.wire.paging import head

PREPARED = 2_000
"""Requests that are kept between `prepare` and `write`."""


class StripeTarget(ABC):
    """Writes one kind of request, each with its own idempotency key.

    The stored body is what is sent, with one exception that the body announces: where it says
    `marker`, metadata.connector_key is set to the key of the call. Meter events, which have no
    metadata, get the key as their identifier.
    """

    guarantee: Guarantee = "keyed"

    def __init__(
        self, client: Client, catalogue: Catalogue, host: Host, resolved: Resolved
    ) -> None:
        self.client = client
        self.catalogue = catalogue
        self.api_call = resolved.api_call
        self.offer = resolved.offer
        self._watched = resolved.watched
        self.constants: dict[str, JSON] = resolved.parents
        self.fixed = {**resolved.offer.constants, **resolved.expansion}
        self.schema = resolved.request_schema(catalogue)
        self.marker = resolved.settings.marker and any(
            field.name == "metadata" for field in self.schema.fields
        )
        self.horizon = horizon(resolved.api_call)
        self._currencies = Currencies(client, catalogue)
        self._host = host
        self._prepared: dict[bytes, requests.Request] = {}
        self._places = resolved.settings.concurrency

    @abstractmethod
    def prepare(self, request: Request, existing: str = "") -> Prepared:
        """The call for one request, checked against Stripe's parameters."""

    @abstractmethod
    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        """What became of calls without an answer, by looking only."""

    def clock(self) -> float | None:
        """Stripe's clock, from its answers."""
        return self.client.clock.now()

    def now(self) -> float:
        """Stripe's time where it is known, else that of this machine; Unix seconds."""
        moment = self.clock()
        return time.time() if moment is None else moment

    def fit(
        self, request: Request, mark: bool = False
    ) -> requests.Request | Problem | tuple[Problem, ...]:
        """The request with all that the activity adds to it, or what is wrong with it."""
        fitted = requests.fit(self.api_call, self.schema, self.constants, request, mark, self.now)
        if isinstance(fitted, requests.Request):
            fitted.params.update(self.fixed)
            return (self.refusal(self.offer, fitted) if self._watched else None) or fitted
        return fitted

    def body(self, request: requests.Request, lock: str = "") -> Body:
        """The request as an intent stores it. Kept for a while, so that it isn't parsed again
        when it is sent."""
        body = requests.body(request, lock)
        if len(self._prepared) >= PREPARED:
            self._prepared.clear()
        self._prepared[body.json] = request
        return body

    def refusal(self, offer: Offer, request: requests.Request) -> Problem | None:
        """Why this request isn't sent to a live account unless it is allowed."""
        return refusal_of(self.catalogue, offer, request.params) if self._watched else None

    def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        """Outcomes as they come; at most `concurrency` calls in flight, and never two for
        the same object. Raises CredentialError and UnreachableError after what was in flight
        has come to its end."""
        return Flight(self.send, self._places, self._host.stopping).outcomes(calls)

    async def send(self, call: Call) -> Outcome:
        """One call and its outcome."""
        request = self._prepared.pop(call.body.json, None) or requests.parse(call.body.json)
        api_call = self.catalogue.api_calls[request.api_call]
        params: Mapping[str, JSON] = request.params
        if api_call.id in EVENTS:
            params = identified(params, call.key)
        if request.marker:
            params = marked(params, call.key)
        earlier = None
        if call.first_sent is not None:
            earlier = Earlier(call.first_sent if call.synced else None)
        values = {**request.path, **params}
        try:
            wrong = await self._currencies.fault(api_call, values, request.currency)
            if wrong is not None:
                return outcome_of(call, "refused", wrong, refused=call.first_sent is not None)
            answer = await self.client.send(
                api_call,
                values,
                key=call.key,
                earlier=earlier,
                accept=partial(is_answer, self.catalogue, api_call, request.path),
            )
        except RefusedError as error:
            if is_repeat(api_call.id, error.problem):
                known = known_event(call, request, own_name(api_call.id, params))
                if known is not None:
                    return known._replace(request_id=error.problem.request_id)
            # A file that is gone now says nothing about an earlier send.
            lost = error.problem.code in FAULTS and call.first_sent is not None
            return outcome_of(call, "unknown" if lost else "refused", error.problem)
        except FailedError as error:
            return outcome_of(call, "failed", error.problem)
        except UncertainError as error:
            if error.refused and is_repeat(api_call.id, error.problem):
                name = own_name(api_call.id, params)
                return Outcome(call.seq, call.step, "written", name, replayed=True)
            return outcome_of(call, "unknown", error.problem, refused=error.refused)
        made = head(answer.body)[0] if answer.body else ""
        return Outcome(
            call.seq,
            call.step,
            "written",
            made or own_name(api_call.id, params) or named(api_call, request),
            answer.request_id,
            answer.replayed,
            answer.body or None,
        )

    async def position(self) -> bytes:
        """Stripe keeps no position: each call stands for itself."""
        return b""

    async def finish(self, complete: bool) -> None:
        """Nothing is left to do: what Stripe answered is written."""
        return


def outcome_of(call: Call, kind: Kind, problem: Problem, *, refused: bool = False) -> Outcome:
    """The outcome of a call that was not done, or perhaps not. `refused` says that it was
    declined after a send whose answer was lost: a look decides."""
    return Outcome(
        call.seq,
        call.step,
        "refused" if refused else kind,
        request_id=problem.request_id,
        problem=problem,
        open=refused,
    )


def named(api_call: ApiCall, request: requests.Request) -> str:
    """The id of the object that a request names in its path; "" where it names none."""
    return request.path[api_call.path_parameters[-1]] if api_call.path_parameters else ""


def known_event(call: Call, request: requests.Request, name: str) -> Outcome | None:
    """What became of a meter event whose identifier Stripe knows: the send before got through,
    or this record's usage is there since an earlier run. None where the record itself named the
    identifier and it was not sent before: then two records may have the same one."""
    if call.first_sent is not None:
        return Outcome(call.seq, call.step, "written", name, replayed=True)
    if "identifier" not in request.params:
        return Outcome(call.seq, call.step, "skipped", name, replayed=True)
    return None
