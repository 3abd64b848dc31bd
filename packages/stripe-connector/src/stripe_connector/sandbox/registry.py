"""What the sandbox derives from the catalogue, once for each API call."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import NamedTuple

from connector_sdk import JSON, Field

from stripe_connector.catalogue import ApiCall, Catalogue, load, minor_units
from stripe_connector.sandbox.parameters import Check, Checker
from stripe_connector.sandbox.shapes import Shapes

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
"""Names of the same meaning in every call."""


class Reference(NamedTuple):
    """Where in the parameters an id is ("items", "[]", "price")."""

    path: tuple[str, ...]
    resource: str


def references(
    request: Field, response: Mapping[str, Field], creatable: frozenset[str]
) -> list[Reference]:
    """A parameter is one if the answer's field of this name is, or if its name always is. What the
    API can't create can't be checked."""
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


class NamedId(NamedTuple):
    """One id in the parameters; `param` is as Stripe writes it ("items[0][price]")."""

    put: Callable[[str], None]
    param: str
    id: str


def named_ids(params: JSON, path: tuple[str, ...], param: str = "") -> Iterator[NamedId]:
    first, rest = path[0], path[1:]
    if first == "[]":
        if isinstance(params, list):
            for index, part in enumerate(params):
                name = f"{param}[{index}]"
                if rest:
                    yield from named_ids(part, rest, name)
                elif isinstance(part, str):
                    yield NamedId(partial(params.__setitem__, index), name, part)
    elif isinstance(params, dict):
        value = params.get(first)
        name = f"{param}[{first}]" if param else first
        if rest:
            yield from named_ids(value, rest, name)
        elif isinstance(value, str):
            yield NamedId(partial(params.__setitem__, first), name, value)


class Plan(NamedTuple):
    """`holders` maps path parameters to resources, "" where unknown. `included` has the paths that
    an answer shows only if `include` names them."""

    request: Field
    check: Check
    references: list[Reference]
    holders: tuple[tuple[str, str], ...]
    included: tuple[str, ...] = ()


class Registry:
    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.shapes = Shapes(catalogue)
        self._text = Checker(minor_units())
        self._json = Checker(minor_units(), typed=True)
        self._plans: dict[str, Plan] = {}

    def plan(self, api_call: ApiCall) -> Plan:
        found = self._plans.get(api_call.id)
        if found is None:
            request = _with_page(api_call, self.catalogue.request(api_call))
            in_json = api_call.body == "json" and api_call.method == "POST"
            checker = self._json if in_json else self._text
            response = self.shapes.fields(api_call.returns) if api_call.returns else {}
            found = self._plans[api_call.id] = Plan(
                request,
                checker.request(request),
                references(request, response, self._creatable),
                self._holders(api_call),
                _included(request),
            )
        return found

    def prefix(self, resource: str) -> str:
        """Derived from the name where Stripe's is unknown."""
        meta = self.catalogue.resource(resource)
        return meta.prefix or (meta.object_name or resource).replace(".", "_")

    def list_url(self, owner: str, field: str, resource: str, id: str) -> str:
        """Where the rest of a list within another object is read."""
        paths = self._list_paths.get((owner, resource))
        if paths:
            own = [path for path in paths if path.endswith(f"/{field}")]
            return (own or paths)[0].format(id)
        name = self.catalogue.resource(owner).object_name
        path = self._list_paths.get(("", resource), [""])[0]
        return f"{path}?{name}={id}"

    @cached_property
    def _list_paths(self) -> dict[tuple[str, str], list[str]]:
        """(resource above, resource of rows) to paths."""
        found: dict[tuple[str, str], list[str]] = {}
        for api_call in self.catalogue.api_calls.values():
            if api_call.action == "list" and len(api_call.path_parameters) < 2:
                above = "".join(resource for _, resource in self._holders(api_call))
                found.setdefault((above, api_call.returns), []).append(_bare(api_call.path))
        return found

    @cached_property
    def _creatable(self) -> frozenset[str]:
        return frozenset(
            api_call.returns
            for api_call in self.catalogue.api_calls.values()
            if api_call.action == "create" and not api_call.v2
        )

    @cached_property
    def _by_path(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for action in ("retrieve", "update", "delete"):
            for api_call in self.catalogue.api_calls.values():
                if api_call.action == action:
                    found.setdefault(_bare(api_call.path), api_call.returns)
        return found

    def _holders(self, api_call: ApiCall) -> tuple[tuple[str, str], ...]:
        out: list[tuple[str, str]] = []
        path = ""
        for segment in api_call.path.split("/")[1:]:
            path += f"/{segment}"
            if segment.startswith("{"):
                out.append((segment[1:-1], self._by_path.get(_bare(path), "")))
        return tuple(out)


def _with_page(api_call: ApiCall, request: Field) -> Field:
    """The catalogue lacks `page` of API v2."""
    if not api_call.v2 or api_call.shape != "list":
        return request
    return replace(request, fields=(*request.fields, Field("page", "string")))


def _included(request: Field) -> tuple[str, ...]:
    include = request.child("include")
    choices = include.items.choices if include and include.items else ()
    return tuple(str(choice) for choice in choices)


def _bare(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def standard() -> Registry:
    return Registry(load())
