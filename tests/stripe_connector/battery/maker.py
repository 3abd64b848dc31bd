"""Makes the smallest request that a schema accepts, and the objects that it refers to."""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

from connector_sdk import JSON, Field
from stripe_connector.catalogue import ApiCall
from stripe_connector.sandbox import Sandbox
from stripe_connector.wire import encode_form, encode_json, encode_query

from tests.stripe_connector.sandbox.direct import REGISTRY, Direct

CATALOGUE = REGISTRY.catalogue

OFF_SITE = {"v2.billing.meter_event_stream.create"}
"""It is on a host of its own and takes no API key, but the token of a session."""

EXTRA: dict[str, dict[str, JSON]] = {
    "billing.meters.event_summaries.list": {"start_time": 0, "end_time": 86_400},
    "credit_notes.create": {"amount": 5},
    "charges.create": {"source": "tok_visa", "amount": 100, "currency": "usd"},
    "coupons.create": {"percent_off": 10},
    "customers.payment_sources.create": {"source": "btok_us"},
    "accounts.external_accounts.create": {"external_account": "tok_visa_debit"},
    "files.create": {"purpose": "business_icon"},
    "invoice_items.create": {"customer": "", "amount": 100, "currency": "usd"},
    "invoices.create": {"customer": ""},
    "issuing.cards.create": {"cardholder": ""},
    "payment_intents.create": {
        "payment_method": "pm_card_visa",
        "amount": 100,
        "currency": "usd",
    },
    "payment_intents.increment_authorization": {"amount": 200},
    "payment_links.create": {"line_items": [{"price": "", "quantity": 1}]},
    "payment_methods.create": {"type": "card", "card": {"number": "4242424242424242"}},
    "payment_methods.attach": {"customer": ""},
    "prices.create": {"product": "", "unit_amount": 100, "recurring": {"interval": "month"}},
    "refunds.create": {"charge": ""},
    "setup_intents.create": {"payment_method": "pm_card_visa"},
    "reporting.report_runs.create": {
        "report_type": "balance.summary.1",
        "parameters": {"interval_start": 1, "interval_end": 2},
    },
    "subscription_items.create": {"price": ""},
    "subscriptions.create": {
        "customer": "",
        "items": [{"price": ""}],
        "trial_period_days": 3,
    },
    "tax.transactions.create_reversal": {"mode": "full"},
    "v2.billing.meter_events.create": {"payload": {"stripe_customer_id": "cus_1", "value": "1"}},
}
"""What an operation needs besides what its schema requires; "" stands for the id of a new
object."""

SEEDS: dict[str, dict[str, JSON]] = {
    "issuing.transaction": {"amount": -100, "currency": "usd"},
    "application_fee": {"amount": 100, "currency": "usd"},
    "dispute": {"amount": 100, "currency": "usd"},
    "balance_transaction": {"amount": 100, "currency": "usd"},
}
"""What an object of a kind that only Stripe creates begins with."""


THERE = {"reporting.report_type": "balance.summary.1"}
"""What is always there."""


