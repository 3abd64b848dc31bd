"""A source that is asked for the records of another one, and values that stay values."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from connector_agent.operations.description import describe
from connector_agent.operations.operation import open_operation
from connector_agent.project import Project
from connector_sdk import MemoryHost
from stripe_connector import Stripe

from .conftest import ACME, CRM, ENVIRON, FILES, Check, Write

NASTY = 'Ann "O\'Hara" OR name:null \\'
FOUND = """\
source: acme/known
for_each: crm/customers
identity: id
target: crm/list
"""
KNOWN = """\
  known:
    type: search
    on: customers
    query: email:${record:email} AND -metadata['team']:${var:team}
"""
PROJECT: dict[str, str] = {
    **FILES,
    "project.yaml": FILES["project.yaml"] + "  team: x' OR name~'nobody\n",
    "endpoints/acme.yaml": ACME + KNOWN,
    "operations/import.yaml": FOUND,
}


def with_query(query: str) -> dict[str, str]:
    text = KNOWN.replace("email:${record:email} AND -metadata['team']:${var:team}", query)
    return {**PROJECT, "endpoints/acme.yaml": ACME + text}


async def test_a_driven_operation_has_no_fault(check: Check) -> None:
    found = await check(PROJECT)
    assert found.faults == ()


@pytest.mark.parametrize(
    ("files", "place", "code", "said"),
    [
        (
            {**PROJECT, "operations/import.yaml": FOUND.replace("for_each: crm/customers\n", "")},
            "operations/import.yaml:1:",
            "needs_records",
            "for_each",
        ),
        (with_query("email:a@b.c"), "operations/import.yaml:2:", "not_driven", "crm/customers"),
        (
            with_query("email:${record:emial}"),
            "operations/import.yaml:2:",
            "unknown_field",
            "email",
        ),
        (with_query("${record:email}:1"), "endpoints/acme.yaml:", "wrong_query", "name of a field"),
        (with_query("email:${recrd:email}"), "endpoints/acme.yaml:", "unknown_namespace", "record"),
        (with_query("email:${var:tem}"), "endpoints/acme.yaml:", "unknown_variable", "team"),
        (
            {**PROJECT, "operations/import.yaml": FOUND.replace("crm/customers", "crm/list")},
            "operations/import.yaml:2:",
            "wrong_role",
            "source",
        ),
        (
            {**PROJECT, "operations/import.yaml": FOUND.replace("crm/customers", "crm/custmers")},
            "operations/import.yaml:2:",
            "unknown_activity",
            "customers",
        ),
        (
            {**PROJECT, "endpoints/crm.yaml": CRM.replace("data/customers", "${record:x}")},
            "endpoints/crm.yaml:5:",
            "no_record",
            "query",
        ),
    ],
)
async def test_faults(
    check: Check, files: dict[str, str], place: str, code: str, said: str
) -> None:
    found = await check(files)
    problems = [one for one in found.faults if one.code == code]
    assert problems, found.faults
    assert problems[0].line.startswith(place)
    assert said in problems[0].text()


async def test_a_fault_of_a_query_is_marked(check: Check) -> None:
    found = await check(with_query("email:${record:email} AND created>soon"))
    (problem,) = [one for one in found.faults if one.path == "query"]
    assert problem.pointed().splitlines() == [
        "email:${record:email} AND created>soon",
        "                          ^^^^^^^^^^^^",
    ]


async def test_what_stripe_may_know_is_a_warning(check: Check) -> None:
    query = "favourite:'blue'\n    action: search"
    found = await check({**with_query(query), "operations/import.yaml": FOUND.replace(
        "for_each: crm/customers\n", "")})  # fmt: skip
    assert found.faults == ()
    (warning,) = found.warnings
    assert warning.code == "unknown_search_field"
    assert warning.line.startswith("endpoints/acme.yaml:")


async def read(folder: Path, environ: dict[str, str]) -> list[dict[str, Any]]:
    project = Project.load(folder, environ)
    async with open_operation(project, "import", MemoryHost(folder)) as operation:
        assert await operation.check() == []
        source = await operation.open_source()
        records = [record async for page in source.read(None) for record in page.records]
        assert [record.problem for record in records] == [None] * len(records)
        return [json.loads(record.raw) for record in records]


async def test_values_of_files_variables_and_environment_stay_values(write: Write) -> None:
    folder = write(
        {
            **with_query("name:${record:name} AND -metadata['t']:${var:team} -email:${env:SKIP}"),
            "endpoints/acme.yaml": ACME.replace("${var:address}", "${env:ADDRESS}")
            + KNOWN.replace("email:${record:email} AND -metadata['team']:${var:team}",
                "name:${record:name} AND -metadata['t']:${var:team} -email:${env:SKIP}"),
        }
    )  # fmt: skip
    with (folder / "data" / "customers.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["name", "email", "status", "crm_id"], [NASTY, "", "", ""]])
    async with Stripe(address="sandbox") as stripe:
        for name in (NASTY, "Ann", "nobody"):
            await stripe.create("customers", {"name": name})
        client = await stripe._opened.client()
        address = client.settings.base("api")
        environ = {**ENVIRON, "ADDRESS": address, "SKIP": '" OR name~"ann'}
        found = await read(folder, environ)
    assert [one["name"] for one in found] == [NASTY]


async def test_an_operation_shows_what_drives_it(write: Write) -> None:
    project = Project.load(write(PROJECT), ENVIRON)
    found = await describe(project, "import", MemoryHost(project.folder))
    assert found.for_each is not None
    assert found.for_each.place == "crm/customers"
    assert "${record:email}" in str(found.source.settings["query"])
    assert found.faults == ()


def test_a_snapshot_holds_the_driving_endpoint(write: Write) -> None:
    crm = {"endpoints/crm2.yaml": CRM}
    operation = FOUND.replace("crm/customers", "crm2/customers")
    folder = write({**PROJECT, **crm, "operations/import.yaml": operation})
    stored = json.loads(json.dumps(Project.load(folder, ENVIRON).snapshot("import")))
    again = Project.from_snapshot(stored, folder, ENVIRON)
    assert str(again.operation("import").for_each) == "crm2/customers"
    assert "crm2" in again.endpoints


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
