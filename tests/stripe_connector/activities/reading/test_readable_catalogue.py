"""Money of every object of Stripe: which currency it is in."""

from collections.abc import Iterator
from typing import Any

from connector_sdk import JSON, Field
from stripe_connector.activities.choices.projection import READABLE
from stripe_connector.activities.reading.readable import (
    Readable,
)
from stripe_connector.catalogue import load, minor_units


def test_no_object_of_stripe_has_a_field_of_that_name() -> None:
    catalogue = load()
    for name in catalogue.resources:
        assert catalogue.resource(name).schema.child(READABLE) is None, name


IN_ANOTHER = {
    "charge.presentment_details.presentment_amount",
    "checkout.session.currency_conversion.amount_subtotal",
    "checkout.session.currency_conversion.amount_total",
    "checkout.session.presentment_details.presentment_amount",
    "issuing.authorization.merchant_amount",
    "issuing.authorization.pending_request.merchant_amount",
    "issuing.authorization.request_history.merchant_amount",
    "issuing.card.spending_controls.spending_limits.amount",
    "issuing.cardholder.spending_controls.spending_limits.amount",
    "issuing.transaction.merchant_amount",
    "payment_intent.presentment_details.presentment_amount",
    "promotion_code.restrictions.minimum_amount",
    "refund.presentment_details.presentment_amount",
    "terminal.configuration.tipping.jpy.fixed_amounts",
    "terminal.configuration.tipping.jpy.smart_tip_threshold",
}
"""Amounts whose currency has another name than `currency`, or is the key above them."""


WITHOUT = {
    "confirmation_token",
    "credit_note_line_item",
    "issuing.transaction.purchase_details",
    "mandate",
    "payment_attempt_record.payment_method_details",
    "payment_intent_amount_details_line_item",
    "payment_method",
    "payment_record.payment_method_details",
    "setup_intent",
    "source_mandate_notification",
    "subscription_schedule.default_settings",
    "tax.calculation_line_item",
    "tax.transaction_line_item",
    "terminal.reader",
}
"""Where no currency stands: it is that of another object."""


def sample(field: Field, name: str = "") -> JSON:
    """A value of the schema: the field `currency` says EUR, any other currency JPY, and what is
    sorted by currencies has USD."""
    if field.ref or field.any_of:
        return None
    match field.type:
        case "object":
            return {child.name: sample(child, child.name) for child in field.fields}
        case "list":
            return [sample(field.items, name)] if field.items else []
        case "map":
            return {"usd": sample(field.items, name)} if field.items else {}
    if field.format == "currency":
        return "eur" if name == "currency" else "jpy"
    return 1 if field.format == "minor-units" else None


def currencies(field: Field, found: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each amount of the schema, and the currency that was found for it."""
    if field.format == "minor-units":
        yield path, found["currency"] if found else ""
    elif field.ref or field.any_of:
        return
    elif field.type == "object":
        for child in field.fields:
            below = found.get(child.name) if found else None
            yield from currencies(child, below, f"{path}.{child.name}")
    elif field.items is not None:
        below = (found[0] if field.type == "list" else found.get("usd")) if found else None
        yield from currencies(field.items, below, path)


def test_where_the_currencies_of_stripe_come_from() -> None:
    catalogue = load()
    by_currency: dict[str, set[str]] = {}
    for name in catalogue.resources:
        schema = catalogue.resource(name).schema
        readable = Readable(schema, lambda ref: catalogue.resource(ref).schema, minor_units())
        for path, currency in currencies(schema, readable.of(sample(schema)), name):
            by_currency.setdefault(currency, set()).add(path)
    assert len(by_currency["EUR"]) > 300
    assert by_currency["JPY"] == IN_ANOTHER
    assert {path.rpartition(".")[0] for path in by_currency["USD"]} >= {
        "price.currency_options",
        "climate.product.current_prices_per_metric_ton",
        "terminal.configuration.tipping.usd",
        "treasury.financial_account.balance",
    }
    assert not [path for path in by_currency[""] if not path.startswith(tuple(WITHOUT))]
