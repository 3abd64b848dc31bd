"""What each verb does, alike for all resources."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

import orjson
from connector_sdk import JSON

from stripe_connector.query import QueryError, check, fields_of, matcher, parse, unknown_fields
from stripe_connector.sandbox import listing, refusal
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.request import Contents
from stripe_connector.sandbox.shapes import moment
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Turn

Verb = Callable[[Turn], Body | Contents]

READABLE_WHEN_DELETED = frozenset({"customer"})


def create(turn: Turn) -> Body:
    parents = _parents(turn, turn.path)
    return turn.shown(turn.create(turn.api_call.returns, turn.params, parents))


def retrieve(turn: Turn) -> Body:
    if not turn.api_call.path.endswith("}"):
        return turn.shown(_single(turn))
    resource = turn.api_call.returns
    if resource in READABLE_WHEN_DELETED and len(turn.path) == 1:
        [wanted] = turn.path.values()
        stored = turn.work.account.find(resource, wanted)
        if stored is not None and stored.deleted:
            return turn.gone(stored)
    return turn.shown(own(turn))


def update(turn: Turn) -> Body:
    single = not turn.api_call.path.endswith("}")
    stored = _single(turn) if single else own(turn)
    turn.update(stored, turn.params)
    return turn.shown(stored)


def delete(turn: Turn) -> Body:
    return turn.delete(own(turn))


def list_(turn: Turn) -> Body:
    resource = turn.api_call.returns
    found = listing.page(turn, resource, _candidates(turn, resource))
    return listing.answer(turn, found)


def search(turn: Turn) -> Body:
    resource = turn.api_call.returns
    if not turn.index.searching.offered:
        raise RefusalError(400, "The search feature is temporarily unavailable in your region.")
    fields = fields_of(turn.registry.catalogue, turn.api_call)
    try:
        query = parse(str(turn.params["query"]), strict=True)
        for unknown in unknown_fields(query, fields):
            raise unknown
        query = check(query, fields, native=True)
    except QueryError as error:
        raise RefusalError(400, f"{error}. {error.fix}".rstrip(), "", "query") from None
    holds = matcher(query, fields.object)
    rows = [row for row in turn.index.rows(resource, turn.now) if holds(row.body)]
    rows.reverse()
    start = _after(turn, rows, turn.params.get("page"))
    size = listing.limit(turn.params)
    found = listing.Rows(rows[start : start + size], start + size < len(rows))
    body = listing.answer(turn, found)
    body["object"] = "search_result"
    body["next_page"] = _token(turn, found.rows[-1]) if found.more else None
    body["total_count"] = len(rows)
    return body


def _token(turn: Turn, row: Stored) -> str:
    return base64.urlsafe_b64encode(f"{row.seq} {turn.now}".encode()).decode()


def _after(turn: Turn, rows: Sequence[Stored], token: JSON) -> int:
    """New rows come before the page."""
    if token is None:
        return 0
    try:
        last, given = map(int, base64.urlsafe_b64decode(str(token)).split())
    except (ValueError, binascii.Error):
        raise refusal.invalid("page", token, "page") from None
    life = turn.index.searching.page_life
    if life and turn.now - given > life:
        raise RefusalError(400, "This page of the search has expired.", "", "page")
    return sum(row.seq >= last for row in rows)


def _parents(turn: Turn, path: Mapping[str, str]) -> dict[str, str]:
    """Raises RefusalError resource_missing."""
    holders = dict(turn.registry.plan(turn.api_call).holders)
    for name, above in path.items():
        if holders.get(name):
            turn.find(holders[name], above, name)
    return dict(path)


def own(turn: Turn) -> Stored:
    """The object in the path, checked to be under those above it."""
    *above, (_, wanted) = turn.path.items()
    parents = _parents(turn, dict(above))
    stored = turn.own()
    if not _is_below(stored, parents):
        name = turn.registry.catalogue.resource(stored.resource).object_name
        raise refusal.no_such(name, wanted, "id")
    return stored


def _is_below(stored: Stored, parents: Mapping[str, str]) -> bool:
    return all(
        parent in stored.parents.values() or stored.body.get(name) == parent
        for name, parent in parents.items()
    )


def _single(turn: Turn) -> Stored:
    """Created on first use."""
    resource = turn.api_call.returns
    parents = _parents(turn, turn.path)
    owner = next(reversed(parents.values()), turn.work.account.id)
    found = turn.children(resource, owner)
    return found[0] if found else turn.create(resource, {}, parents or {"account": owner})


def _candidates(turn: Turn, resource: str) -> Sequence[Stored]:
    """Oldest first, deleted ones included."""
    account = turn.work.account
    if not turn.path:
        return account.collection(resource).rows
    parents = _parents(turn, turn.path)
    *_, nearest = parents.values()
    below = account.children(resource, nearest)
    if below:
        return [row for row in below if _is_below(row, parents)]
    return [row for row in account.collection(resource).rows if _is_below(row, parents)]


def delete_v2(turn: Turn) -> Body:
    gone = turn.delete(own(turn))
    return {"id": gone["id"], "object": gone["object"]}


def list_v2(turn: Turn) -> Body:
    """Newest first. The URLs of pages repeat the other parameters."""
    keep = listing.filters(turn, turn.api_call.returns)
    candidates = _candidates(turn, turn.api_call.returns)
    rows = [row for row in reversed(candidates) if not row.deleted and keep(row)]
    size = listing.limit(turn.params)
    start = _position(rows, turn.params.get("page"))
    shown = list(islice(rows, start, start + size))
    return {
        "data": cast(JSON, [turn.shown(row) for row in shown]),
        "next_page_url": _url(turn, rows[start + size]) if start + size < len(rows) else None,
        "previous_page_url": _url(turn, rows[max(start - size, 0)]) if start else None,
    }


def _url(turn: Turn, first: Stored) -> str:
    token = base64.urlsafe_b64encode(str(first.seq).encode()).decode()
    kept = [pair for pair in parse_qsl(turn.query) if pair[0] != "page"]
    path = turn.api_call.path.format(**turn.path)
    return f"{path}?{urlencode([*kept, ('page', token)])}"


def _position(rows: Sequence[Stored], token: JSON) -> int:
    """New rows come before the page."""
    if token is None:
        return 0
    try:
        first = int(base64.urlsafe_b64decode(str(token)))
    except (ValueError, binascii.Error):
        raise refusal.invalid("page", token, "page") from None
    return sum(row.seq > first for row in rows)


VERBS: Mapping[str, Verb] = {
    "create": create,
    "retrieve": retrieve,
    "update": update,
    "delete": delete,
    "list": list_,
    "search": search,
}
VERBS_V2: Mapping[str, Verb] = {
    "create": create,
    "retrieve": retrieve,
    "update": update,
    "delete": delete_v2,
    "list": list_v2,
}


_PARAMETER = re.compile(r"\{([\w.]+)\}")


@cache
def transitions() -> Mapping[str, Mapping[str, Any]]:
    """By the call's id."""
    data: dict[str, Any] = orjson.loads(Path(__file__).with_name("transitions.json").read_bytes())
    found: dict[str, Mapping[str, Any]] = data["transitions"]
    return found


