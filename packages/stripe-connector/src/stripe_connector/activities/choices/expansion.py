"""Paths to expand: checked against what Stripe returns, before anything is asked."""

from collections.abc import Iterator

from connector_sdk import Field, Problem, did_you_mean

from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation

DEEPEST = 4
"""Levels that Stripe expands at most: https://docs.stripe.com/api/expanding_objects."""


def expand_fault(catalogue: Catalogue, operation: Operation, path: str) -> Problem | None:
    """What is wrong with a path, or None. Whether the field at its end can be expanded is
    left to Stripe, which can do more than its SDK tells."""
    rows = operation.shape in ("list", "search")
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
    at = [catalogue.response(operation)]
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
