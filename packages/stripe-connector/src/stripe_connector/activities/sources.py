"""Which source an activity makes, and what it is going to call."""

from dataclasses import replace

from connector_sdk import Host, Plan, PlannedCall, Source

from stripe_connector.activities.download import read_source
from stripe_connector.activities.driven import DrivenSource
from stripe_connector.activities.driven_asks import IdAsks, QueryAsks
from stripe_connector.activities.meter_events import STREAM
from stripe_connector.activities.meter_stream import MOST
from stripe_connector.activities.planned import PlannedSource
from stripe_connector.activities.planning import Planning
from stripe_connector.activities.read import ids_of
from stripe_connector.activities.reading import calls, note, single_calls
from stripe_connector.activities.resolution import Resolved
from stripe_connector.activities.results import results_of
from stripe_connector.activities.rows import RowsSource
from stripe_connector.activities.search import SearchSource
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client
from stripe_connector.query.plan import ROWS


def source_of(
    client: Client,
    catalogue: Catalogue,
    host: Host,
    resolved: Resolved,
    requests: Source | None,
) -> Source:
    """The source of a Search or a Read, driven by the records of `requests` or not."""
    limit = resolved.integer("limit", 0)
    record_as = str(resolved.settings.get("record_as") or "")
    if resolved.operation.shape == "rows":
        results = results_of(client, catalogue, host, resolved)
        return RowsSource(client, catalogue, host, results)
    if resolved.activity.type == "read":
        if requests is None:
            return read_source(client, host, resolved)
        by_id = IdAsks(client, host, resolved)
        return DrivenSource(requests, by_id, host, limit, record_as)
    if resolved.asked is None:
        return SearchSource(client, catalogue, host, resolved)
    if requests is None:
        return PlannedSource(client, catalogue, host, resolved)
    asks = QueryAsks(client, catalogue, host, resolved)
    return DrivenSource(requests, asks, host, limit, record_as)


def planned(catalogue: Catalogue, resolved: Resolved, records: int | None) -> Plan:
    """What an activity is going to call. `records` is how many objects there are to choose
    from, how many records are written, or for how many a Search or a Read is driven."""
    if resolved.operation.shape == "rows":
        return _rows(catalogue, resolved)
    plan = _plain(catalogue, resolved, records)
    if not resolved.complete:
        return plan
    names = " and ".join(".".join(way.names) for way in resolved.complete)
    rest = PlannedCall(f"GET the rest of {names}")
    return replace(plan, calls=(*plan.calls, rest), lines=(*plan.lines, note(resolved)))


def _rows(catalogue: Catalogue, resolved: Resolved) -> Plan:
    """The calls of a result: a report run is looked at until it is over."""
    results = len(ids_of(resolved))
    made: list[PlannedCall] = []
    lines: list[str] = []
    for each in single_calls(catalogue, resolved.operation):
        waited = len(resolved.operation.calls) > 2 and each.action == "retrieve"
        call = f"{each.method} {each.path}"
        parameters = resolved.parameters if each.method == "POST" else {}
        made.append(PlannedCall(call, parameters, None if waited else results))
        counted = "calls until it is over" if waited else f"{results} call{'s' * (results != 1)}"
        lines.append(f"{call}: {counted}.")
    return Plan(tuple(made), tuple(lines))


def _plain(catalogue: Catalogue, resolved: Resolved, records: int | None) -> Plan:
    if resolved.asked is not None:
        return Planning(catalogue, resolved).explained(records)
    call = calls(catalogue, resolved)
    listed = resolved.activity.type == "search"
    if resolved.activity.type == "read" and not resolved.driven:
        ids = resolved.settings.get("ids")
        records = len(ids) if isinstance(ids, list) else 1
    together = ROWS if listed else MOST if resolved.operation.id == STREAM else 1
    if records is None:
        what = f"every {together} {'objects' if listed else 'records'}"
        counted = f"1 call for {what if together > 1 else 'each record'}"
        expected = None
    else:
        expected = max(int(listed), -(-records // together))
        counted = f"{expected:,} call{'s' * (expected != 1)}"
    made = PlannedCall(call, {**resolved.parents, **resolved.parameters}, expected)
    way = resolved.offer.way
    notes = (way.told(),) if way is not None else ()
    return Plan((made,), (f"{call}: {counted}.", *notes))
