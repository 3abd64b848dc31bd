"""What Search and Read ask for a record of another source."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import cast

import msgspec
from connector_sdk import Host, Problem, Record, Source

from stripe_connector.activities.choices.queries import Asked, Template
from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.reading.driven import Asker, record_values
from stripe_connector.activities.reading.planned import PlannedSource
from stripe_connector.activities.reading.planning import TOGETHER, Planning
from stripe_connector.activities.reading.read import read_source
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client
from stripe_connector.query import Query, QueryError, matcher
from stripe_connector.query.clause import Group


class QueryAsks:
    """The query of each record, joined by OR to one. Where it takes a list of all objects
    anyhow, a whole page of records is asked at once."""

    distinct = True

    def __init__(
        self, client: Client, catalogue: Catalogue, host: Host, resolved: Resolved
    ) -> None:
        self._client = client
        self._catalogue = catalogue
        self._host = host
        self._resolved = replace(resolved, settings=replace(resolved.settings, limit=None))
        self._asked = cast("Asked", resolved.asked)
        self._last: PlannedSource | None = None

    def bind(self, record: Record) -> object | Problem:
        """The query with the values of the record."""
        template = self._asked.template
        try:
            return self._asked.query(template.of_record(record_values(record.raw)))
        except QueryError as error:
            return template.problem(error)

    def batch(self, askers: Sequence[Asker]) -> int:
        """All of them for a list that nothing narrows, else those of a few searches."""
        planning = Planning(self._catalogue, self._resolved, _joined(askers[:TOGETHER]))
        routes = planning.routes(fresh=self._fresh).routes
        if any(not alternative for route in routes for alternative in route.stands_for):
            return len(askers)
        return TOGETHER

    def source(self, askers: Sequence[Asker]) -> Source:
        """What all of them find."""
        self._last = PlannedSource(
            self._client,
            self._catalogue,
            self._host,
            self._resolved,
            _joined(askers),
            fresh=self._fresh,
        )
        return self._last

    @property
    def _fresh(self) -> bool:
        """Whether it showed before that Stripe offers no search here."""
        return self._last is not None and self._last.fresh

    def finder(self, askers: Sequence[Asker]) -> Callable[[Record], Iterator[Record]]:
        """The records whose own queries find the result."""
        name = self._asked.fields.object
        tests = [(asker.record, matcher(cast("Query", asker.asks), name)) for asker in askers]

        def find(result: Record) -> Iterator[Record]:
            obj = msgspec.json.decode(result.raw)
            return (record for record, test in tests if test(obj))

        return find


class IdAsks:
    """The id that each record gives."""

    distinct = False

    def __init__(self, client: Client, host: Host, resolved: Resolved) -> None:
        self._client = client
        self._host = host
        self._resolved = resolved
        self._template = cast("Template", resolved.ids)

    def bind(self, record: Record) -> object | Problem:
        """The id."""
        try:
            return self._template.filled(self._template.of_record(record_values(record.raw)))
        except QueryError as error:
            return self._template.problem(error)

    def batch(self, askers: Sequence[Asker]) -> int:
        """All of them: the reading itself takes a few at once."""
        return len(askers)

    def source(self, askers: Sequence[Asker]) -> Source:
        """The objects in the order of their ids."""
        ids = [str(asker.asks) for asker in askers]
        return read_source(self._client, self._host, self._resolved, ids)

    def finder(self, askers: Sequence[Asker]) -> Callable[[Record], Iterator[Record]]:
        """The record at the same place."""
        return lambda result: iter((askers[result.seq - 1].record,))


def _joined(askers: Sequence[Asker]) -> Query:
    queries = tuple(dict.fromkeys(cast("Query", asker.asks) for asker in askers))
    return queries[0] if len(queries) == 1 else Group("OR", queries)