def act(turn: Turn) -> Body:
    rule = transitions()[turn.api_call.id]
    stored = own(turn)
    _expect(turn, stored, rule)
    body = turn.work.edit(stored)
    shapes = turn.registry.shapes
    shapes.fill(stored.resource, body, turn.params)
    for path, value in rule.get("to", {}).items():
        shapes.put(stored.resource, body, path, _filled(value, turn.params))
    for path, value in rule.get("add", {}).items():
        have, more = _at(body, path), _filled(value, turn.params)
        shapes.put(stored.resource, body, path, cast(int, have) + cast(int, more))
    for path in rule.get("at", ()):
        now: JSON = moment(turn.now) if turn.api_call.v2 else turn.now
        shapes.put(stored.resource, body, path, now)
    return turn.shown(stored)


def _expect(turn: Turn, stored: Stored, rule: Mapping[str, Any]) -> None:
    for path, allowed in rule.get("from", {}).items():
        value = _at(stored.body, path)
        if value not in allowed:
            name = turn.registry.catalogue.resource(stored.resource).object_name
            done = turn.api_call.action.partition("_")[0]
            raise refusal.not_allowed(
                f"You can't {done} {name.rpartition('.')[2].replace('_', ' ')} '{stored.id}', "
                f"because its {path} is {_written(value)}.",
                rule.get("code", ""),
            )


def _at(body: JSON, path: str) -> JSON:
    for step in path.split("."):
        body = body.get(step) if isinstance(body, dict) else None
    return body


def _filled(value: JSON, params: Body) -> JSON:
    """ "{name}" alone keeps the parameter's type."""
    if not isinstance(value, str):
        return value
    whole = _PARAMETER.fullmatch(value)
    if whole:
        return _at(params, whole[1])
    return _PARAMETER.sub(lambda found: str(_at(params, found[1])), value)


def _written(value: JSON) -> str:
    return value if isinstance(value, str) and value else orjson.dumps(value).decode()
