"""What a generic answer would get wrong: refused, rather than faked."""

from collections.abc import Mapping

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
"""Operation id to the reason. They calculate from other objects, or change what such a
calculation made."""
