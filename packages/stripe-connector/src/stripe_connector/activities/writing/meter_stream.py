"""The stream of meter events: many events in one call, with a session instead of the key."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from datetime import datetime

import msgspec
from connector_sdk import JSON, CredentialError, RefusedError

from stripe_connector.activities.choices.parameters import STREAM
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client
from stripe_connector.client.answer import Answer
from stripe_connector.client.limits import ACCOUNT

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
        operation = self._catalogue.operations[STREAM]
        return await client.send(operation, {"events": [*events]}, key=key)

    async def _session(self, ended: Client | None) -> Client:
        """The transport of a session that isn't `ended`."""
        async with self._opening:
            known = self._client
            if known is not None and known is not ended and self._now() < self._until - _EARLY:
                return known
            if known is not None:
                await self._close_spent(self._now() - _LINGER)
                self._spent.append((self._now(), known))
            operation = self._catalogue.operations["v2.billing.meter_event_session.create"]
            answer = await self._main.send(operation, {}, key=str(uuid.uuid4()))
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
