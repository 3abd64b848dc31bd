"""What proves that a write was done: the answer that a call gives, and the effects of an action."""

from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

import msgspec
from connector_sdk import JSON

from stripe_connector.activities.choices.verbs import own_id
from stripe_connector.catalogue import Catalogue, overlay
from stripe_connector.catalogue.model import ApiCall, Resource


class Effect(msgspec.Struct, frozen=True):
    """The trace that an action leaves in its object.

    `done` are fields with the values that prove it; `same` are parameters that a field then
    equals, and `whole` pairs of fields that are equal where none of those was given: a capture
    without an amount takes all of it. With `again`, or with one of the parameters `again_with`,
    Stripe may do it a second time, so that only a proof counts. `harmless` actions change
    nothing when they are repeated. A create whose object is there came to nothing all the same
    where the `failed` fields say so, and the parameter `failed_with` asked for it; the object
    `says` why.
    """

    done: dict[str, list[str | bool] | Literal["set", "unset"]] = msgspec.field(
        default_factory=dict
    )
    same: dict[str, str] = msgspec.field(default_factory=dict)
    whole: dict[str, str] = msgspec.field(default_factory=dict)
    again: bool = False
    again_with: list[str] = msgspec.field(default_factory=list)
    harmless: bool = False
    failed: dict[str, list[str | bool] | Literal["set", "unset"]] = msgspec.field(
        default_factory=dict
    )
    failed_with: str = ""
    says: str = ""

    def proved(self, there: Mapping[str, JSON], params: Mapping[str, JSON]) -> bool:
        """Whether the object shows that the action was done with these parameters."""
        return (
            bool(self.done)
            and all(_fits(there.get(name), wanted) for name, wanted in self.done.items())
            and all(
                _id(there.get(field)) == params[name]
                for name, field in self.same.items()
                if name in params
            )
            and (
                any(name in params for name in self.same)
                or all(there.get(one) == there.get(other) for one, other in self.whole.items())
            )
        )

    def came_to_nothing(self, there: Mapping[str, JSON], params: Mapping[str, JSON]) -> bool:
        """Whether the object of a create shows that what it was made for failed."""
        return self.can_fail(params) and self.shows_failure(there)

    def can_fail(self, params: Mapping[str, JSON]) -> bool:
        """Whether a create with these parameters may leave an object and fail all the same."""
        return bool(self.failed) and (not self.failed_with or params.get(self.failed_with) is True)

    def shows_failure(self, there: Mapping[str, JSON]) -> bool:
        """Whether the object of such a create says so."""
        return all(_fits(there.get(name), wanted) for name, wanted in self.failed.items())

    def repeatable(self, params: Mapping[str, JSON]) -> bool:
        """Whether sending it once more can't do it twice."""
        return self.harmless or not (self.again or any(name in params for name in self.again_with))


def effect_of(api_call: str) -> Effect | None:
    """What is known of an API call's trace; None where nothing is."""
    return _effects().get(api_call)


def _fits(value: JSON, wanted: list[str | bool] | str) -> bool:
    if wanted == "set":
        return value is not None
    if wanted == "unset":
        return value is None
    return any(value is each or value == each for each in wanted)


def _id(value: JSON) -> JSON:
    """An expanded object stands for its id."""
    return value.get("id") if isinstance(value, dict) else value


@cache
def _effects() -> Mapping[str, Effect]:
    return msgspec.convert(overlay.read("effects.json")["effects"], dict[str, Effect])


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
    catalogue: Catalogue, api_call: ApiCall, path: Mapping[str, str], body: bytes
) -> bool:
    """Whether a success shows what was asked for: an object of the right kind with an id, that
    of `path` where the call changes or reads one, and gone where it deletes one. Only such an
    answer proves that a write was done."""
    expected = _expected(catalogue, api_call.id)
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
    api_call = catalogue.api_calls[identifier]
    known = (api_call.returns,) if api_call.returns else api_call.returns_any
    resources = [catalogue.resource(name) for name in known]
    names = [one.object_name for one in resources]
    return _Expected(
        api_call.shape == "object",
        frozenset(names) if names and all(names) else None,
        bool(resources) and all(_always_has_id(one) for one in resources),
        own_id(api_call) if resources and _keeps_id(catalogue, api_call) else "",
        api_call.action == "delete" and bool(resources) and all(one.deleted for one in resources),
    )


def _always_has_id(resource: Resource) -> bool:
    field = resource.schema.child("id")
    return field is not None and field.required


def _keeps_id(catalogue: Catalogue, api_call: ApiCall) -> bool:
    """Whether the answer is the object that the path names."""
    if api_call.id in _GIVES_ANOTHER:
        return False
    retrieve = catalogue.api_calls.get(f"{api_call.object}.retrieve")
    return api_call.action == "delete" or (
        retrieve is not None and retrieve.returns == api_call.returns
    )
