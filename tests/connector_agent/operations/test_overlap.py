"""An operation never reads what it writes."""

import pytest
from connector_agent.operations.operation import open_operation
from connector_agent.project import Project
from connector_sdk import MemoryHost

from .conftest import ENVIRON, Check, Write

FOLDER = """\
connector: files
activities:
  in:
    type: read
    path: PATH
  out:
    type: write
    path: TARGET
"""
COPY = "source: shop/in\ntarget: shop/out\n"


@pytest.mark.parametrize(
    ("path", "target", "overlaps"),
    [
        ("data/customers.csv", "data/customers.csv", True),
        ("data/customers.csv", "data/../data/customers.csv", True),
        ("data/customers.csv", "data/all.csv", False),
        ("data", "data/all.csv", True),
        ("data", "data/.all.csv", False),
        ("data", "all/all.csv", False),
        ("data/*.csv", "data/b.csv", True),
        ("data/c*.csv", "data/b.csv", False),
        ("'**/*.csv'", "data/b.csv", True),
        ("data\n    after: {move_to: data/done}", "data/done/all.csv", False),
    ],
)
async def test_what_is_written_is_not_read(
    path: str, target: str, overlaps: bool, check: Check, write: Write
) -> None:
    shop = FOLDER.replace("PATH", path).replace("TARGET", target)
    files = {"endpoints/shop.yaml": shop, "operations/copy.yaml": COPY, "data/b.csv": "id\n1\n"}
    found = await check(files, "copy")
    told = [(each.code, each.line) for each in found.faults]
    assert told == ([("target_in_source", "operations/copy.yaml:2:1")] if overlaps else [])
    project = Project.load(write(files), ENVIRON)
    async with open_operation(project, "copy", MemoryHost(project.folder)) as operation:
        assert tuple(await operation.check()) == found.faults


@pytest.mark.parametrize(
    ("results", "overlaps"), [("data/problems.csv", True), ("out/problems.csv", False)]
)
async def test_results_are_not_read(results: str, overlaps: bool, check: Check) -> None:
    shop = FOLDER.replace("PATH", "data").replace("TARGET", "all/all.csv")
    copy = f"{COPY}results:\n  problems: {results}\n"
    found = await check({"endpoints/shop.yaml": shop, "operations/copy.yaml": copy}, "copy")
    told = [(each.code, each.line) for each in found.faults]
    assert told == ([("results_in_source", "operations/copy.yaml:4:3")] if overlaps else [])
