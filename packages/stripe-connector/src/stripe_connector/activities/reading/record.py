"""What a record of a Search or a Read holds: completed, readable, cut down to the wanted fields."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from connector_sdk import Field, Host, Page, Problem, Record, Source

from stripe_connector.activities.choices.projection import Projection, carrying_schema
from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.reading.completion import Completion
from stripe_connector.activities.reading.read import FILE
from stripe_connector.activities.reading.readable import Readable, with_readable
from stripe_connector.catalogue import Catalogue, minor_units
from stripe_connector.client import Client


def refined(
    source: Source, client: Client, catalogue: Catalogue, host: Host, resolved: Resolved
) -> Source:
    """The source as its activity wants the records: as they are read, or refined."""
    completion = readable = None
    if resolved.complete:
        completion = Completion(client, catalogue, host, resolved)
    if resolved.settings.readable:
        schema = catalogue.response(resolved.api_call)
        readable = Readable(schema, lambda name: catalogue.resource(name).schema, minor_units())
    projection = Projection.of(resolved.settings)
    if completion is None and readable is None and projection.whole:
        return source
    return RefinedSource(source, completion, readable, projection)


def refined_schema(schema: Field, resolved: Resolved) -> Field:
    """What such records hold, of those that are read with this schema."""
    whole = with_readable(schema) if resolved.settings.readable else schema
    carrying = carrying_schema(whole, resolved.settings.record_as)
    return Projection.of(resolved.settings).schema(carrying)


class RefinedSource:
    """The records of `source`, with their embedded lists complete, readable, and of each only
    what the projection gives out. A page is given out whole, so that its cursor
    goes on behind complete records."""

    def __init__(
        self,
        source: Source,
        completion: Completion | None,
        readable: Readable | None,
        projection: Projection,
    ) -> None:
        self._source = source
        self._completion = completion
        self._readable = readable
        self._projection = projection

    async def read(self, after: bytes | None) -> AsyncGenerator[Page, None]:
        """The pages of the source. Ends early once the host is stopping."""
        async with aclosing(self._source.read(after)) as pages:
            async for page in pages:
                records = await self._refined(page.records)
                if records is None:
                    break
                yield page._replace(records=records)
        if self._completion is not None:
            self._completion.note()

    async def _refined(self, records: Sequence[Record]) -> Sequence[Record] | None:
        """None when the host asked to stop before all were complete."""
        complete: Sequence[Record] | None = records
        if self._completion is not None:
            complete = await self._completion.all(records)
        if complete is None:
            return None
        if self._readable is not None:
            complete = [self._readable.record(record) for record in complete]
        if self._projection.whole:
            return complete
        return [self._projection.record(record) for record in complete]

    async def total(self) -> int | None:
        """As many as the source has."""
        return await self._source.total()

    async def finish(self, after: bytes) -> Sequence[Problem]:
        """What the source says."""
        return await self._source.finish(after)


def record_schema(catalogue: Catalogue, resolved: Resolved) -> Field:
    """The columns of a report are known where the activity names them."""
    api_call = resolved.api_call
    schema = catalogue.response(api_call)
    match api_call.shape:
        case "binary":
            return FILE
        case "rows":
            parameters = resolved.parameters.get("parameters")
            columns = parameters.get("columns") if isinstance(parameters, dict) else None
            if not isinstance(columns, list) or not columns:
                return schema
            fields = tuple(Field(name=str(name), type="string") for name in columns)
            return Field(name=api_call.id, type="object", fields=fields)
    return refined_schema(schema, resolved)
