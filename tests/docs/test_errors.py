"""The page of errors leaves none out."""

import re
from pathlib import Path

import connector_sdk
from connector_sdk import KINDS, ConnectorError

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
FIRST = re.findall(r"^\| `(\w+)` \|", PAGE.partition("## Codes")[0], re.M)


def test_each_class_has_its_line() -> None:
    classes = {
        name
        for name in connector_sdk.__all__
        if isinstance(getattr(connector_sdk, name), type)
        and issubclass(getattr(connector_sdk, name), ConnectorError)
    }
    assert {name for name in FIRST if name.endswith("Error")} == classes - {"ConnectorError"}


def test_each_outcome_has_its_line() -> None:
    assert tuple(name for name in FIRST if not name.endswith("Error")) == KINDS
