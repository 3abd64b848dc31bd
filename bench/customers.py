"""Customers as Stripe sends them: pretty-printed, about a kilobyte each when compact."""

import json
from typing import Any

FIRST_CREATED = 1_700_000_000
"""Unix time at which the first customer was made; each later one is a second younger."""

_NAMES = ("Ada Archer", "Bo Lindqvist", "Carla de Souza", "Dmitri Orlov", "Eun-ji Park")
_FIELDS: dict[str, Any] = {
    "id": "%(id)s",
    "object": "customer",
    "address": {
        "city": "London",
        "country": "GB",
        "line1": "%(number)d Long Acre",
        "line2": None,
        "postal_code": "WC2E 9LH",
        "state": None,
    },
    "balance": 0,
    "business_name": None,
    "created": "%(created)d",
    "currency": "gbp",
    "customer_account": None,
    "default_source": None,
    "delinquent": False,
    "description": "Brought over from the former billing system, number %(number)d.",
    "discount": None,
    "email": "customer.%(number)d@example.com",
    "individual_name": None,
    "invoice_prefix": "F%(number)07X",
    "invoice_settings": {
        "custom_fields": None,
        "default_payment_method": "pm_1Q%(number)022d",
        "footer": None,
        "rendering_options": None,
    },
    "livemode": False,
    "metadata": {
        "crm_id": "C-%(number)08d",
        "account_manager": "north-west team",
        "plan": "standard, yearly, three seats",
        "source": "former billing, second wave",
    },
    "name": "%(name)s",
    "next_invoice_sequence": 2,
    "phone": "+4420%(number)08d",
    "preferred_locales": ["en-GB"],
    "shipping": None,
    "tax_exempt": "none",
    "test_clock": None,
}
_ALONE = json.dumps(_FIELDS, indent=2).replace('"%(created)d"', "%(created)d")
_LISTED = "    " + _ALONE.replace("\n", "\n    ")


def customer_id(number: int) -> str:
    """The id of the customer with this number, counted from 1."""
    return f"cus_{number:014d}"


def alone(number: int) -> bytes:
    """The body of an answer that is this customer."""
    return (_ALONE % _values(number)).encode() + b"\n"


def listed(number: int) -> bytes:
    """The same customer as it stands in the body of a list."""
    return (_LISTED % _values(number)).encode()


def _values(number: int) -> dict[str, object]:
    return {
        "id": customer_id(number),
        "number": number,
        "created": FIRST_CREATED + number,
        "name": _NAMES[number % len(_NAMES)],
    }
