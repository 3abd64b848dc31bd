"""What the three writing activities share: sending stored requests and telling what became of
them. What differs is how a request is prepared and how a lost answer is looked up."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from connector_sdk import (
    JSON,
    Body,
    Call,
    Guarantee,
    Host,
    Kind,
    Outcome,
    Problem,
    RefusedError,
    UncertainError,
)

from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.choices.settings import CONCURRENCY
from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.flight import Flight
from stripe_connector.activities.writing.marker import marked
from stripe_connector.activities.writing.meter_events import identified, is_repeat, own_name
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation
from stripe_connector.client import FAULTS, Client
from stripe_connector.wire.paging import compact, head

HORIZON = 72_000.0
"""Seconds for which a key is safe in API v1: Stripe keeps them for at least 24 hours, and
four are left for clocks and slow calls (https://docs.stripe.com/api/idempotent_requests)."""

HORIZON_V2 = 29 * 86_400.0
"""The same for API v2, where Stripe keeps keys for 30 days."""


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
        self.operation = resolved.operation
        self.constants: dict[str, JSON] = resolved.parents
        self.fixed = {**resolved.offer.constants, **resolved.expansion}
        self.schema = resolved.request_schema(catalogue)
        self.marker = resolved.settings.get("marker") is not False and any(
            field.name == "metadata" for field in self.schema.fields
        )
        self.horizon = HORIZON_V2 if resolved.operation.v2 else HORIZON
        self._host = host
        self._places = resolved.integer("concurrency", CONCURRENCY)

    @abstractmethod
    def prepare(self, request: bytes, existing: str = "") -> Body | Problem:
        """The call for one request, checked against Stripe's parameters."""

    @abstractmethod
    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        """What became of calls without an answer, by looking only."""

    def fit(self, request: bytes, mark: bool = False) -> requests.Request | Problem:
        """The request with all that the activity adds to it, or what is wrong with it."""
        fitted = requests.fit(self.operation, self.schema, self.constants, request, mark)
        if isinstance(fitted, requests.Request):
            fitted.params.update(self.fixed)
        return fitted

    def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        """Outcomes as they come; at most `concurrency` calls in flight, and never two for
        the same object. Raises CredentialError and UnreachableError after what was in flight
        has come to its end."""
        return Flight(self.send, self._places, self._host.stopping).outcomes(calls)

    async def send(self, call: Call) -> Outcome:
        """One call and its outcome."""
        request = requests.parse(call.body.json)
        operation = self.catalogue.operations[request.operation]
        params = identified(operation.id, request.params, call.key)
        if request.marker:
            params = marked(params, call.key)
        try:
            answer = await self.client.send(operation, {**request.path, **params}, key=call.key)
        except RefusedError as error:
            problem = error.problem
            # DELETE takes no key in v1: only the object can tell that an earlier run's send,
            # whose answer was lost, got through. (Repeats within this send the client knows.)
            gone = operation.method == "DELETE" and problem.code == "resource_missing"
            if gone and not operation.v2 and call.first_sent is not None:
                gone_id = named(operation, request)
                return Outcome(call.seq, call.step, "written", gone_id, problem.request_id, True)
            if is_repeat(operation.id, problem):
                told = known_event(call, request, own_name(operation.id, params))
                if told is not None:
                    return told._replace(request_id=problem.request_id)
            # A file that is gone now tells nothing about an earlier send.
            kind: Kind = "unknown" if problem.code in FAULTS and call.first_sent else "refused"
            return Outcome(
                call.seq, call.step, kind, request_id=problem.request_id, problem=problem
            )
        except UncertainError as error:
            return Outcome(
                call.seq,
                call.step,
                "unknown",
                request_id=error.problem.request_id,
                problem=error.problem,
            )
        response = compact(answer.body) if answer.body else None
        made = head(response)[0] if response else ""
        return Outcome(
            call.seq,
            call.step,
            "written",
            made or own_name(operation.id, params) or named(operation, request),
            answer.request_id,
            answer.replayed,
            response,
        )

    async def position(self) -> bytes:
        """Stripe keeps no position: each call stands for itself."""
        return b""

    async def finish(self, complete: bool) -> None:
        """Nothing is left to do: what Stripe answered is written."""
        return


def named(operation: Operation, request: requests.Request) -> str:
    """The id of the object that a request names in its path; "" where it names none."""
    return request.path[operation.path_parameters[-1]] if operation.path_parameters else ""


def known_event(call: Call, request: requests.Request, name: str) -> Outcome | None:
    """What became of a meter event whose identifier Stripe knows: the send before got through,
    or this record's usage is there since an earlier run. None where the record itself named the
    identifier and it was not sent before: then two records may have the same one."""
    if call.first_sent is not None:
        return Outcome(call.seq, call.step, "written", name, replayed=True)
    if "identifier" not in request.params:
        return Outcome(call.seq, call.step, "skipped", name, replayed=True)
    return None
