"""Meter events: usage that is billed by its identifier, sent alone or by the hundred in a
stream."""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from connector_sdk import JSON, CredentialError, Problem, RefusedError, shown

from stripe_connector.activities.choices.parameters import STREAM
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client
from stripe_connector.client.answer import Answer
from stripe_connector.client.settings import ACCOUNT

EVENTS = frozenset({"billing.meter_events.create", "v2.billing.meter_events.create", STREAM})

OLDEST, NEWEST = 35 * 86_400, 300
"""Seconds before and behind now within which an event may have happened:
https://docs.stripe.com/api/billing/meter-event/create."""

_DUPLICATE = "event already exists with identifier"
"""What API v1 says, without a code, to an identifier of the last day or more; v2 has the code
duplicate_meter_event."""


def identified(params: Mapping[str, JSON], key: str) -> Mapping[str, JSON]:
    """The parameters of an event with an identifier: the key of the call, which stays the same
    for the same record, unless the request has its own. Stripe takes an identifier once within at
    least 24 hours."""
    if params.get("identifier"):
        return params
    return {**params, "identifier": key}


def is_repeat(api_call: str, problem: Problem) -> bool:
    """Whether an event was refused because its identifier was taken before."""
    return api_call in EVENTS and (
        problem.code == "duplicate_meter_event" or _DUPLICATE in problem.message.casefold()
    )


def own_name(api_call: str, params: Mapping[str, JSON]) -> str:
    """What stands for the id of an event; "" for other API calls."""
    return str(params.get("identifier", "")) if api_call in EVENTS else ""


def stream_of(params: Mapping[str, JSON]) -> str:
    """What takes one event at a time: a meter for a customer
    (https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api). The customer
    stands under the name that is usual for it; "" where there is none."""
    payload = params.get("payload")
    if not isinstance(payload, dict):
        return ""
    customer = payload.get("stripe_customer_id")
    return f"{params.get('event_name')} {customer}" if customer else ""


def timestamp_fault(params: Mapping[str, JSON], now: Callable[[], float]) -> Problem | None:
    """What Stripe would refuse in the time of an event; `now` gives Unix seconds."""
    moment = params.get("timestamp")
    if moment is None:
        return None
    seconds = float(moment) if isinstance(moment, (int, float)) else _seconds(str(moment))
    if seconds is None:
        return Problem(
            "wrong_timestamp",
            f"timestamp {shown(moment)!r} is no time as RFC 3339 writes it.",
            "Write it like 2026-01-31T12:00:00Z, or leave it out for now.",
            path="timestamp",
            value=shown(moment),
        )
    if -OLDEST <= seconds - now() <= NEWEST:
        return None
    told = datetime.fromtimestamp(seconds, UTC).isoformat() if abs(seconds) < 1e11 else moment
    return Problem(
        "timestamp_out_of_range",
        f"The event is of {told}; Stripe takes events of the past {OLDEST // 86_400} days, and "
        f"at most {NEWEST // 60} minutes ahead.",
        "Correct the time. What is older can only be billed otherwise, by an invoice item.",
        path="timestamp",
        value=shown(moment),
    )


def _seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


MOST = 100
"""Events in one call: https://docs.stripe.com/api/v2/billing/meter-event-stream/create."""

LIVE_PER_SECOND = 10_000.0
"""Calls a second that Stripe takes of a live account; they don't count against its other ones."""

_EXPIRED = "temporary_session_expired"
_EARLY = 60.0
"""Seconds before its end at which a session is not begun with any more."""
_LINGER = 600.0
"""Seconds for which a replaced session stays open, as calls may still wait for its answers."""


class _Session(msgspec.Struct):
    authentication_token: str
    expires_at: str


class MeterStream:
    """Sends events over sessions of 15 minutes, each begun when it is needed. Close it."""

    def __init__(self, client: Client, catalogue: Catalogue) -> None:
        self._main = client
        self._catalogue = catalogue
        self._opening = asyncio.Lock()
        self._client: Client | None = None
        self._until = 0.0
        self._spent: list[tuple[float, Client]] = []

    async def send(self, events: Sequence[dict[str, JSON]], key: str) -> Answer:
        """Sends at most 100 events, with the ids that Stripe takes only once. Raises like
        `Client.send`; a session that ended is replaced once."""
        client = await self._session(None)
        try:
            return await self._send(client, events, key)
        except (CredentialError, RefusedError) as error:
            if error.problem.type != _EXPIRED:
                raise
            return await self._send(await self._session(client), events, key)

    async def close(self) -> None:
        """Closes every connection."""
        if self._client is not None:
            self._spent.append((0.0, self._client))
            self._client = None
        await self._close_spent(self._now())

    async def _send(self, client: Client, events: Sequence[dict[str, JSON]], key: str) -> Answer:
        api_call = self._catalogue.api_calls[STREAM]
        return await client.send(api_call, {"events": [*events]}, key=key)

    async def _session(self, ended: Client | None) -> Client:
        """The transport of a session that isn't `ended`."""
        async with self._opening:
            known = self._client
            if known is not None and known is not ended and self._now() < self._until - _EARLY:
                return known
            if known is not None:
                await self._close_spent(self._now() - _LINGER)
                self._spent.append((self._now(), known))
            api_call = self._catalogue.api_calls["v2.billing.meter_event_session.create"]
            answer = await self._main.send(api_call, {}, key=str(uuid.uuid4()))
            session = msgspec.json.decode(answer.body, type=_Session)
            self._until = datetime.fromisoformat(session.expires_at).timestamp()
            self._client = self._main.of_session(session.authentication_token, self._limits())
            return self._client

    async def _close_spent(self, before: float) -> None:
        """Closes sessions that were replaced before that time."""
        kept = [(moment, client) for moment, client in self._spent if moment > before]
        done = [client for moment, client in self._spent if moment <= before]
        self._spent = kept
        for client in done:
            await client.close()

    def _now(self) -> float:
        """Stripe's time, by which sessions end."""
        moment = self._main.clock.now()
        return time.time() if moment is None else moment

    def _limits(self) -> dict[str, float]:
        settings = self._main.settings
        if settings.mode != "live":
            return {}
        return {STREAM: settings.limits.get(STREAM, LIVE_PER_SECOND), ACCOUNT: 0}
