"""Reads a list page by page."""

import msgspec

from connector_sdk.memory import store
from connector_sdk.memory.store import Store
from connector_sdk.paged_source import PagedSource, Rows
from connector_sdk.record import JSON


class MemorySource(PagedSource):
    """Pages of `size` records, in the order in which they were added."""

    def __init__(self, kept: Store, on: str, size: int) -> None:
        self._store = kept
        self._on = on
        self._size = size

    async def rows(self, after: JSON) -> Rows:
        """The page behind the record with the id `after`."""
        last = after if isinstance(after, int) else 0
        found = await self._store.call(store.page, self._on, last, self._size)
        rows = [msgspec.json.decode(record) for _, record in found]
        return Rows(rows, found[-1][0] if len(found) == self._size else None)

    async def total(self) -> int | None:
        """How many there are now."""
        return await self._store.call(store.count, self._on)
