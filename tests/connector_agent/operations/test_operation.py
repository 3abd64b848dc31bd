"""Operations opened to be run: the same faults as when they are checked, and their source."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import orjson
import pytest
from connector_agent.operations.compatibility import guarantee_faults
from connector_agent.operations.operation import Operation, open_operation, require
from connector_agent.project import Project
from connector_sdk import Guarantee, MemoryHost, SettingError

from .conftest import ACME, CRM, ENVIRON, IMPORT, Check, Write

FAULTS: list[Mapping[str, str]] = [
    {"operations/import.yaml": IMPORT.replace("identity: crm_id\n", "")},
    {"operations/import.yaml": IMPORT.replace("identity: crm_id", "identity: a..b")},
    {"operations/import.yaml": IMPORT.replace("from: email", "from: emial")},
    {"operations/import.yaml": IMPORT.replace("crm/customers", "crm/list")},
    {"operations/import.yaml": IMPORT + "where: {from: stat, equals: 1}\n"},
    {"operations/import.yaml": IMPORT + "group: {by: stat, as: rows}\n"},
    {
        "endpoints/acme.yaml": ACME + "  price:\n    type: create\n    on: prices\n",
        "operations/import.yaml": "source: crm/customers\nidentity: crm_id\ntarget: acme/price\n",
    },
    {"endpoints/acme.yaml": ACME.replace("type: create", "type: crate")},
    {"endpoints/acme.yaml": ACME.replace("on: customers", "on: costumers")},
    {"endpoints/acme.yaml": ACME.replace("${env:STRIPE_KEY}", "sk_test_1")},
    {"endpoints/acme.yaml": ACME.replace("stripe", "strpe")},
    {"endpoints/crm.yaml": CRM.replace("customers.csv", "c.csv")},
]


async def opened_faults(folder: Path) -> set[str]:
    """What keeps the operation from being run."""
    try:
        project = Project.load(folder, ENVIRON)
        async with open_operation(project, "import", MemoryHost(folder)) as operation:
            require(await operation.check())
    except SettingError as error:
        return {problem.text() for problem in error.problems}
    return set()


@pytest.mark.parametrize("files", FAULTS)
async def test_run_and_check_tell_the_same(
    files: Mapping[str, str], check: Check, write: Write
) -> None:
    found = await check(files, "import")
    expected = {problem.text() for problem in found.faults}
    told = await opened_faults(write(files))
    assert told
    assert told <= expected


async def read(folder: Path, files: Mapping[str, str]) -> list[dict[str, object]]:
    project = Project.load(folder, ENVIRON)
    async with open_operation(project, "import", MemoryHost(folder)) as operation:
        assert await operation.check() == []
        source = await operation.open_source()
        return [
            orjson.loads(record.raw) async for page in source.read(None) for record in page.records
        ]


async def test_the_source_is_filtered_and_grouped(write: Write) -> None:
    rows = "crm_id,email,status\n1,a@x.org,open\n1,b@x.org,closed\n1,c@x.org,open\n2,d@x.org,open\n"
    text = IMPORT.replace("from: email", "from: rows[0].email")
    text += "where: {from: status, equals: open}\ngroup: {by: crm_id, as: rows}\n"
    files = {"data/customers.csv": rows, "operations/import.yaml": text}
    first, second = await read(write(files), files)
    assert (first["crm_id"], first["status"]) == ("1", "open")
    assert [row["email"] for row in first["rows"]] == ["a@x.org", "c@x.org"]  # type: ignore[attr-defined]
    assert "email" not in first
    assert second["email"] == "d@x.org"


async def test_repeat_create_needs_no_identity(write: Write) -> None:
    text = IMPORT.replace("identity: crm_id\n", "options: {repeat: create}\n")
    assert await opened_faults(write({"operations/import.yaml": text})) == set()


TOLD = {
    "keyed": ["needs_identity"],
    "none": ["needs_identity"],
    "positioned": [],
    "transactional": [],
    "repeatable": [],
    "hopeful": ["unknown_guarantee"],
}


async def test_what_only_the_opened_target_tells(write: Write) -> None:
    text = IMPORT.replace("identity: crm_id\n", "").replace("acme/new customer", "crm/list")
    folder = write({"operations/import.yaml": text})
    project = Project.load(folder, ENVIRON)
    async with open_operation(project, "import", MemoryHost(folder)) as operation:
        assert isinstance(operation, Operation)
        assert await operation.check() == []
        for guarantee, codes in TOLD.items():
            faults = guarantee_faults(operation.document, cast(Guarantee, guarantee))
            assert [fault.code for fault in faults] == codes
