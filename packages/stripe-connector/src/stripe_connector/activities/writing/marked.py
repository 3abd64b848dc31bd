"""What creates made before, found by the marker in it: whole lists, for a ledger that is lost."""

from collections.abc import AsyncGenerator
from itertools import product
from typing import cast

import msgspec
from connector_sdk import JSON, Body, Marked

from stripe_connector.activities.writing import request as requests
from stripe_connector.activities.writing.answers import effect_of
from stripe_connector.activities.writing.request import MARKER
from stripe_connector.activities.writing.settle_create import list_scope
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.overlay import list_defaults
from stripe_connector.client import Client
from stripe_connector.wire.paging import PAGE, no_answer, rows_of


class _Shelf(msgspec.Struct, frozen=True):
    """A list of Stripe, and the create whose objects are looked for there; `pays` says whether
    an object in it may be there although its call was declined."""

    listing: str
    scope: dict[str, object]
    create: str
    pays: bool


class _Row(msgspec.Struct):
    id: str = ""
    metadata: dict[str, str] | None = None


def shelf_of(client: Client, catalogue: Catalogue, body: Body) -> bytes | None:
    """The list that would hold what this request makes; None where nothing tells it there."""
    request = requests.parse(body.json)
    create = catalogue.api_calls[request.api_call]
    listing = catalogue.api_calls.get(f"{create.object}.list")
    if listing is None or not request.marker:
        return None
    scope = list_scope(client, catalogue, listing, request)
    if scope is None:
        return None
    effect = effect_of(create.id)
    pays = effect is not None and effect.can_fail(request.params)
    shelf = _Shelf(listing.id, dict(sorted(scope.items())), create.id, pays)
    return msgspec.json.encode(shelf, order="sorted")


async def marked_in(
    client: Client, catalogue: Catalogue, shelf: bytes
) -> AsyncGenerator[Marked, None]:
    """Each object with a marker, the newest first. Raises as the client does."""
    place = msgspec.json.decode(shelf, type=_Shelf)
    listing = catalogue.api_calls[place.listing]
    effect = effect_of(place.create) if place.pays else None
    takes = {field.name for field in catalogue.request(listing).fields}
    defaults = list_defaults().get(listing.object, {})
    for values in product(*defaults.values()):
        params = cast(
            "dict[str, JSON]", {**place.scope, **dict(zip(defaults, values, strict=True))}
        )
        if "limit" in takes:
            params["limit"] = PAGE
        while True:
            rows = rows_of((await client.send(listing, params)).body)
            last = ""
            for raw in rows.raw:
                row = _row(raw)
                last = row.id
                key = (row.metadata or {}).get(MARKER, "")
                if key:
                    failed = effect is not None and effect.shows_failure(msgspec.json.decode(raw))
                    yield Marked(key, row.id, failed)
            if not rows.more or not last:
                break
            if rows.following:
                params.update(rows.following)
            else:
                params["starting_after"] = last


def _row(raw: bytes) -> _Row:
    try:
        return msgspec.json.decode(raw, type=_Row)
    except msgspec.ValidationError:
        raise no_answer() from None
