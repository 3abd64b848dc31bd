"""With which values Stripe starts an object, where they aren't the neutral ones of their type.

From the API reference (docs.stripe.com/api), each under the resource of the same name. What
this version of the API doesn't have is left out.
"""

from collections.abc import Mapping

from connector_sdk import JSON

DEFAULTS: Mapping[str, Mapping[str, JSON]] = {
    "account": {
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "payouts_enabled": True,
        "type": "standard",
    },
    "billing.alert": {"status": "active"},
    "billing.meter": {"status": "active"},
    "billing_portal.configuration": {"active": True},
    "checkout.session": {"payment_status": "unpaid", "status": "open"},
    "coupon": {"duration": "once", "valid": True},
    "credit_note": {"status": "issued"},
    "customer": {
        "balance": 0,
        "delinquent": False,
        "next_invoice_sequence": 1,
        "tax_exempt": "none",
    },
    "entitlements.feature": {"active": True},
    "invoice": {"auto_advance": False, "status": "draft"},
    "invoice_item": {"discountable": True, "quantity": 1, "quantity_decimal": "1"},
    "invoice_line_item": {"discountable": True, "quantity": 1, "quantity_decimal": "1"},
    "issuing.card": {"status": "inactive"},
    "issuing.cardholder": {"status": "active"},
    "payment_link": {"active": True},
    "plan": {"active": True, "billing_scheme": "per_unit", "usage_type": "licensed"},
    "price": {"active": True, "billing_scheme": "per_unit", "tax_behavior": "unspecified"},
    "product": {"active": True},
    "promotion_code": {"active": True},
    "quote": {"status": "draft"},
    "setup_intent": {"status": "requires_payment_method", "usage": "off_session"},
    "shipping_rate": {"active": True, "type": "fixed_amount"},
    "subscription_schedule": {"end_behavior": "release", "status": "not_started"},
    "tax_rate": {"active": True},
    "test_helpers.test_clock": {"status": "ready"},
    "topup": {"status": "succeeded"},
    "webhook_endpoint": {"status": "enabled"},
}
