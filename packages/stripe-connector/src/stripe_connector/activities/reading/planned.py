"""The Search activity with a query: the calls of a plan, merged, each row checked."""

import hashlib
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import cast

import msgspec
from connector_sdk import (
    JSON,
    CredentialError,
    Host,
    Page,
    Problem,
    Record,
    RefusedError,
    SourceChangedError,
)

from stripe_connector.activities.choices.queries import Asked
from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.reading.completion import together
from stripe_connector.activities.reading.cursor import Seen, cursor, parse_cursor
from stripe_connector.activities.reading.planning import Planning
from stripe_connector.activities.reading.stream import Row, Stream
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client
from stripe_connector.query import Query, matcher
from stripe_connector.query.plan import Routes
from stripe_connector.wire.paging import PAGE, place

_log = logging.getLogger("stripe_connector.search")

_AGAIN = 1000
"""Results among which one that comes by two calls is recognised: both give it at the same
place of their order."""


EXACT = 10_000
"""From here on Stripe's count of a search is a guess:
https://docs.stripe.com/api/pagination/search."""


class _Counted(msgspec.Struct):
    total_count: int | None = None


class PlannedSource:
    """What a query finds, newest first, each object once.

    Several calls are read at once and merged by `created`; of objects without one, those of the
    first call come first. A row that isn't what the query asks for is passed over and counted as
    filtered: an index that lags behind, or a clause that no call could ask for. Where Stripe
    doesn't offer its search to the account, lists answer the query, and the log says so; `fresh`
    has them answer from the start, and tells afterwards whether they did.
    """

    def __init__(
        self,
        client: Client,
        catalogue: Catalogue,
        host: Host,
        resolved: Resolved,
        query: Query | None = None,
        *,
        fresh: bool = False,
    ) -> None:
        self.fresh = fresh
        self._client = client
        self._host = host
        self._asked = cast("Asked", resolved.asked)
        self._query = self._asked.query() if query is None else query
        self._planning = Planning(catalogue, resolved, self._query)
        self._limit = resolved.settings.limit or 0
        self._matches = matcher(self._query, self._asked.fields.object, trusting=self._asked.native)

    async def read(self, after: bytes | None) -> AsyncGenerator[Page, None]:
        """Pages of at most 100 records. Ends early once the host is stopping. Raises
        SourceChangedError for a cursor of another query."""
        at = parse_cursor(after)
        if at.get("done"):
            return
        fresh = bool(at.get("fresh")) if at else self.fresh
        while True:
            routes = self._planning.routes(fresh=fresh)
            reading = _Reading(self, routes, fresh, at)
            try:
                async for page in reading.pages():
                    yield page
            except (CredentialError, RefusedError) as error:
                if fresh or reading.begun or not _no_search(error.problem):
                    raise
                if self._asked.native:
                    raise RefusedError(_unavailable(error.problem)) from None
                _log.warning(
                    "Stripe doesn't offer its search to this account; lists answer the query "
                    "instead: %s",
                    error.problem.message,
                )
                fresh = self.fresh = True
                at = {name: at[name] for name in ("seq", "seen") if name in at}
                continue
            return

    async def total(self) -> int | None:
        """What Stripe counts where one search is the whole answer; else None: lists are never
        counted, and a search from EXACT on is not counted exactly."""
        routes = self._planning.routes(fresh=self.fresh)
        if len(routes.routes) != 1 or routes.routes[0].by != "search" or routes.checked:
            return None
        asking = self._planning.asking(routes.routes[0])
        params: dict[str, JSON] = {
            "query": routes.routes[0].query,
            "limit": 1,
            "expand": ["total_count"],
        }
        try:
            answer = await self._client.send(asking.api_call, params)
        except RefusedError:
            return None
        found = msgspec.json.decode(answer.body, type=_Counted).total_count
        if found is None:
            return None
        found = min(found, self._limit) if self._limit else found
        return found if found < EXACT else None

    async def finish(self, after: bytes) -> Sequence[Problem]:
        """Nothing: reading changes nothing at Stripe."""
        return ()

    def streams(self, routes: Routes, states: Sequence[Mapping[str, JSON]]) -> list[Stream]:
        """A stream for each route, at its state."""
        alone = len(routes.routes) == 1 and not routes.checked
        size = min(PAGE, self._limit or PAGE) if alone else PAGE
        return [
            Stream(self._client, self._planning.asking(route), self._matches, size, state)
            for route, state in zip(routes.routes, states, strict=True)
        ]

    @property
    def limit(self) -> int:
        """Results to give at most, 0 for all."""
        return self._limit

    @property
    def stopping(self) -> bool:
        """Whether the host asked to stop."""
        return self._host.stopping()


