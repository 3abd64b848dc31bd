"""What API v2 does otherwise: lists by page tokens, deleted objects, fields that show only when
they are asked for."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import cast
from urllib.parse import parse_qsl, urlencode

from connector_sdk import JSON

from stripe_connector.sandbox import listing, refusal, verbs
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Turn
from stripe_connector.sandbox.verbs import Verb


def delete(turn: Turn) -> Body:
    """The answer names what is gone, without `deleted`."""
    gone = turn.delete(verbs.own(turn))
    return {"id": gone["id"], "object": gone["object"]}


def list_(turn: Turn) -> Body:
    """Newest first. `page` is the token of a page, which stands in `next_page_url` and in
    `previous_page_url`; the other parameters are those of the first call."""
    keep = listing.filters(turn, turn.operation.returns)
    candidates = verbs.candidates(turn, turn.operation.returns)
    rows = [row for row in reversed(candidates) if not row.deleted and keep(row)]
    size = listing.limit(turn.params)
    start = _place(rows, turn.params.get("page"))
    shown = list(islice(rows, start, start + size))
    return {
        "data": cast(JSON, [turn.shown(row) for row in shown]),
        "next_page_url": _url(turn, rows[start + size]) if start + size < len(rows) else None,
        "previous_page_url": _url(turn, rows[max(start - size, 0)]) if start else None,
    }


def _url(turn: Turn, first: Stored) -> str:
    token = base64.urlsafe_b64encode(str(first.seq).encode()).decode()
    kept = [pair for pair in parse_qsl(turn.query) if pair[0] != "page"]
    path = turn.operation.path.format(**turn.path)
    return f"{path}?{urlencode([*kept, ('page', token)])}"


def _place(rows: Sequence[Stored], token: JSON) -> int:
    """Where the page begins; what was made since stands before it."""
    if token is None:
        return 0
    try:
        first = int(base64.urlsafe_b64decode(str(token)))
    except (ValueError, binascii.Error):
        raise refusal.invalid("page", token, "page") from None
    return sum(row.seq > first for row in rows)


def hide(turn: Turn, body: Body, included: Sequence[str]) -> Body:
    """The answer without what `include` could have asked for and didn't: those fields are
    null, and of an object that is included in part the other parts are."""
    offered = turn.registry.plan(turn.operation).included
    if not offered:
        return body
    wanted = set(included)
    rows = body.get("data")
    if turn.operation.shape == "list" and isinstance(rows, list):
        return {**body, "data": [_without(cast(Body, row), offered, wanted) for row in rows]}
    return _without(body, offered, wanted)


def _without(body: Body, offered: Sequence[str], wanted: set[str]) -> Body:
    out = dict(body)
    for path in offered:
        name, _, inner = path.partition(".")
        if path in wanted or name not in out:
            continue
        value = out[name]
        if not inner or not any(other.startswith(f"{name}.") for other in wanted):
            out[name] = None
        elif isinstance(value, dict):
            out[name] = {**value, inner: None}
    return out


VERBS: Mapping[str, Verb] = {
    "create": verbs.create,
    "retrieve": verbs.retrieve,
    "update": verbs.update,
    "delete": delete,
    "list": list_,
}
