"""One request of a target, checked and as an intent stores it; metadata and the marker in it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, cast

import msgspec
from connector_sdk import JSON, Body, Field, Problem, conform, not_an_object, shown
from connector_sdk import Request as Given

from stripe_connector.activities.choices.verbs import OWN_ID, own_id
from stripe_connector.activities.writing.amounts import meant
from stripe_connector.activities.writing.meter_events import EVENTS, timestamp_fault
from stripe_connector.catalogue.model import ApiCall

MARKER = "connector_key"
"""The metadata key under which Create leaves the key of its call."""

KEYS = 50
"""Stripe's limit: https://docs.stripe.com/api/metadata."""


def metadata_fault(metadata: JSON) -> Problem | None:
    """What Stripe would refuse in the names of this metadata, or None; the schema knows how
    many there may be, and how long they and their values are."""
    for key in metadata if isinstance(metadata, dict) else ():
        if not key or "[" in key or "]" in key:
            return Problem(
                "wrong_metadata_key",
                f"{shown(key)!r} can't be a key of metadata: it has to have a character, and no "
                "square brackets.",
                "Choose another key.",
                path=f"metadata.{key}",
            )
    return None


def markable(metadata: JSON) -> bool:
    """Whether there is room for the marker."""
    return not isinstance(metadata, dict) or MARKER in metadata or len(metadata) < KEYS


def marked(params: Mapping[str, JSON], key: str) -> dict[str, JSON]:
    """The same parameters, their metadata with the marker."""
    metadata = params.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return {**params, "metadata": {**known, MARKER: key}}


class Request(NamedTuple):
    """What will be sent. `path` holds path parameters, `params` all others; `marker` says
    that metadata.connector_key is still to be set to the key of the call. `currency` is the one
    that the amounts are meant in, where the object that they are for has to have it."""

    api_call: str
    path: dict[str, str]
    params: dict[str, JSON]
    marker: bool = False
    currency: str = ""


class _Stored(msgspec.Struct):
    api_call: str = msgspec.field(name="operation")
    path: dict[str, str]
    params: dict[str, object]
    marker: bool = False
    currency: str = ""


def fit(
    api_call: ApiCall,
    schema: Field,
    constants: Mapping[str, JSON],
    request: Given,
    mark: bool,
    now: Callable[[], float],
) -> Request | Problem | tuple[Problem, ...]:
    """The request with the activity's constants, in the types of the API; or what is wrong with
    it. `now` gives Stripe's time in Unix seconds."""
    try:
        stated = request.values
    except ValueError as error:
        return not_an_object(error)
    fitted = conform(schema, {**constants, **stated})
    if fitted.problems:
        return fitted.problems
    values = cast("dict[str, JSON]", fitted.value)
    own = own_id(api_call)
    if own and own != OWN_ID and OWN_ID in values:
        values = {own: values[OWN_ID], **values}
        del values[OWN_ID]
    return split(api_call, values, mark, now)


def split(
    api_call: ApiCall, values: Mapping[str, JSON], mark: bool, now: Callable[[], float]
) -> Request | Problem:
    """Path parameters apart from the others; a Problem for an id that could reach another
    path, or for metadata, an amount or a time that Stripe would not take."""
    path: dict[str, str] = {}
    for name in api_call.path_parameters:
        given = values.get(name)
        if not isinstance(given, str) or given in ("", ".", ".."):
            return Problem(
                "missing_id",
                f"{api_call.id} needs the id of its {name}, and {given!r} is none."
                if given
                else f"{api_call.id} needs the id of its {name}, which is empty.",
                "Map the id of an existing object to this field.",
                path=OWN_ID if name == own_id(api_call) else name,
            )
        path[name] = given
    params = dict(values)
    for name in path:
        del params[name]
    problem = metadata_fault(params.get("metadata"))
    if problem is None and api_call.id in EVENTS:
        problem = timestamp_fault(params, now)
    if problem is not None:
        return problem
    checked = meant(api_call.id, path, params)
    if isinstance(checked, Problem):
        return checked
    marker = mark and markable(params.get("metadata"))
    return Request(api_call.id, path, checked.params, marker, checked.currency)


def body(request: Request, lock: str = "") -> Body:
    """The request as an intent stores it: names sorted, so that the same request is always
    the same bytes."""
    stored = request._asdict()
    stored["operation"] = stored.pop("api_call")  # as ledgers have it
    if not request.currency:
        del stored["currency"]
    return Body(msgspec.json.encode(stored, order="sorted"), request.api_call, lock)


def lock(request: Request) -> str:
    """The object that must not be written twice at once: the innermost one of the path, or the
    API call itself where the account has only one."""
    return next(reversed(request.path.values()), request.api_call)


def parse(data: bytes) -> Request:
    """The request that `body` made."""
    stored = msgspec.json.decode(data, type=_Stored)
    return Request(
        stored.api_call,
        stored.path,
        cast("dict[str, JSON]", stored.params),
        stored.marker,
        stored.currency,
    )
