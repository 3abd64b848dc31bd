"""What is special in API v2: lists leave out what is closed, and nothing is sent to event
destinations; a ping is recorded as an event."""

from collections.abc import Mapping

from connector_sdk import JSON

from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb, create


def ping(turn: Turn) -> Body:
    stored = turn.own()
    event = turn.create("v2.core.event", {})
    event.private["object_id"] = stored.id
    event.body["type"] = "v2.core.event_destination.ping"
    return turn.shown(event)


def is_about(turn: Turn, stored: Stored, value: JSON) -> bool:
    return stored.private.get("object_id") == value


def hides_account(turn: Turn, stored: Stored) -> bool:
    return stored.body["closed"] is True and "closed" not in turn.params


def hides_financial_account(turn: Turn, stored: Stored) -> bool:
    return stored.body["status"] == "closed" and "statuses" not in turn.params


BEHAVIOURS: Mapping[str, Behaviour] = {
    "v2.core.account": Behaviour(hides=hides_account),
    "v2.core.event": Behaviour(filters={"object_id": is_about}),
    "v2.money_management.financial_account": Behaviour(hides=hides_financial_account),
}
ACTIONS: Mapping[str, Verb] = {
    "v2.core.event_destinations.ping": ping,
    "v2.test_helpers.money_management.recipient_verifications": create,
}
