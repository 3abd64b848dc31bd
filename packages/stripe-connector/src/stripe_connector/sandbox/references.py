"""Which parameters name other objects, so that an id that isn't there is refused."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from connector_sdk import JSON, Field

_ANYWHERE: Mapping[str, str] = {
    "charge": "charge",
    "coupon": "coupon",
    "credit_note": "credit_note",
    "customer": "customer",
    "default_payment_method": "payment_method",
    "default_price": "price",
    "default_tax_rates": "tax_rate",
    "invoice": "invoice",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "plan": "plan",
    "price": "price",
    "product": "product",
    "promotion_code": "promotion_code",
    "setup_intent": "setup_intent",
    "shipping_rate": "shipping_rate",
    "subscription": "subscription",
    "tax_rates": "tax_rate",
    "test_clock": "test_helpers.test_clock",
}
"""Names that mean the same resource in every request."""


class Reference(NamedTuple):
    """Where in the parameters an id stands ("items", "[]", "price"), and of what."""

    path: tuple[str, ...]
    resource: str


def references(
    request: Field, response: Mapping[str, Field], creatable: frozenset[str]
) -> list[Reference]:
    """The references of one request. A parameter is one when the field of the same name in
    the answer is, or when its name says so anywhere. What the API can't create can't be
    checked, because the sandbox can't have it either."""
    own = {name: field.ref for name, field in response.items() if field.ref and not field.any_of}
    named = {**_ANYWHERE, **own}
    return [found for found in _walk(request, (), named) if found.resource in creatable]


def _walk(field: Field, path: tuple[str, ...], named: Mapping[str, str]) -> Iterator[Reference]:
    for child in field.fields:
        if child.in_path:
            continue
        here = (*path, child.name)
        resource = named.get(child.name)
        for option in child.any_of or (child,):
            if resource and option.type == "string" and not option.choices:
                yield Reference(here, resource)
            elif option.type == "list" and option.items:
                if resource and option.items.type == "string" and not option.items.choices:
                    yield Reference((*here, "[]"), resource)
                yield from _walk(option.items, (*here, "[]"), named)
            elif option.type == "object":
                yield from _walk(option, here, named)


class Place(NamedTuple):
    """One id in the parameters: how to replace it, and the name of its parameter as Stripe
    writes it ("items[0][price]")."""

    put: Callable[[str], None]
    param: str
    id: str


def places(params: JSON, path: tuple[str, ...], param: str = "") -> Iterator[Place]:
    """Every id that stands at `path`."""
    step, rest = path[0], path[1:]
    if step == "[]":
        if isinstance(params, list):
            for index, part in enumerate(params):
                name = f"{param}[{index}]"
                if rest:
                    yield from places(part, rest, name)
                elif isinstance(part, str):
                    yield Place(partial(params.__setitem__, index), name, part)
    elif isinstance(params, dict):
        value = params.get(step)
        name = f"{param}[{step}]" if param else step
        if rest:
            yield from places(value, rest, name)
        elif isinstance(value, str):
            yield Place(partial(params.__setitem__, step), name, value)
