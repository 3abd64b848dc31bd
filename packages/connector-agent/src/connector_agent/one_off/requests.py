"""The requests of one command as records, streamed to the target, without card numbers."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import orjson
from connector_sdk import JSON, Prepared, Problem, Record, Request, SettingError, Target
from connector_sdk.keys import ContentKeys
from connector_sdk.writing import Writing

from connector_agent.one_off.assignment import Assignment, applied, is_text
from connector_agent.one_off.intake import Given
from connector_agent.runs.guards import CardGuard

T = TypeVar("T")

AHEAD = 100
"""Items that are taken before anybody asks for them."""


class Feed(Generic[T]):
    """Yields `items`, read by a daemon thread that is never joined: it may block until a pipe
    closes."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._queue: asyncio.Queue[tuple[T | None, BaseException | None]] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)
        self._ended = False

    async def all(self) -> AsyncIterator[T]:
        """Every item until the end or `stop`. Raises what the iterator raised."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._take, args=(loop,), daemon=True, name="feed").start()
        while not self._ended:
            item, error = await self._queue.get()
            self._room.release()
            if error is not None:
                raise error
            if item is None:
                return
            yield item

    def stop(self) -> None:
        """Ends the feed; items read ahead are dropped."""
        self._ended = True
        self._queue.put_nowait((None, None))
        self._room.release()

    def _take(self, loop: asyncio.AbstractEventLoop) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                self._room.acquire()
                if self._ended:
                    return
                self._put(loop, item, None)
        except Exception as raised:
            error = raised
        self._put(loop, None, error)

    def _put(
        self, loop: asyncio.AbstractEventLoop, item: T | None, error: BaseException | None
    ) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._queue.put_nowait, (item, error))


def writing(target: Target, records: AsyncIterator[Record], prefix: str, *, given: bool) -> Writing:
    """The batch of one command. The same command under the same prefix has the same keys;
    `given`: the prefix may have been used before."""
    cards = CardGuard(sealed=True)

    def prepare(record: Record) -> Prepared:
        card = cards.check(b"{}", record.raw)
        if card is not None:
            return card._replace(
                remedy="Take it out. If it is none, write the record by an operation that names "
                "its field below `options: not_card_numbers:`."
            )
        return target.prepare(Request(record.raw))

    return Writing(target, records, ContentKeys(prefix, given=given), prepare)


def about(names: Iterable[str]) -> Iterator[Given]:
    """Ids of the command line. Raises SettingError for one that isn't text."""
    for name in names:
        if not is_text(name):
            raise SettingError(Problem("not_utf8", "An id is not text in UTF-8.", "Correct it."))
        yield Given(name, name)


def of_ids(found: Iterable[Given], argument: str, fields: Mapping[str, JSON]) -> Iterator[Record]:
    """A request for each id, in the field `argument`, with the same other fields."""
    for seq, given in enumerate(found, 1):
        if given.problem is None:
            raw = orjson.dumps({argument: given.value, **fields})
            yield Record(seq, raw, given.at)
        else:
            yield Record(seq, b"{}", given.at, given.problem)


def of_objects(found: Iterable[Given], assigned: Sequence[Assignment]) -> Iterator[Record]:
    """A request for each object, overridden by the assigned fields."""
    for seq, given in enumerate(found, 1):
        if given.problem is not None:
            yield Record(seq, b"{}", given.at, given.problem)
            continue
        try:
            yield Record(seq, orjson.dumps(applied(given.value, assigned)), given.at)
        except SettingError as error:
            yield Record(seq, orjson.dumps(given.value), given.at, error.problem)
