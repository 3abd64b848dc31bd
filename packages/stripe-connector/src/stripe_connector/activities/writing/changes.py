"""The Update and the Delete activity."""

from collections.abc import Sequence

from connector_sdk import Call, Host, Outcome, Prepared, Request

from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.settle import is_gone, settle_write
from stripe_connector.activities.writing.target import StripeTarget, named
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client


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


class DeleteTarget(UpdateTarget):
    """Deletes the object that a record names, or does what comes nearest to it for that object:
    a subscription is cancelled, a price deactivated. It is prepared and settled like any other
    change of that object.

    API v1 takes no key for its DELETE. A repeat is harmless all the same: after a send whose
    answer was lost, "no such object" is looked up, and an object that is gone counts as written.
    Without such a send it means that the object was gone before: the record is refused, or with
    the setting `missing: ok` skipped, since there was nothing left to do.
    """

    def __init__(
        self, client: Client, catalogue: Catalogue, host: Host, resolved: Resolved
    ) -> None:
        super().__init__(client, catalogue, host, resolved)
        self._missing_ok = resolved.settings.missing == "ok"

    async def send(self, call: Call) -> Outcome:
        outcome = await super().send(call)
        if outcome.problem is None or outcome.kind != "refused" or outcome.open:
            return outcome
        if not self._missing_ok:
            return outcome
        request = requests.parse(call.body.json)
        if not await is_gone(self.client, self.catalogue, request, outcome.problem):
            return outcome
        name = named(self.catalogue.api_calls[request.api_call], request)
        return outcome._replace(kind="skipped", id=name, problem=None)
