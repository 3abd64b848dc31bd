"""Which source an activity makes."""

from connector_sdk import Host, Problem, SettingError, Source

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


def require_driver(resolved: Resolved, requests: Source | None) -> None:
    """Raises SettingError where records of another source are needed and missing, or given for
    nothing."""
    if resolved.driven == (requests is not None):
        return
    if resolved.driven:
        problem = Problem(
            "needs_records",
            "The activity takes values from records (${record:…}), and no source gives any.",
            "Name that source after `for_each` of the operation.",
            path="for_each",
        )
    else:
        problem = Problem(
            "not_driven",
            "Nothing of the activity depends on a record of another source.",
            "Write ${record:NAME} where a value of each record belongs, or take `for_each` out of "
            "the operation.",
            path="for_each",
        )
    raise SettingError(problem)
