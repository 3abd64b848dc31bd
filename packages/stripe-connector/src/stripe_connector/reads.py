"""The half of Stripe that reads, for callers from Python."""

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from connector_sdk import Plan

from stripe_connector.opened import Opened

_log = logging.getLogger("stripe_connector.search")


class Reads(Opened):
    """What can be read of an account that is open: see `Stripe`, which adds the rest."""

    async def search(
        self,
        object: str,
        query: str,
        *,
        values: Mapping[str, Any] | None = None,
        consistency: str = "",
        action: str = "",
        limit: int | None = None,
        fields: Sequence[str] = (),
        expand: Sequence[str] = (),
        complete: Sequence[str] = (),
        readable: bool = False,
        **filters: Any,
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Every object of a list that a query finds, newest first, by the cheapest calls; each
        is checked before it is given out. `values` stand for `${name}` in the query and can't
        become part of it. Stripe's search may help, and lags behind by a minute or so, unless
        `consistency` is "fresh"; with the action "search" it is asked as it is, and a field that
        it isn't known to have is logged. `fields` are paths of what is wanted of an object; the
        other arguments are those of `list`.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     for city in ("Linz", "Wien", "Graz"):
        ...         params = {"email": f"ada@{city}.example", "address": {"city": city}}
        ...         _ = await stripe.create("customers", params)
        ...     query = "address.city in (${city}, Graz) -email~bob"
        ...     rows = stripe.search("customers", query, values={"city": "Linz"}, fields=["email"])
        ...     [each["email"] async for each in rows]
        ['ada@Graz.example', 'ada@Linz.example']
        """
        settings = self._asking(object, query, values, consistency, action, filters)
        settings |= {"limit": limit, "fields": fields, "expand": expand, "complete": complete}
        settings["readable"] = readable
        async for each in self._read("search", object, action, settings):
            yield each

    async def explain(
        self,
        object: str,
        query: str,
        *,
        values: Mapping[str, Any] | None = None,
        consistency: str = "",
        action: str = "",
        objects: int | None = None,
        **filters: Any,
    ) -> Plan:
        """Which calls `search` would make, how many (of `objects` in all), what is checked here,
        and whether it sees what was just written. Calls nobody.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     plan = await stripe.explain("customers", "email:'a@b.c' OR email:'d@e.f'")
        >>> plan.calls[0].call, plan.expected, plan.fresh
        ('GET /v1/customers/search', 1, False)
        """
        from connector_sdk import Activity

        settings = self._asking(object, query, values, consistency, action, filters)
        given = {name: value for name, value in settings.items() if value}
        return await self._opened.plan(Activity("", "search", object, action, given), objects)

    async def list(
        self,
        object: str,
        *,
        action: str = "list",
        limit: int | None = None,
        expand: Sequence[str] = (),
        complete: Sequence[str] = (),
        readable: bool = False,
        **filters: Any,
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Every object of a list, newest first; `filters` are the list's parameters, and the
        ids of parents for nested objects. `expand` are paths that shall hold whole objects
        instead of ids, `complete` lists in the objects of which all rows are wanted and not
        only the first ten. `readable` adds amounts as decimals and times in ISO 8601.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     for name in ("Ada", "Grace", "Edith"):
        ...         _ = await stripe.create("products", {"name": name})
        ...     [each["name"] async for each in stripe.list("products", active=True, limit=2)]
        ['Edith', 'Grace']
        """
        settings = {"limit": limit, "expand": expand, "complete": complete, "readable": readable}
        settings |= self._settings_of("search", object, action, filters)
        async for each in self._read("search", object, action, settings):
            yield each

    async def read(
        self,
        object: str,
        id: str | Sequence[str] = "",
        *,
        action: str = "",
        expand: Sequence[str] = (),
        complete: Sequence[str] = (),
        readable: bool = False,
        folder: str = "",
        **parents: Any,
    ) -> Any:
        """One object by its id, or a list of them in the order of the ids; without an id an
        object of which there is only one. `parents` are ids of objects above, and other
        parameters; the rest is as in `list`. An action that gives a file ("pdf" of quotes,
        "contents" of files) writes it into `folder` and answers with its path. Raises
        RefusedError for the first id that Stripe doesn't know.

        >>> async with Stripe(address="sandbox") as stripe:
        ...     balance = await stripe.read("balance")
        ...     made = await stripe.create("customers", {"name": "Ada"})
        ...     same = await stripe.read("customers", made["id"])
        ...     several = await stripe.read("customers", [made["id"], made["id"]])
        >>> balance["object"], same["name"], len(several)
        ('balance', 'Ada', 2)
        """
        settings: dict[str, Any] = {"ids": id, "expand": expand, "complete": complete}
        settings |= {"readable": readable, "folder": folder}
        settings |= self._settings_of("read", object, action, parents)
        found = [each async for each in self._read("read", object, action, settings)]
        return found[0] if isinstance(id, str) else found

    async def rows(
        self, object: str, id: str = "", *, wait: int | None = None, **parameters: Any
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The rows of a result, as text: of a new report run ("reporting.report_runs", with its
        `report_type` and `parameters`), for which `wait` seconds are waited, or of a finished
        run of a Sigma query ("sigma.scheduled_query_runs", by its id).

        >>> async with Stripe(address="sandbox") as stripe:
        ...     card = {"amount": 1234, "currency": "eur", "source": "tok_visa"}
        ...     _ = await stripe.create("charges", card)
        ...     rows = stripe.rows(
        ...         "reporting.report_runs",
        ...         report_type="balance_change_from_activity.summary.1",
        ...         parameters={"interval_start": 1, "interval_end": 4102444800},
        ...     )
        ...     [(row["reporting_category"], row["gross"]) async for row in rows]
        [('charge', '12.34')]
        """
        settings = {"ids": id, "wait": wait}
        settings |= self._settings_of("read", object, "rows", parameters)
        async for each in self._read("read", object, "rows", settings):
            yield each

    async def _read(
        self, type: str, object: str, action: str, settings: Mapping[str, Any]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Every record. Settings without a value count as not given."""
        import msgspec
        from connector_sdk import Activity, RawRecords, RefusedError

        given: dict[str, Any] = {
            name: value if isinstance(value, (str, int, Mapping)) else [*value]
            for name, value in settings.items()
            if value not in (None, False, "", ())
        }
        activity = Activity("", type, object, action, given)
        source = await self._opened.source(activity)
        for warning in await self._opened.check(activity):
            _log.warning("%s", warning.text())
        async with aclosing(source.read(None)) as pages:
            async for page in pages:
                if isinstance(page.records, RawRecords):
                    for values in page.records.values():
                        yield values
                    continue
                for record in page.records:
                    if record.problem is not None:
                        raise RefusedError(record.problem)
                    parsed: dict[str, Any] = msgspec.json.decode(record.raw)
                    yield parsed

    def _asking(
        self,
        object: str,
        query: str,
        values: Mapping[str, Any] | None,
        consistency: str,
        action: str,
        filters: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The settings of a search by a query."""
        given = {"text": query, "values": dict(values or {})}
        settings = self._settings_of("search", object, action, filters)
        return {**settings, "query": given, "consistency": consistency}

    def _settings_of(
        self, type: str, object: str, action: str, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Keywords as settings: those that the activity has, ids of parents, other parameters."""
        from stripe_connector.activities.choices.settings import activity_form
        from stripe_connector.activities.choices.verbs import parents_of

        offer = self._offer(type, object, action)
        above = parents_of(offer.api_call)
        form = activity_form(self._opened.catalogue, offer, type)
        named = {field.name for field in form.fields} - {"parents", "parameters", *above}
        settings = {name: value for name, value in given.items() if name in named}
        parents = {name: value for name, value in given.items() if name in above}
        others = {name: given[name] for name in given if name not in {*named, *above}}
        settings |= {"parents": parents} if parents else {}
        return {**settings, "parameters": others} if others else settings
