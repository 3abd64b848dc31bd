"""The five activity types, the API calls that each offers, and what deleting means for each
object."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import cast

import msgspec
from connector_sdk import JSON, ActivityType, Command, Mode, Option

from stripe_connector.catalogue import Catalogue, overlay
from stripe_connector.catalogue.model import ApiCall


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


LEVELS = ("object", "sub-object", "action")
"""The sections of Stripe's API reference, the objects of each, and what can be done with one."""

_PARENT = Option(
    "parent",
    "parents",
    "parts",
    "NAME=ID",
    "The id of an object above: customer=cus_123. Repeatable.",
)
_PARAM = Option(
    "param",
    "parameters",
    "parts",
    "NAME=VALUE",
    "A filter or another parameter: status=open, created.gte=1767225600. Repeatable.",
)
_EXPAND = Option(
    "expand",
    "expand",
    "whole",
    "FIELD",
    "Give the whole object instead of its id. Repeatable.",
)
_READING = (_PARENT, _PARAM, _EXPAND)
_WRITING = (_PARENT, _EXPAND)

TYPES = (
    ActivityType(
        "search",
        "source",
        "Search",
        "Finds objects by a query where Stripe can search them, and lists all of them.",
        LEVELS,
        commands=(
            Command(
                "search",
                argument="query",
                help="Find objects by a query on their fields; without one, list them.",
                example="customers \"email:'ada@example.com'\"",
            ),
            Command(
                "list",
                "list",
                help="List objects, the newest first.",
                example="invoices --param status=open --limit 10",
            ),
        ),
        options=_READING,
    ),
    ActivityType(
        "read",
        "source",
        "Read",
        "Reads objects by their ids, and settings that have none.",
        LEVELS,
        commands=(
            Command(
                "read",
                argument="ids",
                several=True,
                help="Read objects by their ids, and settings that have none.",
                example="customers cus_123",
            ),
        ),
        options=_READING,
    ),
    ActivityType(
        "create",
        "target",
        "Create",
        "Makes one new object for each record.",
        LEVELS,
        "keyed",
        (
            Command(
                "create",
                help="Create an object, or one for each line of a file.",
                example="customers --set name=Ada --set address.city=London",
            ),
        ),
        _WRITING,
    ),
    ActivityType(
        "update",
        "target",
        "Update",
        "Changes the object that each record names, or does something with it: capture, confirm, "
        "finalize, pay.",
        LEVELS,
        "keyed",
        (
            Command(
                "update",
                argument="id",
                several=True,
                help="Change objects, each in the fields that are given and no others.",
                example="customers cus_123 --set name=Ada",
            ),
        ),
        _WRITING,
    ),
    ActivityType(
        "delete",
        "target",
        "Delete",
        "Deletes the object that each record names, or what comes nearest to it at Stripe: "
        "cancel, void, detach, archive, deactivate, expire.",
        LEVELS,
        "keyed",
        (
            Command(
                "delete",
                argument="id",
                several=True,
                help="Delete objects, or what comes nearest to it: cancel, void, archive.",
                example="customers --ids-from gone.csv",
            ),
        ),
        _WRITING,
    ),
)

TARGETS = frozenset(kind.name for kind in TYPES if kind.role == "target")
"""The types that write."""

OWN_ID = "id"
"""How a request names the object that it is about."""

_PLAIN = frozenset({"create", "list", "retrieve", "search", "update"})


def verb_of(api_call: ApiCall) -> str:
    """The activity type in which an API call is at home: by a rule, and by the exceptions
    that overlays/activities.json states."""
    stated = _homes().get(api_call.id)
    if stated:
        return stated
    match api_call.method, api_call.shape:
        case "GET", "list" | "search":
            return "search"
        case "GET", _:
            return "read"
        case "DELETE", _:
            return "delete"
    if api_call.action in ("create", "update"):
        return api_call.action
    return "update" if api_call.path_parameters else "create"


def name_of(api_call: ApiCall) -> str:
    """What people call the action: as its URL does where the SDK adds the object's name
    (invoices/…/void is void_invoice there)."""
    last = api_call.path.rpartition("/")[2]
    return last if api_call.action.startswith(f"{last}_") else api_call.action


def names_of(catalogue: Catalogue, object: str) -> dict[str, str]:
    """What people call the actions of an object, and what the SDK calls them."""
    actions = catalogue.objects.get(object, ())
    return {name_of(catalogue.api_calls[f"{object}.{each}"]): each for each in actions}


def own_id(api_call: ApiCall) -> str:
    """The path parameter that names the object itself, not a parent of it; "" where the
    API call makes an object or works on one that needs no id (a customer's cash balance)."""
    if not api_call.path_parameters or api_call.action == "create":
        return ""
    if api_call.path.endswith("}") or api_call.action not in _PLAIN:
        return api_call.path_parameters[-1]
    return ""


def parents_of(api_call: ApiCall) -> tuple[str, ...]:
    """The path parameters that name the objects above, outermost first."""
    own = own_id(api_call)
    return tuple(name for name in api_call.path_parameters if name != own)


def is_offered(api_call: ApiCall, mode: Mode) -> bool:
    """Whether a key of this mode may use it: test helpers are nothing for live ones."""
    return mode != "live" or not is_test_helper(api_call.object)


def is_test_helper(object: str) -> bool:
    """Whether Stripe has it only to simulate things in test mode."""
    return "test_helpers" in object.split(".")


@cache
def _homes() -> Mapping[str, str]:
    return MappingProxyType(
        {name: home["type"] for name, home in overlay.read("activities.json")["homes"].items()}
    )
