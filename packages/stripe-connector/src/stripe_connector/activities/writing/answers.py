"""Whether the answer to a write is the object that the call gives."""

from collections.abc import Mapping

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


def is_answer(
    catalogue: Catalogue, operation: Operation, path: Mapping[str, str], body: bytes
) -> bool:
    """Whether a success shows what was asked for: an object of the right kind with an id, that
    of `path` where the call changes or reads one, and gone where it deletes one. Only such an
    answer proves that a write was done."""
    if operation.shape != "object":
        return True
    try:
        head = msgspec.json.decode(body, type=_Head)
    except (msgspec.DecodeError, RecursionError):
        return False
    expected = (operation.returns,) if operation.returns else operation.returns_any
    if not expected:
        return True
    resources = [catalogue.resource(name) for name in expected]
    if not any(not one.object_name or one.object_name == head.object for one in resources):
        return False
    if not head.id:
        return not all(_always_has_id(one) for one in resources)
    wanted = path.get(own_id(operation)) if _keeps_id(catalogue, operation) else None
    if wanted is not None and head.id != wanted:
        return False
    ends = operation.action == "delete" and all(one.deleted for one in resources)
    return head.deleted or not ends


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
