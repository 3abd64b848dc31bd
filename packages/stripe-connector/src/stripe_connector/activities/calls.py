"""What an activity is going to call, and what a person should know before it runs."""

from dataclasses import replace

from connector_sdk import Plan, PlannedCall

from stripe_connector.activities.choices.expansion import cost
from stripe_connector.activities.choices.guarding import guard_of
from stripe_connector.activities.choices.parameters import STREAM
from stripe_connector.activities.choices.resolution import Resolved
from stripe_connector.activities.choices.verbs import TARGETS
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.amounts import owners
from stripe_connector.catalogue.model import ApiCall
from stripe_connector.query.plan import ROWS


def calls(catalogue: Catalogue, resolved: Resolved) -> str:
    """What is called, for people."""
    single = _single_calls(catalogue, resolved.api_call)
    return ", ".join(f"{each.method} {each.path}" for each in single)


def note(resolved: Resolved) -> str:
    """What a person should know before a run, in whole sentences; "" for nothing."""
    if resolved.api_call.shape == "rows" and not resolved.settings.ids:
        return "Each run makes a new report run at Stripe and waits for its result."
    if resolved.offer.way is not None:
        return resolved.offer.way.told()
    guard = guard_of(resolved.offer) if resolved.activity.type in TARGETS else None
    if guard is not None and guard.always:
        return guard.told()
    return cost(resolved.complete)


def planned(catalogue: Catalogue, resolved: Resolved, records: int | None) -> Plan:
    """What an activity is going to call. `records` is how many objects there are to choose
    from, how many records are written, or for how many a Search or a Read is driven."""
    if resolved.api_call.shape == "rows":
        return _rows(catalogue, resolved)
    plan = _plain(catalogue, resolved, records)
    if not resolved.complete:
        return plan
    names = " and ".join(".".join(way.names) for way in resolved.complete)
    rest = PlannedCall(f"GET the rest of {names}")
    return replace(plan, calls=(*plan.calls, rest), lines=(*plan.lines, note(resolved)))


def _single_calls(catalogue: Catalogue, api_call: ApiCall) -> list[ApiCall]:
    """The calls that an API call stands for: mostly itself."""
    known = [catalogue.api_calls.get(name) or catalogue.additions[name] for name in api_call.calls]
    return known or [api_call]


def _rows(catalogue: Catalogue, resolved: Resolved) -> Plan:
    """The calls of a result: a report run is looked at until it is over."""
    from stripe_connector.activities.reading.read import ids_of

    results = len(ids_of(resolved))
    made: list[PlannedCall] = []
    lines: list[str] = []
    for each in _single_calls(catalogue, resolved.api_call):
        waited = len(resolved.api_call.calls) > 2 and each.action == "retrieve"
        call = f"{each.method} {each.path}"
        parameters = resolved.parameters if each.method == "POST" else {}
        made.append(PlannedCall(call, parameters, None if waited else results))
        counted = "calls until it is over" if waited else f"{results} call{'s' * (results != 1)}"
        lines.append(f"{call}: {counted}.")
    return Plan(tuple(made), tuple(lines))


def _plain(catalogue: Catalogue, resolved: Resolved, records: int | None) -> Plan:
    from stripe_connector.activities.reading.planning import Planning
    from stripe_connector.activities.writing.meter_events import MOST

    if resolved.asked is not None:
        return Planning(catalogue, resolved).explained(records)
    call = calls(catalogue, resolved)
    listed = resolved.activity.type == "search"
    if resolved.activity.type == "read" and not resolved.driven:
        ids = resolved.settings.ids
        records = len(ids) if isinstance(ids, tuple) else 1
    together = ROWS if listed else MOST if resolved.api_call.id == STREAM else 1
    if records is None:
        what = f"every {together} {'objects' if listed else 'records'}"
        counted = f"1 call for {what if together > 1 else 'each record'}"
        expected = None
    else:
        expected = max(int(listed), -(-records // together))
        counted = f"{expected:,} call{'s' * (expected != 1)}"
    made = PlannedCall(call, {**resolved.parents, **resolved.parameters}, expected)
    notes = () if resolved.complete else (note(resolved),)
    looks = _looks(catalogue, resolved)
    more = tuple(f"{look.call}: 1 more for each record that says its `currency`." for look in looks)
    return Plan((made, *looks), (f"{call}: {counted}.", *more, *filter(None, notes)))


def _looks(catalogue: Catalogue, resolved: Resolved) -> list[PlannedCall]:
    """What is read to check the currency of amounts; how often depends on the records."""
    if resolved.activity.type in ("search", "read"):
        return []
    reads = [catalogue.api_calls[owner.read] for owner in owners(resolved.api_call.id)]
    paths = " or ".join(each.path for each in reads)
    return [PlannedCall(f"GET {paths}")] if paths else []
