"""What became of creates whose answer was lost: the marker in the newest objects tells.

Never by search: Stripe's index may be a minute behind, in bad hours an hour
(https://docs.stripe.com/search#data-freshness).
"""

from collections.abc import Mapping, Sequence
from itertools import groupby, product
from typing import NamedTuple

import msgspec
from connector_sdk import JSON, Call, Outcome, Problem, RefusedError

from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.answers import effect_of
from stripe_connector.activities.writing.request import MARKER
from stripe_connector.activities.writing.settle import unclear
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import ApiCall
from stripe_connector.catalogue.overlay import list_defaults
from stripe_connector.client import Client
from stripe_connector.wire.paging import PAGE, no_answer, rows_of

BEFORE = 600
"""Seconds before its first send at which an object may be dated: a time is taken once a second."""

MOST_PAGES = 500

_ANCHORS = ("test_clock",)
"""Parameters that put an object into a list of its own."""

_TEST_ANCHORS = ("customer",)
"""The same outside of live mode: lists leave out what belongs to a customer with a test clock,
unless they are asked for that customer (https://docs.stripe.com/billing/testing/test-clocks)."""

_OTHER_TIME = (*_ANCHORS, *_TEST_ANCHORS)
"""With these, objects may be dated by a test clock."""


class _Row(msgspec.Struct):
    id: str = ""
    created: int | str | None = None
    metadata: dict[str, str] | None = None


class _Found(NamedTuple):
    ids: dict[str, tuple[str, bytes]]
    whole: bool


async def settle_creates(
    client: Client, catalogue: Catalogue, calls: Sequence[Call]
) -> list[Outcome | None]:
    """For each create: written where an object carries its key, None where surely none does,
    unknown where that can't be told. Calls that share a list are looked up in one go."""
    settled: dict[int, Outcome | None] = {}
    open_calls: list[tuple[str, int, ApiCall, dict[str, JSON]]] = []
    for index, call in enumerate(calls):
        if call.first_sent is None:
            settled[index] = None
            continue
        request = requests.parse(call.body.json)
        api_call = catalogue.api_calls[request.api_call]
        effect = effect_of(api_call.id)
        if effect is not None and effect.harmless:
            settled[index] = None
            continue
        listing = catalogue.api_calls.get(f"{api_call.object}.list")
        scope = None if listing is None else list_scope(client, catalogue, listing, request)
        if not request.marker:
            settled[index] = unclear(call, "it carries no marker")
        elif listing is None or scope is None:
            settled[index] = unclear(call, "these objects can't be listed")
        else:
            open_calls.append((repr(sorted(scope.items())), index, listing, scope))
    open_calls.sort(key=lambda entry: entry[:2])
    for _, group in groupby(open_calls, key=lambda entry: entry[0]):
        entries = list(group)
        _, _, listing, scope = entries[0]
        wanted = [calls[index] for _, index, _, _ in entries]
        found = await _find(client, catalogue, listing, scope, wanted)
        for _, index, _, _ in entries:
            settled[index] = _told(calls[index], found)
    return [settled[index] for index in range(len(calls))]


def _told(call: Call, found: _Found | None) -> Outcome | None:
    if found is None:
        return unclear(call, "Stripe doesn't list these objects")
    if call.key in found.ids:
        name, raw = found.ids[call.key]
        declined = _declined(call, name, raw)
        if declined is not None:
            return declined
        return Outcome(call.seq, call.step, "written", name, response=raw)
    if found.whole:
        return None
    return unclear(call, f"it is not among the newest {MOST_PAGES * PAGE:,} objects")


def _declined(call: Call, name: str, raw: bytes) -> Outcome | None:
    """The refusal that a create met although its object is there: a declined card leaves one."""
    request = requests.parse(call.body.json)
    effect = effect_of(request.api_call)
    there = msgspec.json.decode(raw)
    if effect is None or not effect.came_to_nothing(there, request.params):
        return None
    told = there.get(effect.says)
    why = told.get("message") if isinstance(told, dict) else told
    problem = Problem(
        "payment_failed",
        f"{name} was made, and what it was made for failed: {why or 'Stripe does not say why.'}",
        "Correct the payment method, then send the record again.",
    )
    return Outcome(call.seq, call.step, "refused", name, problem=problem)


def list_scope(
    client: Client, catalogue: Catalogue, listing: ApiCall, request: requests.Request
) -> dict[str, JSON] | None:
    """The parameters that lead to the list which would hold the object; None where the
    request doesn't have them."""
    anchors = _ANCHORS if client.settings.mode == "live" else _OTHER_TIME
    scope: dict[str, JSON] = {}
    above = [request.path[name] for name in catalogue.api_calls[request.api_call].path_parameters]
    known = {**request.params, **dict(zip(listing.path_parameters, above, strict=False))}
    for field in catalogue.request(listing).fields:
        value = known.get(field.name)
        if field.required or (field.name in anchors and value is not None):
            if not isinstance(value, str):
                return None
            scope[field.name] = value
    return scope


def _window(
    client: Client, scope: Mapping[str, JSON], calls: Sequence[Call]
) -> tuple[int, int] | None:
    """The times, by Stripe's clock, between which the objects of all calls would have been
    created; None where nothing is sure about that, so that only the whole list will do: a time
    of send by another clock, or one that is yet to come, or objects that are dated by a test
    clock."""
    now = client.clock.now()
    if now is None or any(name in scope for name in _OTHER_TIME):
        return None
    sent = [call.first_sent for call in calls if call.synced and call.first_sent is not None]
    if len(sent) < len(calls) or max(sent) > now + BEFORE:
        return None
    return int(min(sent)) - BEFORE, int(now) + BEFORE


def _row(raw: bytes) -> _Row:
    try:
        return msgspec.json.decode(raw, type=_Row)
    except msgspec.ValidationError:
        raise no_answer() from None


async def _find(
    client: Client,
    catalogue: Catalogue,
    listing: ApiCall,
    scope: dict[str, JSON],
    calls: Sequence[Call],
) -> _Found | None:
    window = _window(client, scope, calls)
    takes = {field.name for field in catalogue.request(listing).fields}
    wanted = {call.key for call in calls}
    found: dict[str, tuple[str, bytes]] = {}
    whole = True
    defaults = list_defaults().get(listing.object, {})
    for values in product(*defaults.values()):
        params: dict[str, JSON] = {**scope, **dict(zip(defaults, values, strict=True))}
        if "limit" in takes:
            params["limit"] = PAGE
        if "created" in takes and window is not None:
            params["created"] = {"gte": window[0], "lte": window[1]}
        for _ in range(MOST_PAGES):
            try:
                rows = rows_of((await client.send(listing, params)).body)
            except RefusedError:
                return None
            oldest = None
            for raw in rows.raw:
                row = _row(raw)
                key = (row.metadata or {}).get(MARKER, "")
                if key in wanted:
                    found[key] = (row.id, raw)
                oldest = row
            created = oldest.created if oldest is not None else None
            past = window is not None and isinstance(created, int) and created < window[0]
            if len(found) == len(wanted) or past or not rows.more or oldest is None:
                break
            if rows.following:
                params.update(rows.following)
            else:
                params["starting_after"] = oldest.id
        else:
            whole = False
    return _Found(found, whole)
