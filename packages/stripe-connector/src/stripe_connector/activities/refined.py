"""A source whose records are completed, and cut to what is wanted, before they are given out."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from connector_sdk import Host, Page, Problem, Source

from stripe_connector.activities.completion import Completion
from stripe_connector.activities.projection import projected, wanted
from stripe_connector.activities.resolution import Resolved
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client


def refined(
    source: Source, client: Client, catalogue: Catalogue, host: Host, resolved: Resolved
) -> Source:
    """The source as its activity wants the records: as they are read, or refined."""
    paths = wanted(resolved.settings)
    if not resolved.complete and not paths:
        return source
    return RefinedSource(source, Completion(client, catalogue, host, resolved), paths)


class RefinedSource:
    """The records of `source`, with their embedded lists complete, and of each only what stands
    at `paths` where there are any. A page is given out whole, so that its cursor goes on behind
    complete records."""

    def __init__(self, source: Source, completion: Completion, paths: Sequence[str]) -> None:
        self._source = source
        self._completion = completion
        self._paths = paths

    async def read(self, after: bytes | None) -> AsyncGenerator[Page, None]:
        """The pages of the source. Ends early once the host is stopping."""
        async with aclosing(self._source.read(after)) as pages:
            async for page in pages:
                records = await self._completion.all(page.records)
                if records is None:
                    break
                if self._paths:
                    records = projected(records, self._paths)
                yield page._replace(records=records)
        self._completion.note()

    async def total(self) -> int | None:
        """As many as the source has."""
        return await self._source.total()

    async def finish(self, after: bytes) -> Sequence[Problem]:
        """What the source says."""
        return await self._source.finish(after)
