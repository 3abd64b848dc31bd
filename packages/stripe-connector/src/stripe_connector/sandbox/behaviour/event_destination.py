"""Event destinations of API v2: nothing is sent to them, a ping is recorded as an event."""

from collections.abc import Mapping

from stripe_connector.sandbox.store import Body
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb, create


def ping(turn: Turn) -> Body:
    turn.own()
    event = turn.create("v2.core.event", {})
    event.body["type"] = "v2.core.event_destination.ping"
    return turn.shown(event)


BEHAVIOURS: Mapping[str, Behaviour] = {}
ACTIONS: Mapping[str, Verb] = {
    "v2.core.event_destinations.ping": ping,
    "v2.test_helpers.money_management.recipient_verifications": create,
}
