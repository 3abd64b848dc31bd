"""What deleting means for each object, as overlays/deletions.json states it."""

from collections.abc import Mapping
from functools import cache
from typing import cast

import msgspec
from connector_sdk import JSON

from stripe_connector.catalogue import overlay


class Way(msgspec.Struct, frozen=True, rename={"fixed": "with"}):
    """One way to delete: what it `means` ("cancel"), the `action` of the object that does it,
    and the parameters that this always takes. `undo` says how to take it back, "" where that
    can't be done; `note` what a person should know before."""

    means: str
    action: str
    fixed: dict[str, bool | str] = msgspec.field(default_factory=dict)
    undo: str = ""
    note: str = ""

    @property
    def constants(self) -> dict[str, JSON]:
        """The parameters that it always takes."""
        return cast("dict[str, JSON]", dict(self.fixed))

    def told(self) -> str:
        """Whether it can be undone, and what else to know, in one or two sentences."""
        undone = f"To undo it, {self.undo}." if self.undo else "It can't be undone."
        return f"{self.note} {undone}".strip()


class Impossible(msgspec.Struct, frozen=True):
    """Why Stripe can't delete an object, and what to do `instead`."""

    why: str
    instead: str = ""


def ways(object: str) -> tuple[Way, ...]:
    """The ways to delete an object that are known; the first one is meant where none is
    chosen."""
    return _ways().get(object, ())


def impossible(object: str) -> Impossible | None:
    """Why Stripe can't delete an object, as far as that is known."""
    return _none().get(object)


@cache
def _ways() -> Mapping[str, tuple[Way, ...]]:
    return msgspec.convert(overlay.read("deletions.json")["ways"], dict[str, tuple[Way, ...]])


@cache
def _none() -> Mapping[str, Impossible]:
    return msgspec.convert(overlay.read("deletions.json")["none"], dict[str, Impossible])
