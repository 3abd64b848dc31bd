"""From the query of an activity to the calls that answer it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import cast

from connector_sdk import JSON, Field, Plan, PlannedCall

from stripe_connector.activities.choices.queries import Asked
from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.choices.verbs import own_id, parents_of
from stripe_connector.activities.reading.stream import Asking
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import ApiCall
from stripe_connector.query import Query, parse, write
from stripe_connector.query.plan import Route, Routes, native, plan

_LAG = "within a minute as a rule, within an hour in incidents"
"""When a write shows in Stripe's search: https://docs.stripe.com/search#data-freshness."""


TOGETHER = 50
"""Records of another source whose queries make one: five searches of ten clauses where each asks
for one value."""


class Planning:
    """The routes of one query, and how each of them is called."""

    def __init__(
        self, catalogue: Catalogue, resolved: Resolved, query: Query | None = None
    ) -> None:
        self._catalogue = catalogue
        self._resolved = resolved
        self._asked = cast("Asked", resolved.asked)
        self._query = self._asked.query() if query is None else query

    def routes(self, *, fresh: bool) -> Routes:
        """The routes; with `fresh` lists only. A query for Stripe's own search is one."""
        if self._asked.native:
            return native(self._query)
        return self._fresh if fresh else self._any

    @cached_property
    def _any(self) -> Routes:
        wanted = self._resolved.settings.consistency
        return self._plan(searchable=wanted == "indexed" and self._search is not None)

    @cached_property
    def _fresh(self) -> Routes:
        return self._plan(searchable=False)

    def _plan(self, *, searchable: bool) -> Routes:
        request = self._catalogue.request(self._resolved.api_call)
        given = self._resolved.parameters
        return plan(
            self._query,
            self._asked.fields,
            request,
            searchable=searchable,
            given=given,
            readable=self._retrieve is not None,
        )

    @cached_property
    def _retrieve(self) -> ApiCall | None:
        """What reads one of the objects, below the same parents."""
        listed = self._resolved.api_call
        found = self._catalogue.api_calls.get(f"{listed.object}.retrieve")
        same = found is not None and own_id(found) and parents_of(found) == parents_of(listed)
        return found if same and found is not None and found.returns == listed.returns else None

    @cached_property
    def _search(self) -> ApiCall | None:
        return self._catalogue.api_calls.get(f"{self._resolved.api_call.object}.search")

    def asking(self, route: Route) -> Asking:
        """How a route is called."""
        api_call = self._resolved.api_call
        if route.by == "read" and self._retrieve is not None:
            return self._reading(self._retrieve, str(route.params["id"]))
        if route.by == "search" and self._search is not None:
            api_call = self._search
        request = self._catalogue.request(api_call)
        params = self._resolved.expansion
        if route.by == "list":
            params.update(self._resolved.parameters)
            params.update(route.params)
        return Asking(
            api_call,
            self._resolved.parents,
            params,
            request.child("starting_after") is not None,
            request.child("limit") is not None,
            parse(route.query) if route.by == "search" else None,
            frozenset(route.params),
            self._owners(request, route) if request.child("starting_after") is not None else {},
            dated="created" in self._asked.fields.searchable,
        )

    def _owners(self, request: Field, route: Route) -> dict[str, ApiCall]:
        """What reads the objects that the parameters of a list name."""
        found: dict[str, ApiCall] = {}
        for name, value in route.params.items():
            field = request.child(name)
            known = field and self._catalogue.api_calls.get(f"{field.id_of}.retrieve")
            if known and len(known.path_parameters) == 1 and isinstance(value, str):
                found[name] = known
        return found

    def _reading(self, api_call: ApiCall, id: str) -> Asking:
        params: dict[str, JSON] = {own_id(api_call): id}
        for name, paths in self._resolved.expansion.items():
            given = paths if isinstance(paths, list) else []
            params[name] = [str(path).removeprefix("data.") for path in given]
        return Asking(api_call, self._resolved.parents, params, False, False, single=True)

    def explained(self, objects: int | None) -> Plan:
        """What is going to be called, for people and for machines. `objects` says how many
        there are in all, None that nobody knows. Of a query that is asked for each record of
        another source it is told for one of them."""
        routes = self.routes(fresh=False)
        calls = tuple(self._call(route, objects) for route in routes.routes)
        if self._asked.driven:
            calls = tuple(replace(call, expected=None) for call in calls)
        return Plan(calls, tuple(self._lines(routes, calls)), routes.fresh)

    def _call(self, route: Route, objects: int | None) -> PlannedCall:
        asking = self.asking(route)
        params = {**asking.parents, **asking.params}
        if route.by == "search":
            params = {"query": route.query, **params}
        few = route.calls() == 1
        expected = 1 if few else route.calls(objects) if objects is not None else None
        return PlannedCall(f"{asking.api_call.method} {asking.api_call.path}", params, expected)

    def _lines(self, routes: Routes, calls: tuple[PlannedCall, ...]) -> Iterator[str]:
        """The plan as a person reads it."""
        for route, call in zip(routes.routes, calls, strict=True):
            if self._asked.driven:
                yield f"{call.call} {_shown(call.parameters)}".rstrip()
                continue
            if call.expected is None:
                found = "found" if route.by == "search" else "listed"
                count = f"1 call for every 100 objects {found}"
            else:
                count = "1 call" if call.expected == 1 else f"about {call.expected:,} calls"
            yield f"{call.call} {_shown(call.parameters)}".rstrip() + f": {count}"
        if len(routes.routes) > 1:
            yield "Merged by created, newest first; what comes twice is given once."
        if self._asked.driven:
            yield f"For each record of the other source; up to {TOGETHER} are asked at once."
        if self._asked.native:
            yield "As Stripe's search answers it; rows that changed since are checked and left out."
        elif routes.checked:
            left = ", ".join(write(clause) for clause in routes.checked)
            yield f"No call can ask for {left}: that is checked here, row by row."
        else:
            yield "The calls ask for all of it; each row is checked here once more."
        if routes.fresh:
            yield "Fresh: it sees what was just written."
        else:
            yield f"Not quite fresh: a search sees what was written {_LAG}."


def _shown(params: Mapping[str, JSON]) -> str:
    """Parameters as a person reads them: "created[gte]=5 status=all"."""
    parts: list[str] = []
    for name, value in params.items():
        if isinstance(value, dict):
            parts += [f"{name}[{bound}]={_plain(part)}" for bound, part in value.items()]
        elif isinstance(value, list):
            parts += [f"{name}[]={_plain(part)}" for part in value]
        else:
            parts.append(f"{name}={_plain(value)}")
    return " ".join(parts)


def _plain(value: JSON) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
