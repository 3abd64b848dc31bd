"""A column of paths becomes uploads, each of the content that was there when it was intended."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from connector_agent.runs.outcomes import OutcomeRow, read_outcomes
from connector_agent.runs.runner import Runner
from connector_sdk import KINDS
from stripe_connector.sandbox import Sandbox
from stripe_connector.sandbox.request import Fault, SandboxRequest

from tests.end_to_end.crash_project import KEY

STRIPE = """\
connector: stripe
connection:
  api_key: ${{env:STRIPE_API_KEY}}
  address: {address}
activities:
  upload:
    type: create
    on: files
    concurrency: 1
"""
FILES = """\
connector: files
activities:
  documents:
    type: read
    path: documents.csv
"""
UPLOAD = """\
source: files/documents
identity: number
mapping:
  - to: purpose
    value: dispute_evidence
  - to: file
    from: path
    steps:
      - file:
          below: scans
          megabytes: 1
target: stripe/upload
"""


@pytest.fixture
def project(tmp_path: Path, sandbox: Sandbox) -> Path:
    files = {
        "project.yaml": "name: evidence\n",
        "endpoints/stripe.yaml": STRIPE.format(address=sandbox.address),
        "endpoints/files.yaml": FILES,
        "operations/upload.yaml": UPLOAD,
        "documents.csv": "number,path\n1,a.pdf\n2,b.pdf\n3,c.pdf\n",
        "scans/a.pdf": "first",
        "scans/b.pdf": "second",
        "scans/c.pdf": "third",
        ".env": "STRIPE_API_KEY=x\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


async def uploaded(address: str) -> dict[str, Any]:
    """The sizes of all files at Stripe, by name."""
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
        session.get(f"{address}/v1/files?limit=100") as answer,
    ):
        return {each["filename"]: each["size"] for each in (await answer.json())["data"]}


async def outcomes(runner: Runner, run: str) -> dict[str, OutcomeRow]:
    rows = await runner.database.call(
        lambda connection: list(read_outcomes(connection, run, KINDS, 0))
    )
    return {row.identity: row for row in rows}


async def test_a_column_of_paths(project: Path, sandbox: Sandbox, runner: Runner) -> None:
    (project / "scans" / "large.pdf").write_bytes(b"x" * (2**20 + 1))
    with (project / "documents.csv").open("a") as more:
        more.write("4,missing.pdf\n5,../.env\n6,large.pdf\n7,../../x\n")
    run = await runner.run("upload", None, lambda progress: None)
    assert (run.status, run.counts.written, run.counts.refused) == ("finished", 3, 4)
    assert await uploaded(sandbox.address) == {"a.pdf": 5, "b.pdf": 6, "c.pdf": 5}
    found = await outcomes(runner, run.id)
    assert {name: row.problem.code for name, row in found.items() if row.problem is not None} == {
        "4": "file_missing",
        "5": "file_outside",
        "6": "file_size",
        "7": "file_outside",
    }
    again = await runner.run("upload", None, lambda progress: None)
    assert again.counts.skipped == 3
    assert len(await uploaded(sandbox.address)) == 3


async def test_an_edit_before_the_resume_is_noticed(
    project: Path, sandbox: Sandbox, runner: Runner
) -> None:
    seen = 0

    async def second_is_refused(request: SandboxRequest) -> Fault | None:
        nonlocal seen
        seen += request.method == "POST"
        return Fault(401, "invalid_request_error") if seen >= 2 else None

    sandbox.on_request = second_is_refused
    run = await runner.run("upload", None, lambda progress: None)
    assert (run.status, run.counts.written) == ("stopped", 1)
    sandbox.on_request = None
    (project / "scans" / "b.pdf").write_text("edited")
    (project / "scans" / "c.pdf").write_text("edited, too")
    ended = await runner.resume(run.id, lambda progress: None)
    assert ended.status == "finished"
    assert await uploaded(sandbox.address) == {"a.pdf": 5}
    found = await outcomes(runner, run.id)
    assert {name: row.kind for name, row in found.items()} == {
        "1": "written",
        "2": "unknown",  # it was sent once, and nothing tells what became of it
        "3": "refused",  # it surely was not
    }
    problem = found["3"].problem
    assert problem is not None
    assert problem.code == "file_changed"
    anew = await runner.run("upload", None, lambda progress: None)
    assert (anew.counts.skipped, anew.counts.written) == (1, 2)
    assert await uploaded(sandbox.address) == {"a.pdf": 5, "b.pdf": 6, "c.pdf": 11}
