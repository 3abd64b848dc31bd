"""What is special about single resources: everything else is done generically.

Not calculated, and so not pretended: tax, discounts, prorations, prices in tiers, and what time
brings (renewals, expiries).
"""

from collections.abc import Mapping

from stripe_connector.sandbox.behaviour import (
    account,
    api_v2,
    balance,
    charge,
    coupon,
    credit_note,
    customer,
    discount,
    dispute,
    event,
    expiry,
    file,
    invoice,
    invoice_item,
    invoice_line,
    issuing,
    line_item,
    meter,
    meter_event,
    payment_intent,
    payment_method,
    payout,
    price,
    product,
    quote,
    refund,
    report_run,
    secret,
    setup_intent,
    source,
    subscription,
    subscription_item,
    tax,
    terminal_reader,
)
from stripe_connector.sandbox.behaviour.undone import UNDONE
from stripe_connector.sandbox.turn import Behaviour
from stripe_connector.sandbox.verbs import Verb

__all__ = ["ACTIONS", "BEHAVIOURS", "UNDONE"]

_NOUNS = (
    account,
    charge,
    coupon,
    credit_note,
    customer,
    discount,
    dispute,
    expiry,
    event,
    api_v2,
    balance,
    file,
    invoice,
    invoice_item,
    invoice_line,
    line_item,
    issuing,
    meter,
    meter_event,
    payment_intent,
    payment_method,
    payout,
    price,
    product,
    quote,
    refund,
    report_run,
    secret,
    setup_intent,
    source,
    subscription,
    subscription_item,
    tax,
    terminal_reader,
)

BEHAVIOURS: Mapping[str, Behaviour] = {
    resource: behaviour for noun in _NOUNS for resource, behaviour in noun.BEHAVIOURS.items()
}
"""By resource id."""

ACTIONS: Mapping[str, Verb] = {
    operation: verb for noun in _NOUNS for operation, verb in noun.ACTIONS.items()
}
"""By operation id: what is no create, retrieve, update, delete, list or search, or is one with
a meaning of its own."""
