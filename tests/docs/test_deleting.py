"""The page on deleting says what is so."""

import re
from pathlib import Path

from stripe_connector.activities.choices.offers import offer_for
from stripe_connector.activities.choices.resolution import faults
from stripe_connector.catalogue import load

from tests.docs.page import activities

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "deleting.md").read_text(encoding="utf-8")


def test_its_activities_do_what_stands_beside_them() -> None:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.S)
    assert found is not None
    done = {}
    for activity in activities(found[1]):
        assert faults(load(), activity, "test") == ()
        offer = offer_for(load(), activity.type, activity.on, activity.action, "test")
        done[activity.name] = offer.api_call.id
    assert done == {
        "end payment": "payment_intents.cancel",
        "drop invoice": "invoices.delete",
        "void invoice": "invoices.void_invoice",
        "retire price": "prices.update",
        "forget customer": "customers.delete",
    }
