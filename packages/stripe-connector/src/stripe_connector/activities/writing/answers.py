"""Whether the answer to a write is the object that the call gives."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import msgspec

from stripe_connector.activities.choices.verbs import own_id
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation, Resource

_GIVES_ANOTHER = ("payouts.reverse", "payment_methods.attach")
"""Actions that give another object of the kind that the path names: the payout that reverses one,
and the payment method that is made of a ready-made one such as pm_card_visa."""


class _Head(msgspec.Struct):
    id: str | None = None
    object: str = ""
    deleted: bool = False


_HEAD = msgspec.json.Decoder(_Head)


class _Expected(NamedTuple):
    """What the answer to one API call has to be. `names` are the kinds of object that it may be,
    None where any may; `own` is the path parameter whose id it has, "" without one."""

    is_object: bool
    names: frozenset[str] | None
    has_id: bool
    own: str
    ends: bool


def is_answer(
    catalogue: Catalogue, operation: Operation, path: Mapping[str, str], body: bytes
) -> bool:
    """Whether a success shows what was asked for: an object of the right kind with an id, that
    of `path` where the call changes or reads one, and gone where it deletes one. Only such an
    answer proves that a write was done."""
    expected = _expected(catalogue, operation.id)
    if not expected.is_object:
        return True
    try:
        head = _HEAD.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return False
    if expected.names is not None and head.object not in expected.names:
        return False
    if not head.id:
        return not expected.has_id
    wanted = path.get(expected.own)
    if wanted is not None and head.id != wanted:
        return False
    return head.deleted or not expected.ends


@cache
def _expected(catalogue: Catalogue, identifier: str) -> _Expected:
    operation = catalogue.operations[identifier]
    known = (operation.returns,) if operation.returns else operation.returns_any
    resources = [catalogue.resource(name) for name in known]
    names = [one.object_name for one in resources]
    return _Expected(
        operation.shape == "object",
        frozenset(names) if names and all(names) else None,
        bool(resources) and all(_always_has_id(one) for one in resources),
        own_id(operation) if resources and _keeps_id(catalogue, operation) else "",
        operation.action == "delete" and bool(resources) and all(one.deleted for one in resources),
    )


def _always_has_id(resource: Resource) -> bool:
    field = resource.schema.child("id")
    return field is not None and field.required


def _keeps_id(catalogue: Catalogue, operation: Operation) -> bool:
    """Whether the answer is the object that the path names."""
    if operation.id in _GIVES_ANOTHER:
        return False
    retrieve = catalogue.operations.get(f"{operation.object}.retrieve")
    return operation.action == "delete" or (
        retrieve is not None and retrieve.returns == operation.returns
    )
