"""One request at work on the state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from connector_sdk import JSON

from stripe_connector.catalogue import ApiCall
from stripe_connector.sandbox import refusal
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.registry import NamedId, Registry
from stripe_connector.sandbox.store import Body, Ids, SearchIndex, Stored, Work

EMBEDDED = 10
"""Rows of a list within an object."""


def _nothing(*_: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is special about one resource.

    `before_create` may refuse or change the parameters, `after_create` completes the object.
    `filters` answer list parameters that aren't fields; `hides` says what a list omits unless asked
    for. `of_test_id` turns one of Stripe's ids for tests into that of a new object, others into
    None. `parent_params` are parameters that name objects above a new one.
    """

    before_create: "Callable[[Turn, Body], None]" = _nothing
    after_create: "Callable[[Turn, Stored, Body], None]" = _nothing
    before_update: "Callable[[Turn, Stored, Body], None]" = _nothing
    after_update: "Callable[[Turn, Stored, Body], None]" = _nothing
    before_delete: "Callable[[Turn, Stored], None]" = _nothing
    filters: "Mapping[str, Callable[[Turn, Stored, JSON], bool]]" = field(default_factory=dict)
    hides: "Callable[[Turn, Stored], bool] | None" = None
    of_test_id: "Callable[[Turn, str], str | None] | None" = None
    parent_params: tuple[str, ...] = ()


@dataclass(slots=True)
class Turn:
    """`params` are checked and typed; `now` is in Unix seconds; `query` is the raw query string."""

    api_call: ApiCall
    path: Mapping[str, str]
    params: Body
    work: Work
    registry: Registry
    behaviours: Mapping[str, Behaviour]
    ids: Ids
    now: int
    index: SearchIndex
    query: str = ""

    def behaviour(self, resource: str) -> Behaviour:
        return self.behaviours.get(resource, _PLAIN)

    def create(self, resource: str, params: Body, parents: dict[str, str] | None = None) -> Stored:
        """A new object, filled from `params` and completed by its behaviour."""
        behaviour = self.behaviour(resource)
        behaviour.before_create(self, params)
        chosen = params.get("id")
        identity = str(chosen or self.ids.id(self.registry.prefix(resource)))
        if chosen and self.peek(resource, chosen):
            name = self.registry.catalogue.resource(resource).object_name.capitalize()
            raise RefusalError(400, f"{name} already exists.", "resource_already_exists", "id")
        body = self.registry.shapes.new(resource, identity, self.now)
        self.registry.shapes.fill(resource, body, params)
        for name, parent in (parents or {}).items():
            if body.get(name, 0) in ("", None):
                body[name] = parent
        self._set_clock(body)
        above = {name: str(params[name]) for name in behaviour.parent_params if params.get(name)}
        stored = self.work.add(resource, identity, body, {**(parents or {}), **above})
        self._hold(stored, params)
        behaviour.after_create(self, stored, params)
        return stored

    def update(self, stored: Stored, params: Body) -> Body:
        behaviour = self.behaviour(stored.resource)
        behaviour.before_update(self, stored, params)
        body = self.work.edit(stored)
        self.registry.shapes.fill(stored.resource, body, params)
        self._hold(stored, params)
        behaviour.after_update(self, stored, params)
        return body

    def _set_clock(self, body: Body) -> None:
        """It is that of the customer."""
        if body.get("test_clock", 0) is None and body.get("customer"):
            customer = self.peek("customer", body["customer"])
            body["test_clock"] = customer.body["test_clock"] if customer else None

    def _hold(self, stored: Stored, params: Body) -> None:
        """Remembers ids of objects that are shown whole."""
        for name, resource in self.registry.shapes.held(stored.resource).items():
            named = params.get(name)
            if isinstance(named, str) and self.peek(resource, named):
                stored.private[f"held {name}"] = named

    def delete(self, stored: Stored) -> Body:
        self.behaviour(stored.resource).before_delete(self, stored)
        self.work.delete(stored)
        return self.gone(stored)

    def gone(self, stored: Stored) -> Body:
        return {"id": stored.id, "object": stored.body["object"], "deleted": True}

    def peek(self, resource: str, id: JSON) -> Stored | None:
        """None if missing or deleted."""
        stored = self.work.account.find(resource, str(id))
        return stored if stored and not stored.deleted else None

    def find(self, resource: str, id: JSON, param: str = "id", status: int = 404) -> Stored:
        """Raises RefusalError resource_missing."""
        stored = self.peek(resource, id)
        if stored is None:
            name = self.registry.catalogue.resource(resource).object_name
            raise refusal.no_such(name, str(id), param, status)
        return stored

    def refer(self, resource: str, named: NamedId) -> None:
        """Raises RefusalError resource_missing."""
        of_test_id = self.behaviour(resource).of_test_id
        obtained = of_test_id(self, named.id) if of_test_id else None
        if obtained:
            named.put(obtained)
        else:
            self.find(resource, named.id, named.param, 400)

    def own(self) -> Stored:
        """The object in the path. Raises RefusalError resource_missing."""
        *_, (_, held) = self.registry.plan(self.api_call).holders
        return self.find(held or self.api_call.returns, list(self.path.values())[-1])

    def children(self, resource: str, parent: str) -> list[Stored]:
        """Oldest first."""
        return [row for row in self.work.account.children(resource, parent) if not row.deleted]

    def shown(self, stored: Stored) -> Body:
        """The object as the API shows it, with the lists and objects within."""
        if stored.deleted:
            return self.gone(stored)
        shapes = self.registry.shapes
        lists, held = shapes.lists(stored.resource), shapes.held(stored.resource)
        if not lists and not held:
            return stored.body
        body = dict(stored.body)
        for name, resource in held.items():
            inner = self.work.account.find(resource, str(stored.private.get(f"held {name}", "")))
            if inner is not None:
                body[name] = self.shown(inner)
        for name, resource in lists:
            listed = body.get(name)
            if isinstance(listed, dict):
                body[name] = self._embedded(listed, name, resource, stored)
        return body

    def _embedded(self, listed: Body, name: str, resource: str, stored: Stored) -> Body:
        rows = self.children(resource, stored.id)
        data = [self.shown(row) for row in rows[:EMBEDDED]]
        url = self.registry.list_url(stored.resource, name, resource, stored.id)
        return {**listed, "data": cast(JSON, data), "has_more": len(rows) > EMBEDDED, "url": url}


_PLAIN = Behaviour()
