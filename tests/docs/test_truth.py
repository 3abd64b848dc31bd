"""What the pages state is what the code does: generated parts, numbers, names, links."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from connector_agent.connectors.files.connector import FilesConnector
from connector_agent.mapping import read_lines
from connector_agent.project.operation import read_operation
from connector_agent.project.reader import parse
from connector_agent.project.variables import Variables
from connector_agent.runs.execution import Pulse
from connector_agent.runs.keyed import GATHER, WINDOW
from connector_database.forms import TYPES as DATABASE
from connector_sdk import KINDS
from stripe_connector.activities.choices.verbs import TYPES
from stripe_connector.activities.writing.request import MARKER
from stripe_connector.catalogue import load, versions
from stripe_connector.client import HORIZON, HORIZON_V2

from tests.docs.page import ROOT, blocks

PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "examples").glob("*/README.md"),
]
PACKAGES = ("connector-sdk", "stripe-connector", "connector-agent", "connector-database")


def page(name: str) -> str:
    return " ".join((ROOT / "docs" / name).read_text(encoding="utf-8").split())


def test_generated_parts_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/build_docs.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if not target.startswith("https://"):
            assert (path.parent / target.partition("#")[0]).exists(), target


def test_examples_of_mappings_can_be_read() -> None:
    found = [
        block.text for block in blocks("docs/mapping.md") if block.kind == "yaml" and not block.file
    ]
    assert len(found) == 6
    for text in found:
        document = parse("source: a/b\ntarget: c/d\n" + text, "page.yaml")
        operation, _ = read_operation("page", document, Variables({}))
        assert operation is not None
        lines, faults = read_lines(operation.mapping, operation.mapping_position)
        assert not faults
        assert len(lines) == text.count("- to:")


def test_numbers() -> None:
    writes, runs = page("writes.md"), page("decisions/0007-runs.md")
    assert f"more than {HORIZON / 3600:g} hours ago ({HORIZON_V2 / 86400:g} days in v2)" in writes
    assert f"{HORIZON / 3600:g} hours in Stripe's API v1, {HORIZON_V2 / 86400:g} days in v2" in (
        page("glossary.md")
    )
    every = f"every {Pulse.RECORDS:,} records or {Pulse.SECONDS:g} seconds"
    assert every in writes
    assert every in page("glossary.md")
    assert f"at {WINDOW:,} records without an outcome" in runs
    assert f"gather for {GATHER * 1000:g} ms" in runs


def test_counts_of_the_catalogue() -> None:
    readme = page("../README.md")
    catalogue = load()
    objects, operations = len(catalogue.objects), len(catalogue.api_calls)
    assert f"{objects} objects and all {operations} calls" in readme
    assert f"calls of API version {catalogue.api_version}, and those of older" in readme
    assert f"versions since {versions.shipped()[0]} for" in readme
    assert f" {objects} objects, such as customers.tax_ids " in readme


def test_names() -> None:
    writes, glossary = page("writes.md"), page("glossary.md")
    assert f"`metadata.{MARKER}`" in writes
    assert f"`metadata.{MARKER}`" in glossary
    for kind in KINDS:
        assert f"| `{kind}` |" in writes
        assert kind in glossary
    for each in (*TYPES, *FilesConnector().activity_types(), *DATABASE):
        assert f"`{each.name}`" in glossary


def test_words_stand_in_order() -> None:
    words = re.findall(r"^\| \*\*(.+?)\*\*", (ROOT / "docs/glossary.md").read_text(), re.M)
    assert len(words) > 30
    assert words == sorted(words)


def reasons() -> dict[str, set[str]]:
    """The dependencies with a reason, by the heading that they stand under."""
    text = (ROOT / "docs/decisions/0006-dependencies.md").read_text(encoding="utf-8")
    parts = re.split(r"^\*\*(.+?)\*\*", text, flags=re.M)[1:]
    return {
        heading: {
            name.lower()
            for names in re.findall(r"^- ((?:`[\w.-]+`(?:, )?)+):", part, re.M)
            for name in re.findall(r"`([^`]+)`", names)
        }
        for heading, part in zip(parts[::2], parts[1::2], strict=True)
    }


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~ ]", each)[0].lower() for each in requirements}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_dependency_has_its_reason(package: str) -> None:
    with (ROOT / "packages" / package / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    extras = [each for group in project.get("optional-dependencies", {}).values() for each in group]
    assert reasons()[package] == named([*project["dependencies"], *extras]) - {*PACKAGES}


def test_each_tool_has_its_reason() -> None:
    lines = (ROOT / "requirements-dev.in").read_text().splitlines()
    tools = named([line for line in lines if line and line[0] not in "#-"])
    assert reasons()["For checks and tests only"] == tools


def test_only_these_files_use_the_json_of_the_standard_library() -> None:
    table = page("decisions/0030-json.md").partition("|---|---|")[2]
    said = {each for row in table.splitlines() for each in re.findall(r"`(\w+/[\w/]+\.py)`", row)}
    said.discard("tests/docs/test_truth.py")
    found = {
        path.relative_to(source).as_posix()
        for source in ROOT.glob("packages/*/src")
        for path in source.rglob("*.py")
        if re.search(r"^\s*(import json|from json) ?$", path.read_text(encoding="utf-8"), re.M)
    }
    assert said == found
