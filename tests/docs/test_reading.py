"""What the page on reading shows beside its commands is sound."""

import re

import pytest
from stripe_connector import Stripe
from stripe_connector.activities.choices.resolution import faults
from stripe_connector.catalogue import load

from tests.docs.page import activities, blocks

PAGE = "docs/reading.md"
ASIDE = [block for block in blocks(PAGE) if block.kind == "yaml" and not block.file]


@pytest.mark.parametrize("text", [block.text for block in ASIDE])
def test_its_other_activities_have_no_fault(text: str) -> None:
    for activity in activities(text):
        assert faults(load(), activity, "test") == ()


def test_methods_of_the_example() -> None:
    (python,) = [block.text for block in blocks(PAGE) if block.kind == "python"]
    compile(f"async def example():\n{re.sub('^', '    ', python, flags=re.M)}", PAGE, "exec")
    for name in re.findall(r"stripe\.(\w+)\(", python):
        assert callable(getattr(Stripe, name))
