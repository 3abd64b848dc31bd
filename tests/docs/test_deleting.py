"""The page on deleting says what is so."""

import re
from pathlib import Path

from connector_sdk import Activity
from ruamel.yaml import YAML
from stripe_connector.activities.choices.offers import offer_for
from stripe_connector.activities.choices.resolution import faults
from stripe_connector.catalogue import load

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "deleting.md").read_text(encoding="utf-8")


def test_its_activities_do_what_stands_beside_them() -> None:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.S)
    assert found is not None
    stated = YAML(typ="safe").load(found[1])["activities"]
    done = {}
    for name, entry in stated.items():
        settings = {
            key: value for key, value in entry.items() if key not in ("type", "on", "action")
        }
        activity = Activity(name, entry["type"], entry["on"], entry.get("action", ""), settings)
        assert faults(load(), activity, "test") == ()
        offer = offer_for(load(), activity.type, activity.on, activity.action, "test")
        done[name] = offer.operation.id
    assert done == {
        "end payment": "payment_intents.cancel",
        "drop invoice": "invoices.delete",
        "void invoice": "invoices.void_invoice",
        "retire price": "prices.update",
        "forget customer": "customers.delete",
    }
