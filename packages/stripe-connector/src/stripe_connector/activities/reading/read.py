"""The Read activity: objects by their ids, in the order of the ids."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import msgspec
from connector_sdk import JSON, Host, Page, Problem, Record, RefusedError

from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.choices.verbs import own_id
from stripe_connector.activities.reading.cursor import cursor, parse_cursor
from stripe_connector.client import Client
from stripe_connector.wire.paging import compact

AT_ONCE = 10
"""Ids that are read together and make one page."""


class ReadSource:
    """One record for each id, or one for an object that has no id (the balance). An id that
    Stripe doesn't know gives a record with the problem, so that none is lost."""

    def __init__(
        self,
        client: Client,
        host: Host,
        resolved: Resolved,
        ids: Sequence[str] | None = None,
    ) -> None:
        self._client = client
        self._host = host
        self._operation = resolved.operation
        self._own = own_id(resolved.operation)
        self._ids = ids_of(resolved) if ids is None else ids
        self._fixed: dict[str, JSON] = {**resolved.parents, **resolved.parameters}
        self._fixed.update(resolved.expansion)

    async def read(self, after: bytes | None) -> AsyncGenerator[Page, None]:
        """Pages of at most ten records. Ends early once the host is stopping."""
        seq = parse_cursor(after).get("seq")
        done = seq if isinstance(seq, int) else 0
        while done < len(self._ids) and not self._host.stopping():
            some = self._ids[done : done + AT_ONCE]
            reads = [
                asyncio.create_task(self._record(done + count, name))
                for count, name in enumerate(some, 1)
            ]
            try:
                records = await asyncio.gather(*reads)
            finally:
                for read in reads:
                    read.cancel()
                await asyncio.gather(*reads, return_exceptions=True)
            done += len(records)
            yield Page(records, cursor(seq=done))

    async def total(self) -> int:
        """As many as there are ids."""
        return len(self._ids)

    async def finish(self, after: bytes) -> Sequence[Problem]:
        """Nothing: reading changes nothing at Stripe."""
        return ()

    async def _record(self, seq: int, id: str) -> Record:
        at = f"{self._operation.object} {id}".strip()
        params = {**self._fixed, self._own: id} if self._own else self._fixed
        try:
            answer = await self._client.send(self._operation, params)
        except RefusedError as error:
            raw = msgspec.json.encode({"id": id} if id else {})
            return Record(seq, raw, at, error.problem._replace(at=at))
        return Record(seq, compact(answer.body), at)


def ids_of(resolved: Resolved) -> Sequence[str]:
    """The ids that stand in the activity; an empty one for an object that has none."""
    if resolved.ids is not None:
        return [resolved.ids.filled()]
    ids = resolved.settings.ids
    return ids if isinstance(ids, tuple) else [""]
