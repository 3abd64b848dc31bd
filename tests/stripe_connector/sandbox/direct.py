"""A sandbox without a network, for tests of very many requests."""

import json
from typing import Any

from stripe_connector.sandbox.api import Api
from stripe_connector.sandbox.ids import Ids
from stripe_connector.sandbox.keys import Keys
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.registry import standard
from stripe_connector.sandbox.request import Answer
from stripe_connector.sandbox.store import Store

REGISTRY = standard()


class Direct:
    """A sandbox without a network."""

    def __init__(self) -> None:
        self.store = Store("acct_1")
        self._api = Api(REGISTRY, self.store, None, Keys(60.0), Ids(1))
        self._number = 0

    def send(self, method: str, path: str, form: bytes = b"") -> tuple[int, Any]:
        self._number += 1
        query = "" if method == "POST" else form.decode()
        try:
            request = self._api.open(
                self._number,
                f"req_{self._number}",
                method,
                path,
                query,
                {"Authorization": "Bearer sk_test_x"},
                form,
            )
            answer: Answer = self._api.run(request, 1000.0 + self._number)
        except RefusalError as refusal:
            answer = self._api.refused(refusal, "req_0")
        return answer.status, json.loads(answer.body)

    def ids(self, resource: str) -> list[str]:
        """Of all objects of a resource that are not deleted."""
        return [row.id for row in self.store.account("acct_1").live(resource)]

    def everything(self) -> dict[str, dict[str, Any]]:
        """All that is stored, deleted or not, as JSON by id."""
        account = self.store.account("acct_1")
        return {
            row.id: {"deleted": row.deleted, **json.loads(json.dumps(row.body))}
            for collection in account.collections.values()
            for row in collection.rows
        }
