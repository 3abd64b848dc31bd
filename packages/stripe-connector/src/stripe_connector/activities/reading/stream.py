"""One list or one search, read row by row, that can go on behind any row of it."""

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, cast

import msgspec
from connector_sdk import JSON, Problem, RefusedError, SourceChangedError

from stripe_connector.catalogue.model import ApiCall
from stripe_connector.client import Client
from stripe_connector.query import Matcher
from stripe_connector.query.clause import MAX_CLAUSES, Clause, Group, Query, write
from stripe_connector.wire.paging import Rows, compact, rows_of

_log = logging.getLogger("stripe_connector.search")


class Row(NamedTuple):
    """One object of an answer; `fits` says whether it is what was asked for. `created` is in
    Unix seconds, 0 where it doesn't tell."""

    id: str
    created: int
    raw: bytes
    fits: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """What a stream asks: an API call with its parameters. `paged_by_id` is a list that goes
    on behind an id; all others go on by tokens. `query` is that of a search, which `dated` says
    can be asked by `created`, too. `chosen` are the parameters that stand for clauses of the
    query, `owners` reads the objects that they name. `single` is one object, read by its id."""

    api_call: ApiCall
    parents: Mapping[str, JSON]
    params: Mapping[str, JSON]
    paged_by_id: bool
    sized: bool
    query: Query | None = None
    chosen: frozenset[str] = frozenset()
    owners: Mapping[str, ApiCall] = field(default_factory=dict)
    single: bool = False
    dated: bool = False


class Stream:
    """The rows of one route in the order in which Stripe gives them.

    Its state leads behind the row that was taken last. A list goes on behind that row's id. A
    search goes on by the token of the page and the ids that were taken of it; where the token
    is no longer known, it is asked again for what is not newer than the last row.
    """

    def __init__(
        self,
        client: Client,
        asking: Asking,
        matches: Matcher,
        size: int,
        state: Mapping[str, JSON],
    ) -> None:
        self._client = client
        self._asking = asking
        self._matches = matches
        self._size = size
        self._rows: deque[Row] = deque()
        self._more = not state.get("done")
        self._after = str(state.get("after") or "")
        self._page = cast("dict[str, JSON]", state.get("page") or {})
        self._next: dict[str, JSON] | None = None
        self._passed = cast("list[str]", state.get("passed") or [])
        self._before = cast("list[str]", state.get("before") or [])
        self._left_out = cast("list[str]", state.get("left_out") or [])
        self._whole: list[str] = []
        self._last = _Last.of(state.get("last"))
        self._bound = _Last.of(state.get("bound"))

    @property
    def head(self) -> Row | None:
        """The next row; None at the end, or where `fetch` comes first."""
        return self._rows[0] if self._rows else None

    @property
    def waits(self) -> bool:
        """Whether the next row has to be fetched."""
        return self._more and not self._rows

    def take(self) -> Row:
        """The next row."""
        row = self._rows.popleft()
        self._after = row.id
        if not self._asking.paged_by_id:
            self._passed.append(row.id)
            self._last.pass_(row)
        return row

    def state(self) -> dict[str, JSON]:
        """Where to go on, as JSON."""
        if not self._rows and not self._more:
            return {"done": True}
        state: dict[str, JSON] = {}
        if self._asking.paged_by_id:
            parts: tuple[tuple[str, JSON], ...] = (
                ("after", self._after),
                ("left_out", cast("JSON", self._left_out)),
            )
            return {name: value for name, value in parts if value}
        turned = not self._rows and self._next is not None
        page, passed, before = (
            (self._next, [], self._whole) if turned else (self._page, self._passed, self._before)
        )
        for name, value in (("page", page), ("passed", passed), ("before", before)):
            if value:
                state[name] = cast("JSON", value)
        if self._asking.query is not None:
            state["last"] = self._last.state()
            if self._bound.created:
                state["bound"] = self._bound.state()
        return state

    async def fetch(self) -> None:
        """Asks for the next page. Raises RefusedError, SourceChangedError, and what the
        transport raises."""
        if self._next is not None:
            self._page, self._next = self._next, None
            self._passed, self._before = [], self._whole
        try:
            answer = await self._client.send(self._asking.api_call, self._params())
        except RefusedError as error:
            if await self._was_deleted(error.problem):
                await self.fetch()
                return
            if self._is_nobody(error.problem):
                self._more = False
                return
            if not self._page or self._asking.query is None or not _expired(error.problem):
                raise
            self._renew(error.problem)
            answer = await self._client.send(self._asking.api_call, self._params())
        rows = self._cut(answer.body)
        seen = {*self._passed, *self._before}
        found = [self._row(raw) for raw in rows.raw]
        self._whole = [row.id for row in found]
        self._rows.extend(row for row in found if row.id not in seen and not self._is_behind(row))
        self._more = rows.more
        if rows.following:
            self._next = rows.following
        elif rows.more and not self._asking.paged_by_id:
            raise RefusedError(_stuck(self._asking.api_call))
        elif rows.more:
            self._go_behind(found[-1].id if found else "")

    def _cut(self, body: bytes) -> Rows:
        """The rows of an answer; a deleted object is none, as in lists."""
        if not self._asking.single:
            return rows_of(body)
        raw = compact(body)
        gone = msgspec.json.decode(raw).get("deleted") is True
        return Rows([] if gone else [msgspec.Raw(raw)], False, {})

    async def _was_deleted(self, problem: Problem) -> bool:
        """Whether a clause asks for an object that was deleted and can still be read, as
        customers can. A list that refuses to be narrowed to it is read without that parameter:
        what belongs to the object is there, and each row is checked."""
        name = problem.path.partition(".")[0]
        owner, value = self._asking.owners.get(name), self._asking.params.get(name)
        if problem.code != "resource_missing" or owner is None or name in self._left_out:
            return False
        try:
            await self._client.send(owner, {owner.path_parameters[0]: value})
        except RefusedError:
            return False
        self._left_out.append(name)
        _log.warning("%s It was deleted; what belongs to it is looked for in all.", problem.message)
        return True

    def _is_nobody(self, problem: Problem) -> bool:
        """Whether a clause asks for an object that isn't there: nothing belongs to it then.
        Stripe answers such a list with an error. Behind the first page it means that the object
        went away meanwhile, and what was still to come would be lost without a word."""
        if self._asking.single:
            missing = problem.code == "resource_missing" or problem.status == 404
            return missing and problem.code != "wrong_mode"
        name = problem.path.partition(".")[0]
        if problem.code != "resource_missing" or name not in self._asking.chosen:
            return False
        if self._after or self._page:
            return False
        _log.warning("%s Nothing of it is found.", problem.message)
        return True

    def _go_behind(self, last: str) -> None:
        if not last or last == self._after:
            raise RefusedError(_stuck(self._asking.api_call))
        if not self._rows:
            self._after = last

    def _params(self) -> dict[str, JSON]:
        asking = self._asking
        if self._page and asking.api_call.v2:
            return {**asking.parents, **self._page}  # the token holds the filters in v2
        params = {**asking.parents, **asking.params}
        for name in self._left_out:
            del params[name]
        if asking.sized:
            params["limit"] = self._size
        if asking.query is not None:
            params["query"] = write(self._bounded(asking.query))
        if asking.paged_by_id and self._after:
            params["starting_after"] = self._after
        return {**params, **self._page}

    def _bounded(self, query: Query) -> Query:
        """The query, asked only for what is not newer than the bound, where Stripe can be asked
        for that and one more clause fits into it."""
        if not self._bound.created or not self._asking.dated:
            return query
        bound = Clause("created", "", "<=", str(self._bound.created))
        if isinstance(query, Clause):
            return Group("AND", (query, bound))
        if query.joined == "AND" and len(query.parts) < MAX_CLAUSES:
            return Group("AND", (*query.parts, bound))
        return query

    def _row(self, raw: bytes) -> Row:
        obj = msgspec.json.decode(raw)
        created = _seconds(obj.get("created") or obj.get("date"))
        return Row(str(obj.get("id") or ""), created, raw, self._matches(obj))

    def _is_behind(self, row: Row) -> bool:
        """Whether the row was there before the bound, which was reached by an expired token."""
        bound = self._bound
        return bool(bound.created) and (
            row.created > bound.created or (row.created == bound.created and row.id in bound.ids)
        )

    def _renew(self, problem: Problem) -> None:
        if not self._last.created or not self._last.in_order:
            raise SourceChangedError(
                Problem(
                    "search_expired",
                    "Stripe no longer knows the page of this search, and what it gave before "
                    f"was not in the order of creation: {problem.message}",
                    "Go on: an operation with an identity reads it anew and passes over what it "
                    "has. Without one, run it from the start.",
                    request_id=problem.request_id,
                )
            )
        _log.warning(
            "The page token of the search has expired; it goes on behind what was created at %d.",
            self._last.created,
        )
        self._bound = self._last.copy()
        self._page, self._next = {}, None
        self._passed, self._before = [], []


