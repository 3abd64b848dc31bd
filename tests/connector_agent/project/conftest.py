"""A small project on disk, and ways to spoil it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest
from connector_agent.project import Project
from connector_sdk import Problem, SettingError

ACME = """\
connector: stripe
connection:
  api_key: ${env:STRIPE_KEY}
  timeout: ${var:patience}
activities:
  new customer:
    type: create
    on: customers
  open invoices:
    type: search
    on: invoices
    query: status:'open' AND metadata['team']:'${var:team}'
"""
CRM = """\
connector: files
activities:
  customers: {type: read, path: "data/${var:team}.csv"}
"""
IMPORT = """\
source: crm/customers
identity: crm_id
mapping:
  - to: email
    from: E-Mail
    steps: [trim, lower]
  - to: metadata.team
    value: ${var:team}
target: acme/new customer
options:
  on_problem: stop
  stop_after_problems: 100
"""
FILES = {
    "project.yaml": "name: billing\nvariables:\n  patience: 30\n  team: north\n",
    "endpoints/acme.yaml": ACME,
    "endpoints/crm.yaml": CRM,
    "operations/import customers.yaml": IMPORT,
}


class Write(Protocol):
    """Writes files of a project over those of the good one; None takes a file away."""

    def __call__(self, files: Mapping[str, str | bytes | None] | None = None) -> Path: ...


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(files: Mapping[str, str | bytes | None] | None = None) -> Path:
        for name, content in {**FILES, **(files or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            elif content is not None:
                path.write_text(content, encoding="utf-8")
        return tmp_path

    return make


class Faults(Protocol):
    """The problems of a project with these files."""

    def __call__(self, files: Mapping[str, str | bytes | None]) -> tuple[Problem, ...]: ...


@pytest.fixture
def faults(write: Write) -> Faults:
    def find(files: Mapping[str, str | bytes | None]) -> tuple[Problem, ...]:
        with pytest.raises(SettingError) as caught:
            Project.load(write(files), {})
        for problem in caught.value.problems:
            assert problem.message.endswith((".", "?"))
            assert problem.remedy.endswith((".", "?", "…"))
            assert problem.line
        return caught.value.problems

    return find
