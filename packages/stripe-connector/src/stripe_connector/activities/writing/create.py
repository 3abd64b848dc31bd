"""The Create activity."""

from collections.abc import AsyncGenerator, Sequence
from typing import cast

from connector_sdk import JSON, Body, Call, Marked, Outcome, Problem, conform

from stripe_connector.activities.choices.currency import with_currency
from stripe_connector.activities.choices.guarding import updating
from stripe_connector.activities.choices.naming import full_label
from stripe_connector.activities.choices.verbs import own_id, parents_of
from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.marked import marked_in, shelf_of
from stripe_connector.activities.writing.meter_events import stream_of
from stripe_connector.activities.writing.settle import settle_write
from stripe_connector.activities.writing.settle_create import settle_creates
from stripe_connector.activities.writing.target import StripeTarget


class CreateTarget(StripeTarget):
    """Makes one new object for each record, with a marker in its metadata."""

    def prepare(self, request: bytes, existing: str = "") -> Body | Problem:
        """With `existing`, the update of that object instead: an operation that repeats with
        `update` comes here."""
        if existing:
            return self._update(request, existing)
        fitted = self.fit(request, mark=self.marker)
        if isinstance(fitted, Problem):
            return fitted
        return requests.body(fitted, self._lock(fitted))

    def _lock(self, request: requests.Request) -> str:
        """Nested creates may fly together, and what begins with an object may not."""
        if own_id(self.operation):
            return requests.lock(request)
        return stream_of(self.operation.id, request.params)

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        creates = [call for call in calls if call.body.action == self.operation.id]
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

    def _update(self, request: bytes, existing: str) -> Body | Problem:
        update = self.catalogue.operations.get(f"{self.operation.object}.update")
        if update is None or not own_id(update):
            return Problem(
                "not_updatable",
                f"{full_label(self.catalogue, self.operation.object)} can't be updated, and "
                f"{existing} was written "
                "by an earlier run.",
                "Set `repeat` to skip or to create in the options of the operation.",
            )
        # Checked as a create first, so that the same record has the same faults in every run.
        fitted = self.fit(request)
        if isinstance(fitted, Problem):
            return fitted
        schema = with_currency(update, self.catalogue.request(update))
        surplus = [name for name in fitted.params if schema.child(name) is None]
        if surplus:
            return _unchangeable(full_label(self.catalogue, update.object), existing, surplus)
        # By position: refunds of application fees call the same parent by two names.
        above = zip(parents_of(update), fitted.path.values(), strict=True)
        values: JSON = {**dict(above), own_id(update): existing, **fitted.params}
        mended = conform(schema, values)
        if mended.problems:
            return mended.problems[0]
        changed = requests.split(
            update, cast("dict[str, JSON]", mended.value), mark=False, now=self.now()
        )
        if isinstance(changed, Problem):
            return changed
        refusal = self.refusal(updating(update), changed)
        return refusal or requests.body(changed, requests.lock(changed))


def _unchangeable(object: str, existing: str, surplus: list[str]) -> Problem:
    names = ", ".join(surplus)
    return Problem(
        "not_updatable",
        f"{existing} exists already, and an update of {object} doesn't take {names}.",
        "Take the field out of the mapping, or set `repeat` to skip in the options of the "
        "operation.",
        path=surplus[0],
    )