class Maker:
    """Calls one sandbox, and creates objects: parents and references first. `begun` are
    parameters for the object that a path names, besides those that it needs."""

    def __init__(self, running: Sandbox | None = None) -> None:
        self.sandbox = Direct(running)
        self.begun: dict[str, JSON] = {}

    def call(
        self,
        api_call: ApiCall,
        path: Mapping[str, str],
        params: Mapping[str, JSON] | None = None,
        **headers: str,
    ) -> tuple[int, Any]:
        """Status and body. `headers` by name with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = api_call.path.format(**path)
        if api_call.body == "multipart":
            named["Content-Type"] = "multipart/form-data; boundary=xx"
            body = _multipart(params or {})
        elif api_call.method != "POST":
            body = encode_query(params or {}).encode()
        elif api_call.v2:
            body = encode_json(params or {})
        else:
            body = encode_form(params or {})
        return self.sandbox.send(api_call.method, url, body, named)

    def make(
        self,
        api_call: ApiCall,
        above: Mapping[str, str] | None = None,
        begun: Mapping[str, JSON] | None = None,
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """A new object, and the path parameters under which it stands."""
        self.begun = {}
        path = dict(above) if above is not None else self.parents(api_call)
        params = {**self.request(api_call), **(begun or {})}
        status, body = self.call(api_call, path, params)
        assert status == 200, (api_call.id, body)
        return body, path

    def parents(self, api_call: ApiCall) -> dict[str, str]:
        """New objects for the parameters of a path, each below the ones before it."""
        holders = dict(REGISTRY.plan(api_call).holders)
        path: dict[str, str] = {}
        so_far = ""
        for segment in api_call.path.split("/")[1:]:
            name = segment.strip("{}")
            if name != segment:
                create = _CREATES.get(so_far)
                if so_far == "/v1/invoices/{}/lines":
                    path[name] = self.line(path["invoice"])
                elif create is None:
                    kind = holders[name] or _NAMED.get(api_call.id) or api_call.returns
                    path[name] = self.new(kind, path)
                else:
                    above = dict(zip(create.path_parameters, path.values(), strict=True))
                    path[name] = self._id(create, above)
                if so_far == "/v1/customers/{}/payment_methods":
                    self._attach(path[name], path["customer"])
            so_far += "/{}" if name != segment else f"/{segment}"
        return path

    def new(self, resource: str, above: Mapping[str, str] | None = None) -> str:
        """The id of a new object; one of a kind that only Stripe creates stands below those of
        `above`."""
        if resource in THERE:
            return THERE[resource]
        create = _MAKES.get(resource)
        if create is None:
            return self.sandbox.seed(resource, SEEDS.get(resource, {}), dict(above or {}))
        return self._id(create, None)

    def line(self, invoice: str) -> str:
        """The id of a new line of an invoice, made by way of an invoice item."""
        create = CATALOGUE.api_call("invoice_items", "create")
        params: dict[str, JSON] = {"invoice": invoice, "amount": 100, "currency": "usd"}
        status, body = self.call(create, {}, params)
        assert status == 200, body
        return self.sandbox.ids("invoice_line_item")[-1]

    def finalize(self, invoice: str) -> None:
        """With a line, so that there is something to pay."""
        self.line(invoice)
        finalize = CATALOGUE.api_call("invoices", "finalize_invoice")
        status, body = self.call(finalize, {"invoice": invoice}, {})
        assert status == 200, body

    def _attach(self, method: str, customer: str) -> None:
        attach = CATALOGUE.api_call("payment_methods", "attach")
        status, body = self.call(attach, {"payment_method": method}, {"customer": customer})
        assert status == 200, body

    def _id(self, create: ApiCall, above: Mapping[str, str] | None) -> str:
        body, _ = self.make(create, above, self.begun)
        return str(body.get("id") or self.sandbox.ids(create.returns)[-1])

    def request(self, api_call: ApiCall) -> dict[str, JSON]:
        """The smallest parameters, without those of the path."""
        plan = REGISTRY.plan(api_call)
        named = {reference.path: reference.resource for reference in plan.references}
        params = cast("dict[str, JSON]", self._object(plan.request, (), named))
        if api_call.id == "credit_notes.create":
            self.finalize(str(params["invoice"]))
        extra = self._filled(EXTRA.get(api_call.id, {}), (), named)
        return {**params, **cast("dict[str, JSON]", extra)}

    def value(self, field: Field, api_call: ApiCall) -> JSON:
        """A value that a top-level parameter takes."""
        named = {ref.path: ref.resource for ref in REGISTRY.plan(api_call).references}
        return self._value(field, (field.name,), named)

    def _filled(
        self, value: JSON, path: tuple[str, ...], named: dict[tuple[str, ...], str]
    ) -> JSON:
        if isinstance(value, dict):
            return {k: self._filled(part, (*path, k), named) for k, part in value.items()}
        if isinstance(value, list):
            return [self._filled(part, (*path, "[]"), named) for part in value]
        return self.new(named[path]) if value == "" else value

    def _object(
        self, field: Field, path: tuple[str, ...], named: dict[tuple[str, ...], str]
    ) -> JSON:
        wanted = [child for child in field.fields if child.required and not child.in_path]
        if not wanted and path:
            wanted = list(field.fields[:1])  # a form can't say that an object is empty
        return {
            child.name: self._value(child, (*path, child.name), named)
            for child in wanted
            if child.type != "file"
        }

    def _value(
        self, field: Field, path: tuple[str, ...], named: dict[tuple[str, ...], str]
    ) -> JSON:
        if path in named:
            return self.new(named[path])
        if field.any_of:
            return self._value(field.any_of[-1], path, named)
        if field.choices:
            return field.choices[0]
        match field.type:
            case "object":
                return self._object(field, path, named)
            case "map":
                return {"a": self._value(field.items, (*path, "a"), named)} if field.items else {}
            case "list":
                assert field.items
                return [self._value(field.items, (*path, "[]"), named)]
            case "integer":
                return 1
            case "number":
                return 1.5
            case "boolean":
                return True
        return _text(field, path[-1])


def objects(action: str) -> list[str]:
    """All objects that have the action."""
    return sorted(name for name, actions in CATALOGUE.objects.items() if action in actions)


def _bare(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


_CREATING = [each for each in CATALOGUE.api_calls.values() if each.action == "create"]
_CREATES = {_bare(each.path): each for each in _CREATING}
_MAKES = {
    each.returns: each
    for each in sorted(_CREATING, key=lambda each: -len(each.path_parameters))
    if each.returns
}
_NAMED = {"test_helpers.customers.fund_cash_balance": "customer"}
"""Whose id stands in a path that nothing else tells it of."""


def _text(field: Field, name: str) -> str:
    if field.format == "currency" or name == "currency":
        return "usd"
    if field.format == "decimal":
        return "1.5"
    if field.format == "date-time":
        return "2026-11-01T00:00:00Z"
    return {"country": "US", "email": "a@example.com", "url": "https://example.com"}.get(name, name)


def _multipart(params: Mapping[str, JSON]) -> bytes:
    lines: list[str] = []
    for name, value in parse_qsl(encode_form(params).decode(), keep_blank_values=True):
        lines += ["--xx", f'Content-Disposition: form-data; name="{name}"', "", value]
    lines += ["--xx", 'Content-Disposition: form-data; name="file"; filename="hello.txt"']
    lines += ["Content-Type: text/plain", "", "hello", "--xx--", ""]
    return "\r\n".join(lines).encode()
