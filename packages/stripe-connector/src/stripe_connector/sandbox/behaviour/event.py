"""Events, kept for 30 days, and the pings of API v2."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.refusal import RefusalError, no_such
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb, list_

KEPT = 30 * 86_400
MOST_TYPES = 20


def of_type(turn: Turn, stored: Stored, value: JSON) -> bool:
    """A type, or a group such as customer.*"""
    return fnmatchcase(str(stored.body["type"]), str(value))


def of_types(turn: Turn, stored: Stored, value: JSON) -> bool:
    return stored.body["type"] in cast("list[JSON]", value)


def was_delivered(turn: Turn, stored: Stored, value: JSON) -> bool:
    """Nothing is sent, so nothing fails."""
    return value is True


def list_events(turn: Turn) -> Body:
    types = turn.params.get("types")
    if isinstance(types, list) and len(types) > MOST_TYPES:
        raise RefusalError(
            400, f"You can give up to {MOST_TYPES} types; these are {len(types)}.", "", "types"
        )
    if types is not None and turn.params.get("type") is not None:
        raise RefusalError(400, "You may only specify one of these parameters: type, types.")
    return list_(turn)


def retrieve(turn: Turn) -> Body:
    stored = turn.own()
    if is_old(turn, stored):
        raise no_such("event", stored.id, "id")
    return turn.shown(stored)


def is_old(turn: Turn, stored: Stored) -> bool:
    return cast(int, stored.body["created"]) < turn.now - KEPT


def ping(turn: Turn) -> Body:
    stored = turn.own()
    event = turn.create("v2.core.event", {})
    event.private["object_id"] = stored.id
    event.body["type"] = "v2.core.event_destination.ping"
    return turn.shown(event)


def is_about(turn: Turn, stored: Stored, value: JSON) -> bool:
    return stored.private.get("object_id") == value


BEHAVIOURS: Mapping[str, Behaviour] = {
    "event": Behaviour(
        filters={"type": of_type, "types": of_types, "delivery_success": was_delivered},
        hides=is_old,
    ),
    "v2.core.event": Behaviour(filters={"object_id": is_about}),
}
ACTIONS: Mapping[str, Verb] = {
    "events.list": list_events,
    "events.retrieve": retrieve,
    "v2.core.event_destinations.ping": ping,
}
