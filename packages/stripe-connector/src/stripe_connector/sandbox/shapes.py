"""Objects: created from the response schema, filled from parameters.

A field starts with null, else with its first choice or the neutral value of its type. `DEFAULTS`
has the initial values that differ (docs.stripe.com/api); behaviours set what no rule here can know.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import cast

import orjson
from connector_sdk import JSON, Field

from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import is_list
from stripe_connector.sandbox.metadata import merged
from stripe_connector.sandbox.store import Body

DEFAULTS: Mapping[str, Mapping[str, JSON]] = {
    "account": {
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "payouts_enabled": True,
        "type": "standard",
    },
    "apps.install": {"status": "installed"},
    "bank_account": {"status": "new"},
    "billing.alert": {"status": "active"},
    "billing.feedback_option": {"status": "active"},
    "billing.meter": {"status": "active"},
    "billing_portal.configuration": {"active": True},
    "checkout.session": {"payment_status": "unpaid", "status": "open"},
    "climate.order": {"status": "open"},
    "coupon": {"duration": "once", "valid": True},
    "credit_note": {"status": "issued"},
    "customer": {
        "balance": 0,
        "delinquent": False,
        "next_invoice_sequence": 1,
        "tax_exempt": "none",
    },
    "dispute": {"status": "needs_response"},
    "entitlements.feature": {"active": True},
    "financial_connections.account": {"status": "active"},
    "identity.verification_session": {"status": "requires_input"},
    "invoice": {"auto_advance": False, "status": "draft"},
    "invoice_item": {"discountable": True, "quantity": 1, "quantity_decimal": "1"},
    "invoice_line_item": {"discountable": True, "quantity": 1, "quantity_decimal": "1"},
    "invoice_rendering_template": {"status": "active"},
    "issuing.authorization": {
        "approved": True,
        "authorization_method": "online",
        "status": "pending",
    },
    "issuing.card": {"status": "inactive"},
    "issuing.cardholder": {"status": "active"},
    "issuing.dispute": {"status": "unsubmitted"},
    "issuing.personalization_design": {"status": "review"},
    "payment_link": {"active": True},
    "payout": {"reconciliation_status": "not_applicable", "status": "pending"},
    "plan": {"active": True, "billing_scheme": "per_unit", "usage_type": "licensed"},
    "price": {"active": True, "billing_scheme": "per_unit", "tax_behavior": "unspecified"},
    "product": {"active": True, "type": "service"},
    "promotion_code": {"active": True},
    "quote": {"status": "draft"},
    "reporting.report_run": {"status": "pending"},
    "review": {"open": True},
    "setup_intent": {"status": "requires_payment_method", "usage": "off_session"},
    "shipping_rate": {"active": True, "type": "fixed_amount"},
    "source": {"status": "pending"},
    "subscription_schedule": {"end_behavior": "release", "status": "not_started"},
    "tax.transaction": {"type": "transaction"},
    "tax_rate": {"active": True},
    "test_helpers.test_clock": {"status": "ready"},
    "three_d_secure.authentication": {"status": "requires_submission"},
    "topup": {"status": "pending"},
    "treasury.credit_reversal": {"status": "processing"},
    "treasury.debit_reversal": {"status": "processing"},
    "treasury.financial_account": {"status": "open"},
    "treasury.inbound_transfer": {"cancelable": True, "status": "processing"},
    "treasury.outbound_payment": {"cancelable": True, "status": "processing"},
    "treasury.outbound_transfer": {"cancelable": True, "status": "processing"},
    "treasury.received_credit": {"status": "succeeded"},
    "treasury.received_debit": {"status": "succeeded"},
    "v2.core.account": {"closed": False},
    "v2.core.event_destination": {"status": "enabled"},
    "v2.money_management.financial_account": {"status": "open"},
    "v2.money_management.outbound_payment": {"status": "processing"},
    "v2.money_management.outbound_setup_intent": {"status": "requires_payout_method"},
    "v2.money_management.payout_intent": {"status": "pending"},
    "v2.money_management.received_credit": {"status": "succeeded"},
    "v2.money_management.recipient_verification": {"status": "awaiting_acknowledgement"},
    "webhook_endpoint": {"status": "enabled"},
}


_NEUTRAL: Mapping[str, JSON] = {
    "string": "",
    "integer": 0,
    "number": 0.0,
    "boolean": False,
    "list": [],
    "map": {},
    "file": "",
    "any": None,
}
_MAX_NESTING = 2
"""Levels of nested resources that are filled in."""


def rows_resource(field: Field) -> str:
    """ "" for several kinds."""
    data = field.child("data")
    return data.items.ref if data and data.items else ""


def moment(time: int) -> str:
    """As API v2 writes times."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _is_moment(field: Field) -> bool:
    return field.format == "date-time" and not field.nullable


