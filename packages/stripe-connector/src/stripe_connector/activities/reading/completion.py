"""Lists within a record, completed: all their rows instead of the first ten."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
from connector_sdk import JSON, Host, Problem, Record, RefusedError

from stripe_connector.activities.choices.expansion import Way
from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import ApiCall
from stripe_connector.client import Client
from stripe_connector.wire.paging import PAGE, rows_of

T = TypeVar("T")


async def together(calls: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """All answers. The first error is raised once all others were ended."""
    tasks = [asyncio.create_task(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


AT_ONCE = 8
"""Records whose lists are completed at the same time."""

_MORE = b'"has_more":true'
_log = logging.getLogger("stripe_connector.completion")


class Completion:
    """Reads on behind the rows that stand in a record, at the address that its list names.

    Rows keep their order and come once each, the list then says that there are no more. What was
    expanded in the first rows is expanded in the others. A list that Stripe refuses to
    give makes a problem of its record; `calls` and `lists` count what it took.
    """

    def __init__(
        self,
        client: Client,
        catalogue: Catalogue,
        host: Host,
        resolved: Resolved,
    ) -> None:
        self.calls = 0
        self.lists = 0
        self._client = client
        self._catalogue = catalogue
        self._host = host
        self._ways = sorted(resolved.complete, key=lambda way: len(way.names))
        self._expand = {way.names: _below(way.names, resolved.expand) for way in self._ways}
        self._places = asyncio.Semaphore(AT_ONCE)

    async def all(self, records: Sequence[Record]) -> list[Record] | None:
        """The records with their lists complete; None when the host asked to stop before."""
        done = await together([self._one(record) for record in records])
        complete = [record for record in done if record is not None]
        return complete if len(complete) == len(done) else None

    def note(self) -> None:
        """Tells the log how many calls there were."""
        if self.calls:
            _log.info("%d lists completed with %d calls", self.lists, self.calls)

    async def _one(self, record: Record) -> Record | None:
        if record.problem is not None or not self._needs(record.raw):
            return record
        value = msgspec.json.decode(record.raw)
        async with self._places:
            try:
                changed = [
                    await self._fill(found, way)
                    for way in self._ways
                    for found in list(_at(value, way.names, ""))
                ]
            except RefusedError as error:
                return record._replace(problem=error.problem._replace(at=record.at))
        if None in changed:
            return None
        return record._replace(raw=msgspec.json.encode(value)) if any(changed) else record

    def _needs(self, raw: bytes) -> bool:
        """Whether a list may have more; a path into other objects may lead to a bare id."""
        return _MORE in raw or any(len(way.names) > 1 for way in self._ways)

    async def _fill(self, found: dict[str, Any], way: Way) -> bool | None:
        """Whether the list was read on; None when the host is stopping."""
        if found.get("has_more") is not True:
            return False
        api_call, given = self._address(found, way)
        rows: list[Any] = found["data"]
        seen = {_id(row, way) for row in rows}
        more = True
        while more:
            if self._host.stopping():
                return None
            params: dict[str, JSON] = {**given, "limit": PAGE}
            if self._expand[way.names]:
                params["expand"] = [*self._expand[way.names]]
            if rows:
                params["starting_after"] = _id(rows[-1], way)
            answer = await self._client.send(api_call, params)
            self.calls += 1
            page = rows_of(answer.body)
            fresh = [msgspec.json.decode(raw) for raw in page.raw]
            fresh = [row for row in fresh if _id(row, way) not in seen]
            if page.more and not fresh:
                raise RefusedError(_stuck(way))
            seen.update(_id(row, way) for row in fresh)
            rows += fresh
            more = page.more
        found["has_more"] = False
        self.lists += 1
        return True

    def _address(self, found: Mapping[str, Any], way: Way) -> tuple[ApiCall, dict[str, JSON]]:
        """The call that `url` stands for. Stripe has lists at addresses that its documentation
        doesn't (/v1/charges/ch_1/refunds); its own libraries follow them as well."""
        url = urlsplit(str(found.get("url") or ""))
        given: dict[str, JSON] = dict(parse_qsl(url.query))
        known = self._catalogue.find("GET", url.path)
        if known is not None and known[0].shape == "list":
            return known[0], {**given, **known[1]}
        segments = url.path.split("/")[1:]
        if url.scheme or url.netloc or len(segments) != 4 or segments[0] != "v1":
            raise RefusedError(
                Problem(
                    "no_next_page",
                    f"Stripe says that {'.'.join(way.names)} has more rows, and gives no way to "
                    "them.",
                    "Take it out of `complete`, and list these objects by an activity.",
                    path="complete",
                )
            )
        _, above, owner, rows = segments
        api_call = ApiCall(
            id=f"{above}.{rows}.list",
            object=f"{above}.{rows}",
            action="list",
            method="GET",
            path=f"/v1/{above}/{{owner}}/{rows}",
            path_parameters=("owner",),
            host="api",
            body="form",
            returns="",
            shape="list",
        )
        return api_call, {**given, "owner": unquote(owner)}


def _at(value: Any, names: Sequence[str], above: str) -> Iterator[dict[str, Any]]:
    """The lists at the end of a path. Raises RefusedError where an id stands on the way."""
    if isinstance(value, list):
        for part in value:
            yield from _at(part, names, above)
    elif isinstance(value, dict):
        if not names:
            yield value
        else:
            whole = f"{above}.{names[0]}" if above else names[0]
            yield from _at(value.get(names[0]), names[1:], whole)
    elif value is not None:
        raise RefusedError(
            Problem(
                "not_expanded",
                f"There is only the id {value!r} at {above!r}, whose lists can't be completed.",
                "Take the path out of `complete`, or read that object in an activity of its own.",
                path="complete",
            )
        )


def _below(names: Sequence[str], expand: Sequence[JSON]) -> list[str]:
    """What of `expand` concerns the rows of the list at `names`, as their own list takes it."""
    begin = ".".join((*names, "data", ""))
    bare = [str(path).removeprefix("data.") for path in expand]
    return [f"data.{path.removeprefix(begin)}" for path in bare if path.startswith(begin)]


def _id(row: Any, way: Way) -> str:
    name = row.get("id") if isinstance(row, dict) else None
    if not isinstance(name, str) or not name:
        raise RefusedError(_stuck(way))
    return name


def _stuck(way: Way) -> Problem:
    return Problem(
        "no_next_page",
        f"The rows of {'.'.join(way.names)} don't tell where the next page begins.",
        "Take it out of `complete`.",
        path="complete",
    )
