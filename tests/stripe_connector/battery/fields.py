"""Walks the parameters of a request, and puts faults into them."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from connector_sdk import JSON, Field, Problem, Request, one_problem
from stripe_connector.activities.choices.offers import Offer
from stripe_connector.activities.choices.parameters import request_schema
from stripe_connector.activities.choices.verbs import OWN_ID, own_id
from stripe_connector.activities.writing import request as requests
from stripe_connector.catalogue import ApiCall

from tests.stripe_connector.battery.maker import CATALOGUE
from tests.stripe_connector.sandbox.direct import REGISTRY

Path = tuple[str, ...]


class Place(NamedTuple):
    """One parameter. `path` has "[]" for the first element of a list."""

    path: Path
    field: Field

    @property
    def param(self) -> str:
        """As Stripe names it: items[0][price]."""
        first, *rest = self.path
        return first + "".join("[0]" if step == "[]" else f"[{step}]" for step in rest)

    def holding(self, value: JSON) -> dict[str, JSON]:
        """A request with nothing but this value at this place."""
        for step in reversed(self.path):
            value = [value] if step == "[]" else {step: value}
        assert isinstance(value, dict)
        return value


def places(api_call: ApiCall, deepest: int) -> Iterator[Place]:
    """Every parameter that isn't in the path, as deep as `deepest`; where a value may have
    several shapes, the object or list among them is gone into if there is only one."""
    request = REGISTRY.plan(api_call).request
    yield from _below(request, (), deepest)


def _below(field: Field, path: Path, deepest: int) -> Iterator[Place]:
    for child in field.fields:
        if not child.in_path and child.name not in ("expand", "include", "page"):
            yield from _at(child, (*path, child.name), deepest)


def _at(field: Field, path: Path, deepest: int) -> Iterator[Place]:
    yield Place(path, field)
    if len(path) < deepest:
        options = field.any_of or (field,)
        shapes = [option for option in options if option.type in ("list", "object")]
        for option in shapes if len(shapes) == 1 else ():
            if option.type == "list" and option.items:
                yield from _at(option.items, (*path, "[]"), deepest)
            elif option.type == "object":
                yield from _below(option, path, deepest)


def ours(api_call: ApiCall, path: dict[str, str], params: JSON) -> Problem | None:
    """What we say of a request before it is sent; None where we would send it."""
    own = own_id(api_call)
    above = {OWN_ID if name == own else name: value for name, value in path.items()}
    schema = request_schema(CATALOGUE, Offer(api_call.action, api_call), frozenset(above))
    given = Request(msgspec.json.encode(params))
    fitted = requests.fit(api_call, schema, above, given, False, time.time)
    return None if isinstance(fitted, requests.Request) else one_problem(fitted)


def wrong(field: Field, json: bool) -> tuple[JSON, str] | None:
    """A value of the wrong type and what our problem is then called; None for a field that
    takes anything, or has several shapes."""
    if field.any_of or field.type in ("any", "file") or field.name == "metadata":
        return None
    if field.type in ("object", "map", "list"):
        return ("abc", f"not_{field.type}") if field.fields or field.items else None
    if field.choices:
        return None
    if field.type == "string":
        return {"a": "b"}, "not_string"
    return "maybe" if field.type == "boolean" else "abc", f"not_{field.type}"


INVALID = {
    "object": "Invalid object: abc",
    "map": "Invalid object: abc",
    "list": "Invalid array: abc",
    "integer": "Invalid integer: abc",
    "number": "Invalid number: abc",
    "boolean": "Invalid boolean: maybe",
}
"""What Stripe says to the values of `wrong`, by type."""