class Shapes:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._templates: dict[str, tuple[bytes, list[tuple[str, bool]]]] = {}
        self._fields: dict[str, dict[str, Field]] = {}
        self._lists: dict[str, list[tuple[str, str]]] = {}
        self._held: dict[str, dict[str, str]] = {}

    def fields(self, resource: str) -> Mapping[str, Field]:
        found = self._fields.get(resource)
        if found is None:
            schema = self._catalogue.resource(resource).schema
            found = self._fields[resource] = {child.name: child for child in schema.fields}
        return found

    def new(self, resource: str, id: str, created: int) -> Body:
        template = self._templates.get(resource)
        if template is None:
            fresh = self._object(resource, 0)
            known = DEFAULTS.get(resource, {})
            fresh.update((name, value) for name, value in known.items() if name in fresh)
            times = [
                (name, field.type == "integer")
                for name, field in self.fields(resource).items()
                if name in fresh and (name == "created" or _is_moment(field))
            ]
            template = self._templates[resource] = (orjson.dumps(fresh), times)
        image, times = template
        body = cast(Body, orjson.loads(image))
        if "id" in body:
            body["id"] = id
        for name, in_seconds in times:
            body[name] = created if in_seconds else moment(created)
        return body

    def put(self, resource: str, body: Body, path: str, value: JSON) -> None:
        """`path` is like "status_transitions.paid_at"; null objects on it are filled in."""
        fields = self.fields(resource)
        *above, name = path.split(".")
        for step in above:
            field = fields[step]
            inner = body.get(step)
            if not isinstance(inner, dict):
                inner = body[step] = dict(self._members(field, 0))
            body, fields = inner, {child.name: child for child in field.fields}
        body[name] = value

    def lists(self, resource: str) -> list[tuple[str, str]]:
        """Lists that the object always shows: field and resource."""
        found = self._lists.get(resource)
        if found is None:
            found = self._lists[resource] = [
                (field.name, rows_resource(field))
                for field in self.fields(resource).values()
                if is_list(field) and not field.nullable and rows_resource(field)
            ]
        return found

    def held(self, resource: str) -> Mapping[str, str]:
        """Fields that always show whole objects: field and resource."""
        found = self._held.get(resource)
        if found is None:
            found = self._held[resource] = {
                field.name: field.ref
                for field in self.fields(resource).values()
                if field.ref and not field.on_request and not field.any_of
            }
        return found

    def fill(self, resource: str, body: Body, params: Mapping[str, JSON]) -> None:
        """Copies parameters into fields of the same name and type; None unsets."""
        fields = self.fields(resource)
        for name, value in params.items():
            field = fields.get(name)
            if field is None or name in ("id", "object"):
                continue
            if name == "metadata":
                body[name] = cast(JSON, merged(body.get(name), value))
                continue
            body[name] = self._fit(field, value, body.get(name))

    def _object(self, resource: str, depth: int) -> Body:
        meta = self._catalogue.resource(resource)
        body: Body = {"id": ""} if meta.schema.child("id") else {}
        body["object"] = meta.object_name
        for name, value in self._members(meta.schema, depth):
            body.setdefault(name, value)
        return body

    def _members(self, field: Field, depth: int) -> Iterator[tuple[str, JSON]]:
        for child in field.fields:
            if child.name == "deleted" or (is_list(child) and child.nullable):
                continue
            yield child.name, self._neutral(child, depth)

    def _neutral(self, field: Field, depth: int) -> JSON:
        if field.name == "metadata":
            return {}
        if field.nullable:
            return None
        if field.any_of:
            return self._neutral(field.any_of[0], depth)
        if field.ref:
            if field.on_request or depth >= _MAX_NESTING:
                return "" if field.on_request else None
            return self._object(field.ref, depth + 1)
        if field.choices:
            return field.choices[0]
        if is_list(field):
            return {"object": "list", "data": [], "has_more": False, "url": ""}
        if field.type == "object":
            return dict(self._members(field, depth))
        return cast(JSON, orjson.loads(orjson.dumps(_NEUTRAL[field.type])))

    def _fit(self, field: Field, value: JSON, old: JSON) -> JSON:
        """`old` where `value` doesn't fit."""
        if value is None:
            return None if field.nullable else self._neutral(field, 0)
        if field.ref or is_list(field):
            return value if field.on_request and isinstance(value, str) else old
        if any(option.ref for option in field.any_of):
            expandable = field.on_request or any(option.on_request for option in field.any_of)
            return value if expandable and isinstance(value, str) else old
        match field.type:
            case "object":
                return self._fit_object(field, value, old)
            case "map":
                return value if isinstance(value, dict) else old
            case "list":
                return self._fit_list(field, value, old)
            case "string" | "file":
                return _plain_text(value) if not isinstance(value, (dict, list)) else old
            case "integer" | "number":
                return value if isinstance(value, (int, float)) else old
            case "boolean":
                return value if isinstance(value, bool) else old
        return value

    def _fit_object(self, field: Field, value: JSON, old: JSON) -> JSON:
        if not isinstance(value, dict):
            return old
        if not field.fields:
            return value
        body = dict(old) if isinstance(old, dict) else dict(self._members(field, 0))
        for child in field.fields:
            if child.name in value:
                body[child.name] = self._fit(child, value[child.name], body.get(child.name))
        return body

    def _fit_list(self, field: Field, value: JSON, old: JSON) -> JSON:
        if not isinstance(value, list):
            return old
        if field.items is None:
            return value
        fitted = [self._fit(field.items, part, None) for part in value]
        return old if None in fitted else fitted


def _plain_text(value: JSON) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
