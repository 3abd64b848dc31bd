"""The Delete activity."""

from collections.abc import Sequence

from connector_sdk import Body, Call, Outcome, Problem

from stripe_connector.activities import request as requests
from stripe_connector.activities.settle import settle_delete
from stripe_connector.activities.target import StripeTarget


class DeleteTarget(StripeTarget):
    """Deletes the object that a record names, or does what Stripe's DELETE means for it: a
    subscription is cancelled.

    API v1 takes no key for it. A repeat is harmless all the same: the object is gone, and
    after a send whose answer was lost "no such object" counts as written.
    """

    def prepare(self, request: bytes, existing: str = "") -> Body | Problem:
        fitted = self.fit(request)
        if isinstance(fitted, Problem):
            return fitted
        return requests.body(fitted, requests.lock(fitted))

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        return [await settle_delete(self.client, self.catalogue, call) for call in calls]
