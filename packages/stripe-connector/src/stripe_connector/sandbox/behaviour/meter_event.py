"""Meter events: taken once by their identifier, alone or many at once over a session.

https://docs.stripe.com/api/v2/billing/meter-event-stream/create
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.store import Account, Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

STREAM = "/v2/billing/meter_event_stream"
"""The one path that takes the token of a session instead of a key."""

_SESSION = "v2.billing.meter_event_session"
EVENTS = ("billing.meter_event", "v2.billing.meter_event")
"""What an event is called in API v1, and in API v2."""

_LASTS = 900
"""Seconds for which a session is good."""
_MOST = 100


def admit(account: Account, header: str, now: float) -> None:
    """Raises RefusalError unless the header brings the token of a session that has not ended."""
    token = header.partition(" ")[2].strip()
    for session in account.live(_SESSION):
        if token and session.body["authentication_token"] == token:
            if datetime.fromisoformat(str(session.body["expires_at"])).timestamp() > now:
                return
            raise RefusalError(
                401,
                "The temporary session token has expired.",
                "billing_meter_event_session_expired",
                type="temporary_session_expired",
            )
    raise RefusalError(401, "This needs the token of a meter event session.")


def _begin(turn: Turn, session: Stored, params: Body) -> None:
    end = datetime.fromtimestamp(turn.now + _LASTS, UTC)
    session.body["authentication_token"] = f"mes_test_{turn.ids.text(24)}"
    session.body["expires_at"] = end.isoformat().replace("+00:00", "Z")


def _is_known(turn: Turn, identifier: object) -> bool:
    return any(turn.children(resource, str(identifier)) for resource in EVENTS)


def _take_once(turn: Turn, params: Body) -> None:
    identifier = params.setdefault("identifier", turn.ids.text(32))
    if _is_known(turn, identifier):
        raise RefusalError(
            400,
            f"An event already exists with identifier {identifier}.",
            "duplicate_meter_event" if turn.operation.v2 else "",
            "identifier",
        )


def stream(turn: Turn) -> Body:
    """Answers nothing. An identifier that was taken before is passed over: Stripe tells of it
    later, by an event of its own."""
    events = turn.params["events"]
    assert isinstance(events, list)
    if len(events) > _MOST:
        raise RefusalError(400, f"At most {_MOST} events can be sent at once.", "", "events")
    for event in events:
        assert isinstance(event, dict)
        if not (event.get("identifier") and _is_known(turn, event["identifier"])):
            turn.create("v2.billing.meter_event", event)
    return {}


_EVENT = Behaviour(before_create=_take_once, under=("identifier",))

BEHAVIOURS: Mapping[str, Behaviour] = {
    _SESSION: Behaviour(after_create=_begin),
    **dict.fromkeys(EVENTS, _EVENT),
}
ACTIONS: Mapping[str, Verb] = {"v2.billing.meter_event_stream.create": stream}