class _Last:
    """The second in which the newest-first rows have arrived, the ids taken of it, and whether
    they came in that order so far."""

    def __init__(self, created: int = 0, ids: list[str] | None = None, in_order: bool = True):
        self.created = created
        self.ids = ids or []
        self.in_order = in_order

    @classmethod
    def of(cls, state: JSON) -> "_Last":
        if not isinstance(state, list):
            return cls()
        created, ids, in_order = state
        return cls(cast("int", created), cast("list[str]", ids), bool(in_order))

    def state(self) -> JSON:
        return [self.created, [*self.ids], self.in_order]

    def copy(self) -> "_Last":
        return _Last(self.created, [*self.ids], self.in_order)

    def pass_(self, row: Row) -> None:
        if not row.created or (self.created and row.created > self.created):
            self.in_order = False
        if row.created != self.created:
            self.created, self.ids = row.created, []
        self.ids.append(row.id)


def _seconds(moment: JSON) -> int:
    """When an object was created: API v2 writes it as RFC 3339, invoice items call it `date`."""
    if isinstance(moment, int):
        return moment
    try:
        return int(datetime.fromisoformat(str(moment)).timestamp())
    except (ValueError, OverflowError):
        return 0


def _expired(problem: Problem) -> bool:
    """Whether Stripe refused the page token. How it words that isn't documented; the parameter
    is named."""
    return problem.status == 400 and (problem.path == "page" or "page" in problem.message.lower())


def _stuck(api_call: ApiCall) -> Problem:
    return Problem(
        "no_next_page",
        f"Stripe says that {api_call.id} has more rows, and gives no way to the next page.",
        "Narrow the list by its filters, so that it fits into one page.",
    )
