"""A source that is read page by page, with a token to continue from."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from connector_sdk.errors import SettingError
from connector_sdk.record import JSON, Cursor, Page, Problem, Record

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Rows(NamedTuple):
    """One page as the system gives it. `next` is what leads to the page after it, as JSON: an
    offset, a token, the last key; None after the last page."""

    rows: Sequence[Mapping[str, Any]]
    next: JSON


class _Place(msgspec.Struct, array_like=True):
    """What a cursor holds: how many records were read, and where the next page begins."""

    read: int
    next: Any
    ended: bool


class PagedSource(ABC):
    """Numbers the records and makes the cursors. One hook: `rows`."""

    @abstractmethod
    async def rows(self, after: JSON) -> Rows:
        """The page at `after`, the first with None. The order of rows stays the same across
        calls and processes. Raises CredentialError, UnreachableError, SourceChangedError. A
        driver that blocks belongs into a thread: see DriverThread."""

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """Pages behind the cursor. Raises as `rows` does, and SettingError for a cursor of
        another source."""
        place = _Place(0, None, False) if after is None else _place_of(after)
        while not place.ended:
            found = await self.rows(place.next)
            records = [
                Record(seq, _ENCODER.encode(row), f"record {seq:,}")
                for seq, row in enumerate(found.rows, start=place.read + 1)
            ]
            place = _Place(place.read + len(records), found.next, found.next is None)
            if records:
                yield Page(records, msgspec.json.encode(place))

    async def total(self) -> int | None:
        """Unknown until it is read."""
        return None

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        """Nothing to put away."""
        del after
        return ()


def _place_of(after: Cursor) -> _Place:
    try:
        return msgspec.json.decode(after, type=_Place)
    except msgspec.MsgspecError as error:
        raise SettingError(
            Problem(
                "cursor_foreign",
                "The place to continue from is not one of this source.",
                "Run the operation from the start.",
            )
        ) from error
