"""What carries out each API call."""

from collections.abc import Mapping

from stripe_connector.catalogue import ApiCall
from stripe_connector.sandbox.behaviour import (
    account,
    charge,
    credit_note,
    customer,
    event,
    file,
    intent,
    invoice,
    invoice_item,
    issuing,
    meter,
    payment_method,
    price,
    quote,
    secret,
    subscription,
    tax,
    terminal_reader,
)
from stripe_connector.sandbox.turn import Behaviour
from stripe_connector.sandbox.verbs import VERBS, VERBS_V2, Verb, act, transitions

_FAMILIES = (
    account,
    charge,
    credit_note,
    customer,
    event,
    intent,
    invoice,
    invoice_item,
    issuing,
    meter,
    payment_method,
    price,
    quote,
    file,
    secret,
    subscription,
    tax,
    terminal_reader,
)

BEHAVIOURS: Mapping[str, Behaviour] = {
    resource: behaviour for family in _FAMILIES for resource, behaviour in family.BEHAVIOURS.items()
}
"""By resource id."""

ACTIONS: Mapping[str, Verb] = {
    call: verb for family in _FAMILIES for call, verb in family.ACTIONS.items()
}
"""By the id of the call: what has no generic verb, or a meaning of its own."""

_CALCULATED = "it is calculated from other objects"
_ATTEMPTS = "it adds up what another processor did"
_BANK = "it needs a bank"

UNDONE: Mapping[str, str] = {
    "credit_notes.preview": _CALCULATED,
    "credit_notes.preview_lines.list": _CALCULATED,
    "entitlements.active_entitlements.list": "it follows from what customers buy",
    "invoices.attach_payment": "it joins payments that were made elsewhere",
    "invoices.create_preview": _CALCULATED,
    "payment_intents.apply_customer_balance": "it needs money on a bank account",
    "payment_records.report_payment": _ATTEMPTS,
    "payment_records.report_payment_attempt": _ATTEMPTS,
    "payment_records.report_payment_attempt_canceled": _ATTEMPTS,
    "payment_records.report_payment_attempt_failed": _ATTEMPTS,
    "payment_records.report_payment_attempt_guaranteed": _ATTEMPTS,
    "payment_records.report_payment_attempt_informational": _ATTEMPTS,
    "payment_records.report_refund": _ATTEMPTS,
    "tax.associations.find": "it follows from tax transactions",
    "test_helpers.customers.fund_cash_balance": "it needs money on a bank account",
    "v2.money_management.payout_intents.refresh_fx_quote": _BANK,
    "v2.money_management.payout_intents.refresh_recipient_verification": _BANK,
    "v2.money_management.test_helpers.financial_addresses.credit": _BANK,
    "v2.money_management.transactions.refresh_regulatory_receipt": _BANK,
}
"""Calls that a generic answer would get wrong, and why they are refused."""


def verb_of(api_call: ApiCall) -> Verb | None:
    """What carries the call out: an action of its own, a generic verb or a change of state.

    None for what the sandbox doesn't do.
    """
    verb = ACTIONS.get(api_call.id)
    if verb is not None or api_call.id in UNDONE or not api_call.returns:
        return verb
    generic = VERBS_V2 if api_call.v2 else VERBS
    moves = api_call.id in transitions()
    return generic.get(api_call.action) or (act if moves else None)
