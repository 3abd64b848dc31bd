"""The page on reading, done as it says."""

import re

import pytest
from connector_sdk import Activity
from ruamel.yaml import YAML
from stripe_connector import Stripe
from stripe_connector.activities.choices.resolution import faults
from stripe_connector.catalogue import load

from tests.docs.page import Reader, Said, blocks, missing

PAGE = "docs/reading.md"
ASIDE = [block for block in blocks(PAGE) if block.kind == "yaml" and not block.file]


def test_every_command_does_what_the_page_says(reader: Reader) -> None:
    said = Said(0, "")
    done = 0
    for block in blocks(PAGE):
        if block.file:
            reader.write(block)
        elif block.kind == "sh":
            said = reader.type(block.text)
            assert said.status == 0, f"{block.text}\n{said.text}"
            done += 1
        elif block.kind == "text":
            assert not missing(block.text, said.text), f"{block.text}\nbut:\n{said.text}"
    assert done == 5


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
