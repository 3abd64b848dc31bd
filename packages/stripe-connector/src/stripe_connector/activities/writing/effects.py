"""What proves that an action was done, as overlays/effects.json states it."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

import msgspec
from connector_sdk import JSON

from stripe_connector.catalogue import overlay


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


def effect_of(operation: str) -> Effect | None:
    """What is known of an operation's trace; None where nothing is."""
    return _effects().get(operation)


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
