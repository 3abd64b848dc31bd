"""One write by itself, checked like those of an activity, for who calls from Python."""

import time
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from connector_sdk import Problem, RefusedError, SettingError, conform

from stripe_connector.activities.choices.guarding import refusal_of
from stripe_connector.activities.choices.offers import Offer
from stripe_connector.activities.choices.settings import STREAM, offered
from stripe_connector.activities.choices.verbs import own_id, parents_of
from stripe_connector.activities.writing.amounts import Currencies
from stripe_connector.activities.writing.answers import is_answer
from stripe_connector.activities.writing.meter_events import identified
from stripe_connector.activities.writing.meter_stream import MeterStream
from stripe_connector.activities.writing.request import Request, split
from stripe_connector.activities.writing.settle import is_gone
from stripe_connector.catalogue import Catalogue
from stripe_connector.client import Client


def values_of(
    offer: Offer, id: str, parents: Mapping[str, str], params: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Ids and parameters together, by the names that the operation has for them."""
    own = own_id(offer.operation)
    return {**parents, **({own: id} if own and id else {}), **(params or {})}


def settings_of(offer: Offer, given: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of a read as the settings `parents` and `parameters`."""
    above = parents_of(offer.operation)
    parents = {name: value for name, value in given.items() if name in above}
    others = {name: value for name, value in given.items() if name not in above}
    settings: dict[str, Any] = {"parents": parents} if parents else {}
    return {**settings, "parameters": others} if others else settings


async def carry_out(
    client: Client,
    catalogue: Catalogue,
    stream: MeterStream,
    offer: Offer,
    values: dict[str, Any],
    key: str | None,
    *,
    missing_ok: bool = False,
    unlisted: bool = False,
    watched: bool = False,
) -> bytes:
    """What Stripe answers; an empty object where a delete found nothing left to do and that is
    `missing_ok`. `unlisted` lets values pass that are not among the choices. What moves money or
    can't be undone isn't sent where it is `watched`. Without a key a random one covers the repeats
    of this call. Raises SettingError before anything is sent, and what `Client.send` raises."""
    now = client.clock.now()
    request = _request(
        catalogue, offer, values, unlisted=unlisted, now=time.time() if now is None else now
    )
    refusal = refusal_of(catalogue, offer, request.params) if watched else None
    if refusal is not None:
        raise SettingError(refusal)
    key = key or str(uuid.uuid4())
    if request.operation == STREAM:
        await stream.send([dict(identified(STREAM, request.params, key))], key)
        return b"{}"
    params = {**request.path, **identified(request.operation, request.params, key)}
    currencies = Currencies(client, catalogue)
    wrong = await currencies.fault(offer.operation, params, request.currency)
    if wrong is not None:
        raise RefusedError(wrong)
    try:
        answer = await client.send(
            offer.operation,
            params,
            key=key,
            accept=partial(is_answer, catalogue, offer.operation, request.path),
        )
    except RefusedError as error:
        if missing_ok and await is_gone(client, catalogue, request, error.problem):
            return b"{}"
        raise
    return answer.body


def _request(
    catalogue: Catalogue, offer: Offer, values: dict[str, Any], *, unlisted: bool, now: float
) -> Request:
    fitted = conform(offered(catalogue, offer, unlisted=unlisted), values)
    if fitted.problems:
        raise SettingError(*fitted.problems)
    checked = fitted.value if isinstance(fitted.value, dict) else {}
    request = split(offer.operation, {**checked, **offer.constants}, mark=False, now=now)
    if isinstance(request, Problem):
        raise SettingError(request)
    return request
