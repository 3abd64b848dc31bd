"""A project that imports a CSV file into Stripe, and ways to spoil it."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from connector_agent.operations.check import Checked, check_project
from connector_sdk import MemoryHost

ACME = """\
connector: stripe
connection:
  api_key: ${env:STRIPE_KEY}
  address: ${var:address}
activities:
  new customer:
    type: create
    on: customers
  active:
    type: search
    on: subscriptions
    query: status:'active'
"""
CRM = """\
connector: files
activities:
  customers:
    type: read
    path: data/customers.csv
  list:
    type: write
    path: out/customers.jsonl
"""
IMPORT = """\
source: crm/customers
identity: crm_id
mapping:
  - to: email
    from: email
    steps: [trim, lower]
target: acme/new customer
"""
FILES = {
    "project.yaml": "name: billing\nvariables:\n  address: sandbox\n",
    "endpoints/acme.yaml": ACME,
    "endpoints/crm.yaml": CRM,
    "operations/import.yaml": IMPORT,
    "data/customers.csv": "crm_id,email,status\n1,ada@example.org,open\n2,joan@example.org,paid\n",
}
ENVIRON = {"STRIPE_KEY": "sk_test_123"}
Write = Callable[[Mapping[str, str]], Path]
Check = Callable[..., Awaitable[Checked]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files over those of the good project."""

    def make(files: Mapping[str, str]) -> Path:
        for name, content in {**FILES, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return tmp_path

    return make


@pytest.fixture
def check(write: Write, tmp_path: Path) -> Check:
    """Checks the project with these files; nothing may be left behind by it."""

    async def checking(
        files: Mapping[str, str],
        *names: str,
        environ: Mapping[str, str] = ENVIRON,
        environment: str = "",
    ) -> Checked:
        folder = write(files)
        host = MemoryHost(folder, folder / ".connector")
        found = await check_project(folder, environ, environment, host, names)
        assert not (folder / ".connector").exists()
        assert not (folder / "out").exists()
        for problem in (*found.faults, *found.warnings):
            assert problem.line
            assert problem.message.endswith((".", "?"))
            assert problem.remedy
        return found

    return checking
