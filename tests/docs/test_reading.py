"""What the page on reading shows beside its commands is sound."""

import re

import pytest
from connector_sdk import Activity
from ruamel.yaml import YAML
from stripe_connector import Stripe
from stripe_connector.activities.choices.resolution import faults
from stripe_connector.catalogue import load

from tests.docs.page import blocks

PAGE = "docs/reading.md"
ASIDE = [block for block in blocks(PAGE) if block.kind == "yaml" and not block.file]


@pytest.mark.parametrize("text", [block.text for block in ASIDE])
def test_its_other_activities_have_no_fault(text: str) -> None:
    for name, entry in YAML(typ="safe").load(text)["activities"].items():
        settings = {
            key: value for key, value in entry.items() if key not in ("type", "on", "action")
        }
        activity = Activity(name, entry["type"], entry["on"], entry.get("action", ""), settings)
        assert faults(load(), activity, "test") == ()


def test_methods_of_the_example() -> None:
    (python,) = [block.text for block in blocks(PAGE) if block.kind == "python"]
    compile(f"async def example():\n{re.sub('^', '    ', python, flags=re.M)}", PAGE, "exec")
    for name in re.findall(r"stripe\.(\w+)\(", python):
        assert callable(getattr(Stripe, name))