class _Reading:
    """One way through the streams of a plan."""

    def __init__(
        self, source: PlannedSource, routes: Routes, fresh: bool, at: Mapping[str, JSON]
    ) -> None:
        self._source = source
        self._print = _print(routes)
        if at.get("plan") not in (None, self._print):
            raise SourceChangedError(_another_query())
        states = cast("list[Mapping[str, JSON]]", at.get("at") or [{}] * len(routes.routes))
        self._streams = source.streams(routes, states)
        self._fresh = fresh
        self.begun = "at" in at
        seq = at.get("seq")
        self._seq = seq if isinstance(seq, int) else 0
        self._seen = Seen(_AGAIN, at.get("seen")) if len(self._streams) > 1 else None

    async def pages(self) -> AsyncGenerator[Page, None]:
        records: list[Record] = []
        filtered = 0
        while not self._full():
            waiting = [stream for stream in self._streams if stream.waits]
            if (waiting and (records or filtered)) or len(records) == PAGE:
                yield self._page(records, filtered)
                records, filtered = [], 0
            if waiting:
                if self._source.stopping:
                    return
                await together([stream.fetch() for stream in waiting])
                continue
            row = self._next()
            if row is None:
                break
            if not row.fits or (self._seen is not None and not self._seen.add(row.id)):
                filtered += 1
                continue
            self._seq += 1
            records.append(Record(self._seq, row.raw, place(row.raw)))
        if records or filtered:
            yield self._page(records, filtered)

    def _full(self) -> bool:
        return bool(self._source.limit) and self._seq >= self._source.limit

    def _next(self) -> Row | None:
        """The newest row at hand."""
        best: Stream | None = None
        for stream in self._streams:
            head = stream.head
            if head is None:
                continue
            if best is None or best.head is None or head.created > best.head.created:
                best = stream
        return best.take() if best is not None else None

    def _page(self, records: Sequence[Record], filtered: int) -> Page:
        self.begun = True
        states = [stream.state() for stream in self._streams]
        if self._full() or all(state.get("done") for state in states):
            return Page(records, cursor(seq=self._seq, done=True), filtered)
        parts: dict[str, JSON] = {
            "seq": self._seq,
            "plan": self._print,
            "at": cast("JSON", states),
        }
        if self._fresh:
            parts["fresh"] = True
        if self._seen is not None:
            parts["seen"] = self._seen.state()
        return Page(records, cursor(**parts), filtered)


def _print(routes: Routes) -> str:
    """What tells the calls of one plan from those of another."""
    parts = [[route.by, dict(route.params), route.query] for route in routes.routes]
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=8).hexdigest()


def _no_search(problem: Problem) -> bool:
    """Whether Stripe says that it doesn't offer its search here. Texts seen in the wild: "The
    search feature is temporarily unavailable in your region.", "search feature unavailable for
    merchant"."""
    return problem.status in (400, 403) and "search feature" in problem.message.lower()


def _unavailable(problem: Problem) -> Problem:
    return problem._replace(
        code="search_unavailable",
        remedy="Leave the action out: then lists answer the query. Where Stripe offers its "
        "search: https://docs.stripe.com/search#supported-countries.",
    )


def _another_query() -> Problem:
    return Problem(
        "source_changed",
        "The query is answered by other calls than those that were interrupted.",
        "Put the query back as it was, or run the operation from the start.",
    )
