"""The Update activity."""

from collections.abc import Sequence

from connector_sdk import Call, Outcome, Prepared, Request

from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.settle import settle_write
from stripe_connector.activities.writing.target import StripeTarget


class UpdateTarget(StripeTarget):
    """Changes the fields that a record names, and no others, or does something with the object.
    Two updates of the same object wait for each other."""

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        fitted = self.fit(request)
        if not isinstance(fitted, requests.Request):
            return fitted
        return self.body(fitted, requests.lock(fitted))

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        return [await settle_write(self.client, self.catalogue, call) for call in calls]
