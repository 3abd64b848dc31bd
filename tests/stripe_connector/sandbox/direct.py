"""A sandbox without a network, for tests of very many requests."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
from connector_sdk import JSON
from stripe_connector.sandbox import Sandbox
from stripe_connector.sandbox.api import Api
from stripe_connector.sandbox.dispatch import BEHAVIOURS
from stripe_connector.sandbox.keys import Keys
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.registry import standard
from stripe_connector.sandbox.request import Answer
from stripe_connector.sandbox.store import Ids, SearchIndex, Searching, Store, Work
from stripe_connector.sandbox.turn import Turn

REGISTRY = standard()
OWN = "acct_1"


class Direct:
    """A sandbox without a network, or a way around that of a running one. Its time starts at
    1000 and advances a second a request."""

    def __init__(self, running: Sandbox | None = None) -> None:
        self._ids = Ids(1)
        if running is None:
            self.store = Store(OWN)
            self._api = Api(REGISTRY, self.store, None, Keys(60.0), self._ids)
        else:
            self._api = running._api
            self.store = self._api._store
        self._number = 0
        self._began = 1000.0

    def later(self, seconds: float) -> None:
        """Advances the clock."""
        self._began += seconds

    def send(
        self,
        method: str,
        path: str,
        form: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Status and body, as bytes where it isn't JSON; `form` is the query string of a GET or
        DELETE."""
        self._number += 1
        now = self._began + self._number
        query = "" if method == "POST" else form.decode("utf-8", "surrogateescape")
        sent = {
            "Authorization": "Bearer sk_test_x",
            "Stripe-Version": REGISTRY.catalogue.api_version,
            **(headers or {}),
        }
        try:
            request = self._api.open(
                self._number, f"req_{self._number}", method, path, query, sent, form
            )
            answer: Answer | None = self._api.begin(request, now)
            if answer is None:
                try:
                    answer = self._api.run(request, now)
                finally:
                    self._api.end(request)
        except RefusalError as refusal:
            answer = self._api.refused(refusal, "req_0")
        kind = answer.headers.get("Content-Type", "application/json")
        return answer.status, json.loads(answer.body) if kind.endswith("json") else answer.body

    def seed(
        self, resource: str, params: dict[str, JSON], parents: dict[str, str] | None = None
    ) -> str:
        """The id of a new object of a kind that only Stripe creates."""
        account = self.store.account(self.store.own)
        api_call = next(iter(REGISTRY.catalogue.api_calls.values()))
        work = Work(self.store, account)
        index = SearchIndex(account, Searching())
        now = 1000 + self._number
        turn = Turn(api_call, {}, {}, work, REGISTRY, BEHAVIOURS, self._ids, now, index)
        return turn.create(resource, dict(params), parents).id

    def put(self, wanted: str, fields: dict[str, JSON]) -> None:
        """Sets what the API has no way to set, objects within the object field by field."""
        for collection in self.store.account(self.store.own).collections.values():
            stored = collection.by_id.get(wanted)
            for name, value in fields.items() if stored else ():
                assert stored is not None
                old = stored.body.get(name)
                whole = (
                    {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
                )
                stored.body[name] = whole

    def ids(self, resource: str) -> list[str]:
        """Of all objects of a resource that are not deleted."""
        return [row.id for row in self.store.account(self.store.own).live(resource)]

    def everything(self) -> dict[str, dict[str, Any]]:
        """All that is stored, deleted or not, as JSON by id."""
        account = self.store.account(self.store.own)
        return {
            row.id: {"deleted": row.deleted, **json.loads(orjson.dumps(row.body))}
            for collection in account.collections.values()
            for row in collection.rows
        }


def made(sandbox: Direct, path: str, form: str = "") -> Any:
    """The answer to a POST that has to succeed."""
    status, body = sandbox.send("POST", path, form.encode())
    assert status == 200, body
    return body
