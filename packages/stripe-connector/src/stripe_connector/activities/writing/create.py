"""The Create activity."""

from collections.abc import AsyncGenerator, Sequence
from typing import cast

from connector_sdk import (
    JSON,
    Body,
    Call,
    Host,
    Marked,
    Outcome,
    Prepared,
    Problem,
    Request,
    conform,
    not_an_object,
)

from stripe_connector.activities.choices.guarding import updating
from stripe_connector.activities.choices.naming import full_label
from stripe_connector.activities.choices.resolution import Resolved, parents_between, update_of
from stripe_connector.activities.choices.verbs import own_id
from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.marked import marked_in, shelf_of
from stripe_connector.activities.writing.meter_events import EVENTS, stream_of
from stripe_connector.activities.writing.settle import settle_write
from stripe_connector.activities.writing.settle_create import settle_creates
from stripe_connector.activities.writing.target import StripeTarget
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client


class CreateTarget(StripeTarget):
    """Makes one new object for each record, with a marker in its metadata."""

    def __init__(
        self, client: Client, catalogue: Catalogue, host: Host, resolved: Resolved
    ) -> None:
        super().__init__(client, catalogue, host, resolved)
        self._own = own_id(resolved.api_call)
        self._updating = resolved.update_schema(catalogue)

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        """With `existing`, the update of that object instead: an operation that repeats with
        `update` comes here."""
        if existing:
            return self._update(request, existing)
        fitted = self.fit(request, mark=self.marker)
        if not isinstance(fitted, requests.Request):
            return fitted
        return self.body(fitted, self._lock(fitted))

    def _lock(self, request: requests.Request) -> str:
        """Nested creates may fly together, and what begins with an object may not."""
        if self._own:
            return requests.lock(request)
        return stream_of(request.params) if self.api_call.id in EVENTS else ""

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        creates = [call for call in calls if call.body.action == self.api_call.id]
        settled = dict(
            zip(creates, await settle_creates(self.client, self.catalogue, creates), strict=True)
        )
        return [
            settled[call]
            if call in settled
            else await settle_write(self.client, self.catalogue, call)
            for call in calls
        ]

    def shelf(self, body: Body) -> bytes | None:
        """The list at Stripe that would hold what this request makes."""
        return shelf_of(self.client, self.catalogue, body)

    def marked(self, shelf: bytes) -> AsyncGenerator[Marked, None]:
        """What carries a marker there. Raises as the client does."""
        return marked_in(self.client, self.catalogue, shelf)

    def _update(self, request: Request, existing: str) -> Prepared:
        update, schema = update_of(self.catalogue, self.api_call), self._updating
        label = full_label(self.catalogue, self.api_call.object)
        if update is None or schema is None or not schema.fields:
            return Problem(
                "not_updatable",
                f"{label} can't be updated, and {existing} was written by an earlier run.",
                "Set `repeat` to skip or to create in the options of the operation.",
            )
        try:
            given = request.values
        except ValueError as error:
            return not_an_object(error)
        surplus = [
            name
            for name in given
            if schema.child(name) is None and self.schema.child(name) is not None
        ]
        if surplus:
            return _unchangeable(label, existing, surplus)
        fitted = conform(schema, {**self.constants, **given})
        if fitted.problems:
            return fitted.problems
        values = dict(cast("dict[str, JSON]", fitted.value))
        pairs = parents_between(self.api_call, update)
        above = {theirs: values.pop(ours, None) for ours, theirs in pairs}
        changed = requests.split(
            update,
            {**values, **above, own_id(update): existing, **self.fixed},
            mark=False,
            now=self.now,
        )
        if isinstance(changed, Problem):
            return changed
        refusal = self.refusal(updating(update), changed)
        return refusal or self.body(changed, requests.lock(changed))


def _unchangeable(object: str, existing: str, surplus: list[str]) -> Problem:
    names = ", ".join(surplus)
    return Problem(
        "not_updatable",
        f"{existing} exists already, and an update of {object} doesn't take {names}.",
        "Say `only: create` in the line of the mapping, or set `repeat` to skip in the options of "
        "the operation.",
        path=surplus[0],
    )
