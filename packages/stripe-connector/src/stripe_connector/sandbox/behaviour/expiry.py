"""What ends when it is told to: links to files and tax registrations."""

from collections.abc import Mapping

from connector_sdk import JSON

from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def _end_link(turn: Turn, link: Stored, params: Body) -> None:
    if params.get("expires_at") == "now":
        link.body.update(expires_at=turn.now, expired=True)


def _end_registration(turn: Turn, registration: Stored, params: Body) -> None:
    if params.get("expires_at") == "now":
        registration.body.update(expires_at=turn.now, status="expired")


def _has_status(turn: Turn, registration: Stored, wanted: JSON) -> bool:
    return wanted in ("all", registration.body["status"])


BEHAVIOURS: Mapping[str, Behaviour] = {
    "file_link": Behaviour(after_update=_end_link),
    "tax.registration": Behaviour(after_update=_end_registration, filters={"status": _has_status}),
}
ACTIONS: Mapping[str, Verb] = {}
