"""What an answer shows on request: objects instead of ids (v1), included fields (v2).

Stored objects are never changed.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from connector_sdk import JSON, Field

from stripe_connector.catalogue.model import is_list
from stripe_connector.sandbox.listing import OLDEST_FIRST
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.shapes import rows_resource
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import EMBEDDED, Turn

MAX_DEPTH = 4


def expand(turn: Turn, body: Body, wanted: Sequence[str]) -> Body:
    """Raises RefusalError for an unknown or too long path."""
    searched = turn.api_call.shape == "search"
    if searched and "total_count" not in wanted:
        body.pop("total_count", None)
    for path in wanted:
        steps = path.split(".")
        if len(steps) > MAX_DEPTH:
            raise RefusalError(
                400,
                f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}",
                "",
                "expand",
            )
        if searched and path == "total_count":
            continue
        if turn.api_call.shape in ("list", "search"):
            if steps[0] != "data" or len(steps) < 2:
                raise _nowhere(path, f"data.{path}")
            rows = cast(list[Body], body["data"])
            done = [_Walk(turn, path).object(row, _kind(turn, row), steps[1:]) for row in rows]
            body = {**body, "data": cast(JSON, done)}
        else:
            body = _Walk(turn, path).object(body, _kind(turn, body), steps)
    return body


def _kind(turn: Turn, body: Body) -> str:
    catalogue = turn.registry.catalogue
    kinds = turn.api_call.returns_any
    named = (kind for kind in kinds if catalogue.resource(kind).object_name == body["object"])
    return turn.api_call.returns or next(named, "")


def _nowhere(path: str, instead: str = "") -> RefusalError:
    hint = f" You may want to try expanding '{instead}' instead." if instead else ""
    return RefusalError(400, f"This property cannot be expanded ({path}).{hint}", "", "expand")


class _Walk:
    def __init__(self, turn: Turn, path: str) -> None:
        self._turn = turn
        self._path = path

    def object(self, body: Body, resource: str, steps: Sequence[str]) -> Body:
        if not resource or not steps or body.get("deleted"):
            return body
        return self._members(body, self._turn.registry.shapes.fields(resource), steps, resource)

    def _members(
        self, body: Body, fields: Mapping[str, Field], steps: Sequence[str], owner: str
    ) -> Body:
        field = fields.get(steps[0])
        if field is None:
            raise _nowhere(self._path)
        value = body.get(field.name)
        if is_list(field):
            return {**body, field.name: self._list(field, value, steps[1:], body, owner)}
        return {**body, field.name: self._value(field, value, steps[1:])}

    def _value(self, field: Field, value: JSON, steps: Sequence[str]) -> JSON:
        if field.on_request:
            return self._object_of(field, value, steps)
        if field.type == "list" and field.items is not None:
            items = field.items
            if isinstance(value, list):
                return [self._value(items, part, steps) for part in value]
            return value
        if not steps:
            if field.nullable and field.type == "object":
                return value  # Stripe shows some objects only when asked; here they always show
            raise _nowhere(self._path)
        if not isinstance(value, dict):
            return value
        if field.ref:
            return self.object(value, field.ref, steps)
        return self._members(value, {child.name: child for child in field.fields}, steps, "")

    def _object_of(self, field: Field, value: JSON, steps: Sequence[str]) -> JSON:
        if isinstance(value, dict):
            return self.object(value, field.ref, steps)
        if not isinstance(value, str) or not value:
            return value
        resources = [field.ref] if field.ref else [option.ref for option in field.any_of]
        for resource in resources:
            stored = self._turn.work.account.find(resource, value) if resource else None
            if stored is not None:
                return self.object(self._turn.shown(stored), resource, steps)
        return value

    def _list(
        self, field: Field, value: JSON, steps: Sequence[str], body: Body, owner: str
    ) -> JSON:
        resource = rows_resource(field)
        if not isinstance(value, dict):
            value = self._included(field.name, resource, body, owner)
        if not steps:
            return value
        if steps[0] != "data":
            raise _nowhere(self._path)
        rows = cast(list[Body], value["data"])
        return {**value, "data": [self.object(row, resource, steps[1:]) for row in rows]}

    def _included(self, field: str, resource: str, body: Body, owner: str) -> Body:
        """The objects that refer to this one."""
        owned = str(body["id"])
        name = str(body["object"])
        account = self._turn.work.account
        rows: list[Stored] = list(self._turn.children(resource, owned)) if resource else []
        if resource and not rows:
            rows = [row for row in account.live(resource) if row.body.get(name) == owned]
        if resource not in OLDEST_FIRST:
            rows.reverse()
        return {
            "object": "list",
            "data": cast(JSON, [self._turn.shown(row) for row in rows[:EMBEDDED]]),
            "has_more": len(rows) > EMBEDDED,
            "url": self._turn.registry.list_url(owner, field, resource, owned),
        }


def hide(turn: Turn, body: Body, included: Sequence[str]) -> Body:
    """Nulls what `include` offers and the request didn't name."""
    offered = turn.registry.plan(turn.api_call).included
    if not offered:
        return body
    wanted = set(included)
    rows = body.get("data")
    if turn.api_call.shape == "list" and isinstance(rows, list):
        return {**body, "data": [_without(cast(Body, row), offered, wanted) for row in rows]}
    return _without(body, offered, wanted)


def _without(body: Body, offered: Sequence[str], wanted: set[str]) -> Body:
    out = dict(body)
    for path in offered:
        name, _, inner = path.partition(".")
        if path in wanted or name not in out:
            continue
        value = out[name]
        if not inner or not any(other.startswith(f"{name}.") for other in wanted):
            out[name] = None
        elif isinstance(value, dict):
            out[name] = {**value, inner: None}
    return out
