"""The Update activity."""

from collections.abc import Sequence

from connector_sdk import Body, Call, Outcome, Problem

from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.settle import settle_write
from stripe_connector.activities.writing.target import StripeTarget


class UpdateTarget(StripeTarget):
    """Changes the fields that a record names, and no others, or does something with the object.
    Two updates of the same object wait for each other."""

    def prepare(self, request: bytes, existing: str = "") -> Body | Problem:
        fitted = self.fit(request)
        if isinstance(fitted, Problem):
            return fitted
        return requests.body(fitted, requests.lock(fitted))

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        return [await settle_write(self.client, self.catalogue, call) for call in calls]
