"""Objects and lists that Stripe puts into a record only when asked: which there are, and paths
to them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connector_sdk import Field, Problem, did_you_mean

from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import ApiCall, is_list

DEEPEST = 4
"""Levels that Stripe expands at most: https://docs.stripe.com/api/expanding_objects."""


def expand_fault(catalogue: Catalogue, api_call: ApiCall, path: str) -> Problem | None:
    """What is wrong with a path, or None. Whether the field at its end can be expanded is
    left to Stripe, which can do more than its SDK tells."""
    rows = api_call.shape in ("list", "search")
    names = (path.removeprefix("data.") if rows else path).split(".")
    if not all(names) or len(names) > DEEPEST:
        return Problem(
            "wrong_expand",
            f"{path!r} can't be expanded: a path has one to {DEEPEST} names with dots between "
            "them.",
            "Shorten the path, for example `default_source` or `customer.default_source`.",
            path="expand",
            value=path,
        )
    if rows and names == ["total_count"]:
        return None
    at = [catalogue.response(api_call)]
    for name in names:
        known = {child.name: child for field in at for child in children(catalogue, field)}
        if not known:
            return None
        if name not in known:
            return Problem(
                "wrong_expand",
                f"{path!r} can't be expanded: there is no field {name!r}.",
                did_you_mean(name, known) or "Look the field up in the schema of the object.",
                path="expand",
                value=path,
            )
        at = [known[name]]
    return None


def children(catalogue: Catalogue, field: Field) -> Iterator[Field]:
    """The fields below one, in every shape that it may have."""
    if field.ref:
        yield from catalogue.resource(field.ref).schema.fields
    yield from field.fields
    for option in field.any_of:
        yield from children(catalogue, option)
    if field.items is not None:
        yield from children(catalogue, field.items)


EMBEDDED = 10
"""Rows that Stripe puts into such a list before it says that there are more:
https://docs.stripe.com/api/pagination."""


class Way(NamedTuple):
    """The path of a list, as names below a record, and the paths above or at its end that hold
    only an id, or nothing, unless they are expanded."""

    names: tuple[str, ...]
    expand: tuple[str, ...]


def own_lists(catalogue: Catalogue, api_call: ApiCall) -> tuple[str, ...]:
    """The paths of the lists in what the API call reads, without what hangs on other
    objects."""
    return tuple(_lists(catalogue.response(api_call), ""))


def way_to(catalogue: Catalogue, api_call: ApiCall, path: str) -> Way | Problem:
    """The way to the list at `path` ("lines", "data.lines", "subscription.items",
    "subscriptions.data.items"), or why there is none."""
    rows = api_call.shape in ("list", "search")
    names = tuple((path.removeprefix("data.") if rows else path).split("."))
    at = [catalogue.response(api_call)]
    expand: list[str] = []
    for depth, name in enumerate(names, 1):
        known: dict[str, list[Field]] = {}
        for field in at:
            for child in children(catalogue, field):
                known.setdefault(child.name, []).append(child)
        if name not in known:
            return _unknown(catalogue, api_call, path, name, known)
        at = known[name]
        if any(field.on_request or (is_list(field) and field.nullable) for field in at):
            expand.append(".".join(names[:depth]))
    if not any(is_list(field) for field in at):
        return _no_list(catalogue, api_call, path)
    if expand and catalogue.request(api_call).child("expand") is None:
        return _not_there(path, expand[0])
    return Way(names, tuple(expand))


def _lists(field: Field, above: str) -> Iterator[str]:
    for child in field.fields:
        path = f"{above}.{child.name}" if above else child.name
        if is_list(child):
            yield path
        elif child.type == "object" and not child.on_request:
            yield from _lists(child, path)


def _unknown(
    catalogue: Catalogue,
    api_call: ApiCall,
    path: str,
    name: str,
    known: dict[str, list[Field]],
) -> Problem:
    own = own_lists(catalogue, api_call)
    return Problem(
        "wrong_complete",
        f"{path!r} can't be completed: there is no field {name!r}.",
        did_you_mean(path, own) or did_you_mean(name, known) or _choices(own),
        path="complete",
        value=path,
    )


def _no_list(catalogue: Catalogue, api_call: ApiCall, path: str) -> Problem:
    own = own_lists(catalogue, api_call)
    return Problem(
        "wrong_complete",
        f"{path!r} can't be completed: it is no list with pages of its own.",
        did_you_mean(path, own) or _choices(own),
        path="complete",
        value=path,
    )


def _not_there(path: str, above: str) -> Problem:
    return Problem(
        "wrong_complete",
        f"{path!r} can't be completed: {above!r} comes only when it is expanded, which this "
        "action can't do.",
        "Read these objects in an activity of their own.",
        path="complete",
        value=path,
    )


def cost(ways: Sequence[Way]) -> str:
    """What completing costs, for people; "" for no lists."""
    if not ways:
        return ""
    names = " and ".join(".".join(way.names) for way in ways)
    return (
        f"Completing {names} costs one more call for each record with more than {EMBEDDED} rows "
        "there, and another one for each further hundred of them."
    )


def _choices(own: tuple[str, ...]) -> str:
    if not own:
        return "Look the lists up in the schema of the object."
    return f"The lists of this object are {', '.join(own)}."
