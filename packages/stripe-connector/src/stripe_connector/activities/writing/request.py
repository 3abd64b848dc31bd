"""One request of a target: from the mapping's JSON to the stored body, and back."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, cast

import msgspec
from connector_sdk import JSON, Body, Field, Problem, conform, not_an_object
from connector_sdk import Request as Given

from stripe_connector.activities.choices.verbs import OWN_ID, own_id
from stripe_connector.activities.writing.amounts import meant
from stripe_connector.activities.writing.marker import markable, metadata_fault
from stripe_connector.activities.writing.meter_events import EVENTS, timestamp_fault
from stripe_connector.catalogue.model import Operation


class Request(NamedTuple):
    """What will be sent. `path` holds path parameters, `params` all others; `marker` says
    that metadata.connector_key is still to be set to the key of the call. `currency` is the one
    that the amounts are meant in, where the object that they are for has to have it."""

    operation: str
    path: dict[str, str]
    params: dict[str, JSON]
    marker: bool = False
    currency: str = ""


class _Stored(msgspec.Struct):
    operation: str
    path: dict[str, str]
    params: dict[str, object]
    marker: bool = False
    currency: str = ""


def fit(
    operation: Operation,
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
    own = own_id(operation)
    if own and own != OWN_ID and OWN_ID in values:
        values = {own: values[OWN_ID], **values}
        del values[OWN_ID]
    return split(operation, values, mark, now)


def split(
    operation: Operation, values: Mapping[str, JSON], mark: bool, now: Callable[[], float]
) -> Request | Problem:
    """Path parameters apart from the others; a Problem for an id that could reach another
    path, or for metadata, an amount or a time that Stripe would not take."""
    path: dict[str, str] = {}
    for name in operation.path_parameters:
        given = values.get(name)
        if not isinstance(given, str) or given in ("", ".", ".."):
            return Problem(
                "missing_id",
                f"{operation.id} needs the id of its {name}, and {given!r} is none."
                if given
                else f"{operation.id} needs the id of its {name}, which is empty.",
                "Map the id of an existing object to this field.",
                path=OWN_ID if name == own_id(operation) else name,
            )
        path[name] = given
    params = dict(values)
    for name in path:
        del params[name]
    problem = metadata_fault(params.get("metadata"))
    if problem is None and operation.id in EVENTS:
        problem = timestamp_fault(params, now)
    if problem is not None:
        return problem
    checked = meant(operation.id, path, params)
    if isinstance(checked, Problem):
        return checked
    marker = mark and markable(params.get("metadata"))
    return Request(operation.id, path, checked.params, marker, checked.currency)


def body(request: Request, lock: str = "") -> Body:
    """The request as an intent stores it: names sorted, so that the same request is always
    the same bytes."""
    stored = request._asdict()
    if not request.currency:
        del stored["currency"]
    return Body(msgspec.json.encode(stored, order="sorted"), request.operation, lock)


def lock(request: Request) -> str:
    """The object that must not be written twice at once: the innermost one of the path, or the
    operation itself where the account has only one."""
    return next(reversed(request.path.values()), request.operation)


def parse(data: bytes) -> Request:
    """The request that `body` made."""
    stored = msgspec.json.decode(data, type=_Stored)
    return Request(
        stored.operation,
        stored.path,
        cast("dict[str, JSON]", stored.params),
        stored.marker,
        stored.currency,
    )
