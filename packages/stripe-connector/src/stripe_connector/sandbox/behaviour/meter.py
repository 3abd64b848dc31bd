"""Meters, their events and the summaries of these.

docs.stripe.com/api/billing/meter, docs.stripe.com/api/v2/billing/meter-event-stream
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, cast

from connector_sdk import JSON

from stripe_connector.sandbox import listing
from stripe_connector.sandbox.refusal import RefusalError, no_such
from stripe_connector.sandbox.store import Account, Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

STREAM = "/v2/billing/meter_event_stream"
"""Takes a session's token instead of a key."""

_SESSION = "v2.billing.meter_event_session"
EVENTS = ("billing.meter_event", "v2.billing.meter_event")
"""In API v1 and in API v2."""

_SESSION_SECONDS = 900
"""Seconds."""
_MAX_EVENTS = 100


def admit(account: Account, header: str, now: float) -> None:
    """Raises RefusalError unless the session is open."""
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
    end = datetime.fromtimestamp(turn.now + _SESSION_SECONDS, UTC)
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
            "duplicate_meter_event" if turn.api_call.v2 else "",
            "identifier",
        )


def stream(turn: Turn) -> Body:
    """Skips known identifiers."""
    events = turn.params["events"]
    assert isinstance(events, list)
    if len(events) > _MAX_EVENTS:
        raise RefusalError(400, f"At most {_MAX_EVENTS} events can be sent at once.", "", "events")
    for event in events:
        assert isinstance(event, dict)
        if not (event.get("identifier") and _is_known(turn, event["identifier"])):
            turn.create("v2.billing.meter_event", event)
    return {}


_EVENT = Behaviour(before_create=_take_once, parent_params=("identifier",))


_WINDOWS = {"hour": 3600, "day": 86_400}
_ADJUSTMENTS = ("billing.meter_event_adjustment", "v2.billing.meter_event_adjustment")


class _Event(NamedTuple):
    at: int
    value: float


def after_create_meter(turn: Turn, stored: Stored, params: Body) -> None:
    for name, key in (("customer_mapping", "stripe_customer_id"), ("value_settings", "value")):
        settings = cast(Body, stored.body[name])
        settings["event_payload_key"] = settings["event_payload_key"] or key
    cast(Body, stored.body["customer_mapping"])["type"] = "by_id"


def summaries(turn: Turn) -> Body:
    """For the whole time or each window, newest first."""
    meter = turn.find("billing.meter", turn.path["id"])
    start, end = (cast(int, turn.params[name]) for name in ("start_time", "end_time"))
    window = _WINDOWS.get(str(turn.params.get("value_grouping_window")), 0)
    for name, time in (("start_time", start), ("end_time", end)):
        if time % (window or 60):
            raise RefusalError(400, f"{name} has to be at the start of a window.", "", name)
    if start >= end:
        raise RefusalError(400, "start_time has to be before end_time.", "", "start_time")
    found: dict[int, list[_Event]] = {}
    for event in sorted(_events(turn, meter, str(turn.params["customer"]))):
        if start <= event.at < end:
            begins = event.at - event.at % window if window else start
            found.setdefault(begins, []).append(event)
    rows = [_summary(turn, meter, at, at + window if window else end, found[at]) for at in found]
    return _page(turn, rows[::-1])


def _events(turn: Turn, meter: Stored, customer: str) -> Iterator[_Event]:
    account = turn.work.account
    canceled = {
        cast(Body, row.body["cancel"] or {}).get("identifier")
        for kind in _ADJUSTMENTS
        for row in account.live(kind)
    }
    of = cast(Body, meter.body["customer_mapping"])["event_payload_key"]
    key = cast(Body, meter.body["value_settings"])["event_payload_key"]
    for kind in EVENTS:
        for row in account.live(kind):
            payload = cast(Body, row.body["payload"])
            ours = row.body["event_name"] == meter.body["event_name"]
            if ours and payload.get(str(of)) == customer and row.body["identifier"] not in canceled:
                yield _Event(_seconds(row.body["timestamp"]), _number(payload.get(str(key))))


def _seconds(time: JSON) -> int:
    return (
        int(datetime.fromisoformat(time).timestamp()) if isinstance(time, str) else int(str(time))
    )


def _number(text: JSON) -> float:
    try:
        return float(str(text))
    except ValueError:
        return 0.0


def _summary(turn: Turn, meter: Stored, start: int, end: int, events: list[_Event]) -> Body:
    formula = cast(Body, meter.body["default_aggregation"])["formula"]
    values = [event.value for event in events]
    value = {"count": float(len(values)), "last": values[-1]}.get(str(formula), sum(values))
    mark = f"{meter.id} {turn.params['customer']} {start} {end}".encode()
    return {
        "id": f"mtrusg_test_{hashlib.blake2b(mark, digest_size=12).hexdigest()}",
        "object": "billing.meter_event_summary",
        "aggregated_value": value,
        "end_time": end,
        "livemode": False,
        "meter": meter.id,
        "start_time": start,
    }


def _page(turn: Turn, rows: list[Body]) -> Body:
    size = listing.limit(turn.params)
    ids = [row["id"] for row in rows]
    first, last = 0, len(rows)
    for name in ("starting_after", "ending_before"):
        cursor = turn.params.get(name)
        if cursor is None:
            continue
        if cursor not in ids:
            raise no_such("billing.meter_event_summary", str(cursor), name, 400)
        if name == "starting_after":
            first = ids.index(cursor) + 1
        else:
            last = ids.index(cursor)
            first = max(last - size, 0)
    page = rows[first : min(first + size, last)]
    more = first > 0 if "ending_before" in turn.params else first + size < last
    return {
        "object": "list",
        "url": turn.api_call.path.format(**turn.path),
        "has_more": more,
        "data": cast(JSON, page),
    }


BEHAVIOURS: Mapping[str, Behaviour] = {
    _SESSION: Behaviour(after_create=_begin),
    **dict.fromkeys(EVENTS, _EVENT),
    "billing.meter": Behaviour(after_create=after_create_meter),
}
ACTIONS: Mapping[str, Verb] = {
    "v2.billing.meter_event_stream.create": stream,
    "billing.meters.event_summaries.list": summaries,
}
