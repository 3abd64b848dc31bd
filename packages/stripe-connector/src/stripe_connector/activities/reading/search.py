"""The Search activity without a query: every page of a list."""

from collections.abc import AsyncGenerator, Sequence

from connector_sdk import JSON, Host, Page, Problem, RawRecords, RefusedError

from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.reading.cursor import cursor, parse_cursor
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client
from stripe_connector.wire.paging import PAGE, Rows, head, place, rows_of


class SearchSource:
    """Reads one list from its newest object on. It goes on behind the id of the last object,
    which also works when that object was deleted meanwhile; in API v2 by Stripe's page tokens."""

    def __init__(
        self, client: Client, catalogue: Catalogue, host: Host, resolved: Resolved
    ) -> None:
        self._client = client
        self._host = host
        self._api_call = resolved.api_call
        request = catalogue.request(resolved.api_call)
        self._by_id = request.child("starting_after") is not None
        self._sized = request.child("limit") is not None
        self._limit = resolved.settings.limit or 0
        self._parents: dict[str, JSON] = resolved.parents
        self._fixed: dict[str, JSON] = {**resolved.parents, **resolved.parameters}
        self._fixed.update(resolved.expansion)

    async def read(self, after: bytes | None) -> AsyncGenerator[Page, None]:
        """Pages of at most 100 records. Ends early once the host is stopping."""
        at = dict(parse_cursor(after))
        while not at.get("done") and not self._host.stopping():
            seq = _number(at.get("seq"))
            answer = await self._client.send(self._api_call, self._params(at))
            rows = rows_of(answer.body)
            page, at = self._page(rows, at, seq)
            if page.records:
                yield page

    async def total(self) -> int | None:
        """Unknown: Stripe never counts a list."""
        return None

    async def finish(self, after: bytes) -> Sequence[Problem]:
        """Nothing: reading changes nothing at Stripe."""
        return ()

    def _params(self, at: dict[str, JSON]) -> dict[str, JSON]:
        following = at.get("next")
        if isinstance(following, dict) and self._api_call.v2:
            return {**self._parents, **following}  # the token holds the filters in v2
        params = dict(self._fixed)
        if self._sized:
            params["limit"] = min(PAGE, self._limit or PAGE)
        if at.get("after"):
            params["starting_after"] = at["after"]
        if isinstance(following, dict):
            params.update(following)
        return params

    def _page(self, rows: Rows, at: dict[str, JSON], seq: int) -> tuple[Page, dict[str, JSON]]:
        kept = rows.slices[: self._limit - seq] if self._limit else rows.slices
        records = RawRecords(seq + 1, kept, place)
        following: dict[str, JSON] = {"seq": seq + len(records)}
        if not rows.more or (self._limit and seq + len(records) >= self._limit):
            following["done"] = True
        elif rows.following:
            following["next"] = rows.following
        else:
            following["after"] = self._last_id(rows)
        return Page(records, cursor(**following)), following

    def _last_id(self, rows: Rows) -> str:
        last = head(bytes(rows.slices[-1]))[0] if rows.slices else ""
        if not last or not self._by_id:
            raise RefusedError(
                Problem(
                    "no_next_page",
                    f"Stripe says that {self._api_call.id} has more rows, and gives no way to "
                    "the next page.",
                    "Narrow the list by its filters, so that it fits into one page.",
                )
            )
        return last


def _number(value: JSON) -> int:
    return value if isinstance(value, int) else 0
