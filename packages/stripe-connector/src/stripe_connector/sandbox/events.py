"""The events of API v1, made from what each request changed.

Their types are the choices of `enabled_events` of webhook endpoints; an object without one makes no
event. None is sent anywhere.
"""

from collections.abc import Iterator, Mapping
from typing import cast

import orjson
from connector_sdk import JSON

from stripe_connector.sandbox.registry import Registry
from stripe_connector.sandbox.request import SandboxRequest
from stripe_connector.sandbox.store import Body, Ids, Stored, compact
from stripe_connector.sandbox.turn import Turn

_NOUNS: Mapping[str, str] = {
    "dispute": "charge.dispute",
    "sigma.scheduled_query_run": "sigma.scheduled_query_run",
    "source_transaction": "source.transaction",
    "subscription": "customer.subscription",
    "tax_id": "customer.tax_id",
}
"""Nouns of types that aren't the object's name."""

_INITIAL_STATUSES = ("failed", "pending", "succeeded")
"""Statuses with an event of their own at creation."""

_STATUS_VERBS: Mapping[tuple[str, str], str] = {
    ("billing.meter", "active"): "reactivated",
    ("billing.meter", "inactive"): "deactivated",
    ("charge.dispute", "lost"): "closed",
    ("credit_note", "void"): "voided",
    ("customer.subscription", "canceled"): "deleted",
    ("invoice", "uncollectible"): "marked_uncollectible",
    ("invoice", "void"): "voided",
    ("issuing_personalization_design", "active"): "activated",
    ("issuing_personalization_design", "inactive"): "deactivated",
    ("quote", "open"): "finalized",
}
"""Verbs of types that aren't the new status."""


class Events:
    def __init__(self, registry: Registry, ids: Ids) -> None:
        request = registry.catalogue.request(
            registry.catalogue.api_calls["webhook_endpoints.create"]
        )
        enabled = request.child("enabled_events")
        assert enabled is not None
        assert enabled.items is not None
        self._types = frozenset(str(choice) for choice in enabled.items.choices)
        self._registry = registry
        self._nouns: dict[str, str] = {}
        self._ids = ids

    def record(self, turn: Turn, request: SandboxRequest) -> None:
        """Adds an event for each change of the request."""
        for stored, before in turn.work.changes():
            noun = self._noun(stored)
            types = _types(noun, stored, before)
            known = [f"{noun}.{word}" for word in types if f"{noun}.{word}" in self._types]
            if not known:
                continue
            shown = stored.body if stored.deleted else turn.shown(stored)
            data: Body = {"object": shown}
            if before is not None and not stored.deleted:
                data["previous_attributes"] = _differences(before, stored.body)
            # As bytes it is smaller than as objects, and what changes later doesn't change it.
            image = cast(JSON, orjson.Fragment(compact(orjson.dumps(data))))
            for kind in dict.fromkeys(known):
                self._add(turn, request, kind, image)

    def _add(self, turn: Turn, request: SandboxRequest, kind: str, data: JSON) -> None:
        identity = self._ids.id("evt")
        body: Body = {
            "id": identity,
            "object": "event",
            "account": None,
            "api_version": self._registry.catalogue.api_version,
            "context": None,
            "created": turn.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": request.id, "idempotency_key": request.key or None},
            "type": kind,
        }
        turn.work.add("event", identity, body)

    def _noun(self, stored: Stored) -> str:
        if stored.resource in ("bank_account", "card"):
            return "customer.source" if "customer" in stored.parents else "account.external_account"
        known = self._nouns.get(stored.resource)
        if known is None:
            name = self._registry.catalogue.resource(stored.resource).object_name
            flat = name.replace(".", "_")
            is_flat = any(each.startswith(f"{flat}.") for each in self._types)
            known = _NOUNS.get(stored.resource) or (flat if is_flat else name)
            self._nouns[stored.resource] = known
        return known


def _types(noun: str, stored: Stored, before: Body | None) -> Iterator[str]:
    now = stored.body
    status = now.get("status")
    if before is None:
        yield "created"
        if status in _INITIAL_STATUSES:
            yield str(status)
        return
    if stored.deleted:
        yield "deleted"
        return
    if before == now:
        return
    if status != before.get("status"):
        if noun == "invoice" and before.get("status") == "draft":
            yield "finalized"
        word = _STATUS_VERBS.get((noun, str(status)), str(status))
        yield word
        if word == "deleted":
            return
    if noun == "charge" and now["captured"] != before["captured"]:
        yield "captured"
    elif noun == "charge" and now["amount_refunded"] != before["amount_refunded"]:
        yield "refunded"
    if noun == "payment_method" and now.get("customer") != before.get("customer"):
        yield "attached" if now.get("customer") else "detached"
        return
    yield "updated"


def _differences(before: Body, now: Body) -> JSON:
    """The old values, within objects too."""
    out: Body = {}
    for name in (*before, *(name for name in now if name not in before)):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            out[name] = _differences(old, new)
        else:
            out[name] = old
    return out
