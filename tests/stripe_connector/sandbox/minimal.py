"""Makes the smallest request that a schema accepts, and what it refers to."""

from typing import cast

from connector_sdk import JSON, Field
from stripe_connector.catalogue import Operation
from stripe_connector.sandbox.registry import Registry

from tests.stripe_connector.sandbox.caller import Caller

EXTRA: dict[str, dict[str, JSON]] = {
    "charges": {"source": "tok_visa", "amount": 100, "currency": "usd"},
    "coupons": {"percent_off": 10},
    "customers.payment_sources": {"source": "tok_visa"},
    "accounts.external_accounts": {"external_account": "tok_visa_debit"},
    "files": {"purpose": "business_icon"},
    "invoice_items": {"customer": "", "amount": 100, "currency": "usd"},
    "invoices": {"customer": ""},
    "payment_methods": {"type": "card", "card": {"number": "4242424242424242"}},
    "prices": {"product": "", "unit_amount": 100},
    "refunds": {"charge": ""},
    "reporting.report_runs": {
        "report_type": "balance.summary.1",
        "parameters": {"interval_start": 1, "interval_end": 2},
    },
    "subscription_items": {"price": ""},
    "subscriptions": {"customer": "", "items": [{"price": ""}], "trial_period_days": 3},
}
"""What an object needs besides what its schema requires; "" stands for the id of a new object."""

_MAKERS = {
    "customer": "customers",
    "product": "products",
    "price": "prices",
    "charge": "charges",
    "invoice": "invoices",
    "coupon": "coupons",
    "subscription": "subscriptions",
}
_RECURRING: dict[str, JSON] = {"interval": "month"}


class Maker:
    """Creates objects over HTTP, parents and references first."""

    def __init__(self, stripe: Caller, registry: Registry) -> None:
        self._stripe = stripe
        self._registry = registry
        self._objects = {
            operation.returns: operation.object
            for operation in registry.catalogue.operations.values()
            if operation.action == "create" and not operation.v2 and operation.returns
        }

    async def make(self, object: str) -> tuple[dict[str, JSON], dict[str, str]]:
        """A new object, and the path parameters under which it stands."""
        operation = self._registry.catalogue.operation(object, "create")
        path = await self.parents(operation)
        params = await self.request(operation)
        if operation.body == "multipart":
            reply = await self._stripe.upload(operation.path, b"hello", params)
        else:
            reply = await self._stripe.post(operation.path.format(**path), params)
        assert reply.status == 200, (operation.id, params, reply.body)
        return reply.body, path

    async def parents(self, operation: Operation) -> dict[str, str]:
        path: dict[str, str] = {}
        for name, resource in self._registry.plan(operation).holders:
            path[name] = await self.new(resource)
        return path

    async def new(self, resource: str) -> str:
        body, _ = await self.make(self._objects[resource])
        return str(body["id"])

    async def request(self, operation: Operation) -> dict[str, JSON]:
        plan = self._registry.plan(operation)
        named = {reference.path: reference.resource for reference in plan.references}
        params = cast("dict[str, JSON]", await self._object(plan.request, (), named))
        extra = EXTRA.get(operation.object, {}) if operation.action == "create" else {}
        filled = await self._filled(extra, (), named)
        params = {**params, **cast("dict[str, JSON]", filled)}
        if operation.id == "prices.create":
            params["recurring"] = _RECURRING
        return params

    async def _filled(
        self, value: JSON, path: tuple[str, ...], named: dict[tuple[str, ...], str]
    ) -> JSON:
        if isinstance(value, dict):
            return {
                name: await self._filled(part, (*path, name), named) for name, part in value.items()
            }
        if isinstance(value, list):
            return [await self._filled(part, (*path, "[]"), named) for part in value]
        return await self.new(named[path]) if value == "" else value

    async def _object(
        self, field: Field, path: tuple[str, ...], named: dict[tuple[str, ...], str]
    ) -> JSON:
        wanted = [child for child in field.fields if child.required and not child.in_path]
        if not wanted and path:
            wanted = list(field.fields[:1])  # a form can't say that an object is empty
        return {
            child.name: await self._value(child, (*path, child.name), named)
            for child in wanted
            if child.type != "file"
        }

    async def _value(
        self, field: Field, path: tuple[str, ...], named: dict[tuple[str, ...], str]
    ) -> JSON:
        if path in named:
            return await self.new(named[path])
        if field.any_of:
            return await self._value(field.any_of[-1], path, named)
        if field.choices:
            return field.choices[0]
        match field.type:
            case "object":
                return await self._object(field, path, named)
            case "map":
                return {"a": "b"}
            case "list":
                assert field.items
                return [await self._value(field.items, (*path, "[]"), named)]
            case "integer":
                return 1
            case "number":
                return 1.5
            case "boolean":
                return True
        return _text(field, path[-1])


def _text(field: Field, name: str) -> str:
    if field.format == "currency" or name == "currency":
        return "usd"
    if field.format == "decimal":
        return "1.5"
    return {"country": "US", "email": "a@example.com", "url": "https://example.com"}.get(name, name)
