"""The five activity types, and which of Stripe's operations belongs to which."""

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from connector_sdk import ActivityType, Choice, Problem, SettingError, did_you_mean

from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation

LEVELS = ("object", "action")

TYPES = (
    ActivityType(
        "search",
        "source",
        "Search",
        "Finds objects by a query where Stripe can search them, and lists all of them.",
        LEVELS,
    ),
    ActivityType(
        "read", "source", "Read", "Reads objects by their ids, and settings that have none.", LEVELS
    ),
    ActivityType(
        "create", "target", "Create", "Makes one new object for each record.", LEVELS, "keyed"
    ),
    ActivityType(
        "update", "target", "Update", "Changes the object that each record names.", LEVELS, "keyed"
    ),
    ActivityType(
        "delete",
        "target",
        "Delete",
        "Deletes the object that each record names; cancels it where Stripe's DELETE means that.",
        LEVELS,
        "keyed",
    ),
)

OWN_ID = "id"
"""How a request names the object that it is about."""

_PREFERRED = {
    "search": ("list", "search"),
    "read": ("retrieve",),
    "create": ("create",),
    "update": ("update",),
    "delete": ("delete", "cancel", "detach"),
}


def verb_of(operation: Operation) -> str:
    """The activity type that an operation belongs to; "" where it belongs to none of them.
    The method and the shape of the answer decide, so that an odd name changes nothing."""
    match operation.method, operation.shape:
        case "GET", "list" | "search":
            return "search"
        case "GET", "object":
            return "read"
        case "DELETE", _:
            return "delete"
        case "POST", _ if operation.action in ("create", "update"):
            return operation.action
    return ""


def own_id(operation: Operation) -> str:
    """The path parameter that names the object itself, not a parent of it; "" where the
    operation makes an object or works on one that needs no id (a customer's cash balance)."""
    if not operation.path_parameters or operation.action == "create":
        return ""
    if operation.path.endswith("}") or operation.method == "DELETE":
        return operation.path_parameters[-1]
    return ""


def parents_of(operation: Operation) -> tuple[str, ...]:
    """The path parameters that name the objects above, outermost first."""
    own = own_id(operation)
    return tuple(name for name in operation.path_parameters if name != own)


_offers: WeakKeyDictionary[Catalogue, dict[str, dict[str, tuple[Operation, ...]]]] = (
    WeakKeyDictionary()
)


def offers(catalogue: Catalogue, type: str) -> Mapping[str, tuple[Operation, ...]]:
    """Every object with operations of this activity type, and those operations."""
    by_type = _offers.get(catalogue)
    if by_type is None:
        by_type = _offers[catalogue] = {kind.name: {} for kind in TYPES}
        for operation in catalogue.operations.values():
            verb = verb_of(operation)
            if verb:
                known = by_type[verb].get(operation.object, ())
                by_type[verb][operation.object] = (*known, operation)
    found = by_type.get(type)
    if found is None:
        raise SettingError(
            Problem(
                "unknown_type",
                f"Stripe has no activity type {type!r}; there are {', '.join(by_type)}.",
                did_you_mean(type, by_type) or "Choose one of them.",
                path="type",
            )
        )
    return found


def label(object: str) -> str:
    """What people read instead of an object's id: "Customers / Tax ids"."""
    parts = [part.replace("_", " ") for part in object.split(".")]
    return " / ".join(part[:1].upper() + part[1:] for part in parts)


def object_named(catalogue: Catalogue, type: str, name: str) -> str:
    """The id of the object that a project calls by its id or its label. Raises SettingError
    for one that Stripe doesn't have, or that has nothing of this type."""
    known = offers(catalogue, type)
    if name in known:
        return name
    wanted = name.casefold()
    for each in known:
        if label(each).casefold() == wanted:
            return each
    raise SettingError(_unknown_object(catalogue, type, name, known))


def operation_for(catalogue: Catalogue, type: str, on: str, action: str, query: bool) -> Operation:
    """The one operation that type, object and action lead to. Without an action the usual
    one of the type is meant: of a search the list, unless there is a query. Raises
    SettingError."""
    chosen = object_named(catalogue, type, on)
    known = {operation.action: operation for operation in offers(catalogue, type)[chosen]}
    if action in known:
        return known[action]
    if not action:
        order = ("search", "list") if query else _PREFERRED[type]
        for usual in (*order, *known):
            if usual in known:
                return known[usual]
    raise SettingError(
        Problem(
            "unknown_action",
            f"{label(chosen)} can't be used with {action!r} in a {type} activity; "
            f"there {'is' if len(known) == 1 else 'are'} {', '.join(known)}.",
            did_you_mean(action, known) or "Choose one of them, or leave the action out.",
            path="action",
        )
    )


def object_rows(catalogue: Catalogue, type: str) -> tuple[Choice, ...]:
    """One row for each object that the activity type can work on."""
    return tuple(Choice(each, label(each)) for each in offers(catalogue, type))


def action_rows(catalogue: Catalogue, type: str, on: str) -> tuple[Choice, ...]:
    """One row for each action of an object, with what Stripe says about it."""
    chosen = object_named(catalogue, type, on)
    return tuple(
        Choice(
            operation.action,
            operation.action.replace("_", " ").capitalize(),
            catalogue.summary(operation),
        )
        for operation in offers(catalogue, type)[chosen]
    )


def _unknown_object(
    catalogue: Catalogue, type: str, name: str, known: Mapping[str, object]
) -> Problem:
    if not name:
        return Problem(
            "missing_object",
            f"A {type} activity has to say which of Stripe's objects it works on.",
            "Give the object, for example `on: customers`.",
            path="on",
        )
    if name in catalogue.objects:
        actions = ", ".join(catalogue.objects[name])
        return Problem(
            "no_such_action",
            f"Stripe has nothing to {type} {label(name)} with; there is only {actions}.",
            "Choose another activity type or another object.",
            path="on",
        )
    near = did_you_mean(name, known) or did_you_mean(name.rpartition(".")[2] + "s", known)
    return Problem(
        "unknown_object",
        f"Stripe has no object {name!r} that a {type} activity could work on.",
        near or "Look it up in the list of objects.",
        path="on",
    )
