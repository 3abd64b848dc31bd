"""Which source an activity makes."""

from connector_sdk import Host, Source

from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.reading.driven import DrivenSource
from stripe_connector.activities.reading.driven_asks import IdAsks, QueryAsks
from stripe_connector.activities.reading.planned import PlannedSource
from stripe_connector.activities.reading.read import read_source
from stripe_connector.activities.reading.results import results_of
from stripe_connector.activities.reading.rows import RowsSource
from stripe_connector.activities.reading.search import SearchSource
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client


def source_of(
    client: Client,
    catalogue: Catalogue,
    host: Host,
    resolved: Resolved,
    requests: Source | None,
) -> Source:
    """The source of a Search or a Read, driven by the records of `requests` or not."""
    limit = resolved.settings.limit or 0
    record_as = resolved.settings.record_as
    if resolved.api_call.shape == "rows":
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
