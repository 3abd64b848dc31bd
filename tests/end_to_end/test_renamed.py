"""An operation under another name goes on to know what it wrote, whoever renamed it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from connector_agent.cli.app import app
from connector_agent.project import Project
from connector_agent.runs.renaming import Renamed, rename_operation
from connector_agent.runs.run import Counts
from connector_agent.runs.runner import Runner
from connector_sdk import SettingError
from stripe_connector.sandbox import Sandbox
from stripe_connector.sandbox.request import Fault, SandboxRequest
from typer.testing import CliRunner

from tests.end_to_end.crash_project import CREATE, KEY, customers, write_project

ENVIRON = {"STRIPE_API_KEY": KEY}
BILL = """\
# one invoice each
source: crm/customers
identity: crm_id
mapping:
  - to: customer
    lookup: {operation: import, by: crm_id, missing: leave_out}  # whose
  - to: description
    from: name
target: acme/new invoice
"""


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=1) as made:
        yield made


@pytest.fixture
def project(tmp_path: Path, sandbox: Sandbox) -> Path:
    write_project(tmp_path, sandbox.address, 12)
    endpoint = tmp_path / "endpoints" / "acme.yaml"
    endpoint.write_text(
        endpoint.read_text() + "  new invoice:\n    type: create\n    on: invoices\n"
    )
    return tmp_path


@pytest.fixture
def runner(project: Path) -> Iterator[Runner]:
    made = Runner(project, ENVIRON)
    yield made
    made.close()


async def run(runner: Runner, operation: str, *, new: bool = False) -> Counts:
    return (await runner.run(operation, None, lambda progress: None, new=new)).counts


def rename(runner: Runner, old: str, new: str) -> Renamed:
    return rename_operation(Project.load(runner.folder, ENVIRON), runner.database, old, new)


def by_hand(project: Path, old: str, new: str) -> None:
    (project / "operations" / f"{old}.yaml").rename(project / "operations" / f"{new}.yaml")


async def refused(runner: Runner, operation: str) -> tuple[str, str]:
    """The code and the text of why a run was not begun."""
    with pytest.raises(SettingError) as error:
        await run(runner, operation)
    (problem,) = error.value.problems
    return problem.code, problem.text()


async def dies(runner: Runner, operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends when all was sent and nothing of the answers is stored."""

    def died(*arguments: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("connector_agent.runs.ledger.Ledger.settle", died)
        with pytest.raises((MemoryError, ExceptionGroup)):
            await run(runner, operation)


async def invoices(address: str) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{address}/v1/invoices?limit=100") as answer,
    ):
        found: list[dict[str, Any]] = (await answer.json())["data"]
    assert found
    return found


async def checked(project: Path) -> str:
    """What `connector check` says of a project without faults."""
    arguments = ["check", "--project", str(project)]
    said = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=ENVIRON)
    assert said.exit_code == 0, said.output
    return said.stdout


async def test_a_renamed_operation_skips_what_it_wrote(
    project: Path, runner: Runner, sandbox: Sandbox
) -> None:
    assert (await run(runner, "import")).written == 12
    done = rename(runner, "import", "clients")
    assert done == Renamed("operations/clients.yaml", [], runs=1, written=12)
    assert (await run(runner, "clients")).skipped == 12
    assert rename(runner, "clients", "import").written == 12
    assert (await run(runner, "import")).skipped == 12
    assert sandbox.requests[CREATE] == 12
    assert (await runner.find("last")).operation == "import"


async def test_the_old_name_is_free_and_knows_nothing(
    project: Path, runner: Runner, sandbox: Sandbox
) -> None:
    text = (project / "operations" / "import.yaml").read_text()
    await run(runner, "import")
    rename(runner, "import", "clients")
    (project / "operations" / "import.yaml").write_text(text)
    assert (await run(runner, "import")).written == 12
    assert (await run(runner, "clients")).skipped == 12
    assert (await run(runner, "import")).skipped == 12
    assert sandbox.requests[CREATE] == len(await customers(sandbox.address)) == 24
    with pytest.raises(SettingError) as error:
        rename(runner, "clients", "import")
    assert error.value.problem.code == "operation_exists"


async def test_renamed_by_hand(project: Path, runner: Runner, sandbox: Sandbox) -> None:
    await run(runner, "import")
    by_hand(project, "import", "our clients")
    code, text = await refused(runner, "our clients")
    assert code == "perhaps_renamed"
    assert "'import', which the project no longer has, wrote 12 records" in text
    assert "connector rename import 'our clients'" in text
    assert "clients.yaml:1:1: warning: 'our clients' has written nothing" in await checked(project)
    assert sandbox.requests[CREATE] == 12
    assert rename(runner, "import", "our clients") == Renamed("", [], runs=1, written=12)
    assert await checked(project) == ""
    assert (await run(runner, "our clients")).skipped == 12
    with pytest.raises(SettingError) as error:
        rename(runner, "import", "our clients")
    assert error.value.problem.code == "unknown_operation"


async def test_another_operation_on_the_same_target(
    project: Path, runner: Runner, sandbox: Sandbox
) -> None:
    await run(runner, "import")
    by_hand(project, "import", "others")
    assert (await refused(runner, "others"))[0] == "perhaps_renamed"
    assert (await run(runner, "others", new=True)).written == 12
    assert (await run(runner, "others")).skipped == 12, "it is asked once"
    with pytest.raises(SettingError) as error:
        rename(runner, "import", "others")
    assert error.value.problem.code == "both_have_written"


@pytest.mark.parametrize("change", [("identity: crm_id", "identity: email"), ("crm_id", "crm")])
async def test_other_fields_of_identity(
    project: Path, runner: Runner, sandbox: Sandbox, change: tuple[str, str]
) -> None:
    await run(runner, "import")
    file = project / "operations" / "import.yaml"
    text = file.read_text()
    file.write_text(text.replace(*change))
    if change[1] == "crm":  # the column has another name, and the same values
        source = project / "customers.csv"
        source.write_text(source.read_text().replace("crm_id", "crm", 1))
    code, told = await refused(runner, "import")
    assert code == "identity_changed"
    assert "none of the 12 records" in told
    assert "Put `identity: crm_id` back" in told
    assert "operations/import.yaml:2:1: warning: 'import' now identifies" in await checked(project)
    assert sandbox.requests[CREATE] == 12
    again = await run(runner, "import", new=True)
    assert again.skipped == (12 if change[1] == "crm" else 0), "values are what counts"
    assert (await run(runner, "import")).skipped == 12


async def test_lookups_follow(project: Path, runner: Runner, sandbox: Sandbox) -> None:
    file = project / "operations" / "bill.yaml"
    file.write_text(BILL)
    await run(runner, "import")
    done = rename(runner, "import", "0123")
    assert done.changed == ["operations/bill.yaml"]
    assert file.read_text() == BILL.replace("operation: import,", 'operation: "0123",')
    assert (await run(runner, "bill")).written == 12
    assert None not in [each["customer"] for each in await invoices(sandbox.address)]


async def test_lookups_in_an_operation_that_was_renamed_by_hand(
    project: Path, runner: Runner, sandbox: Sandbox
) -> None:
    file = project / "operations" / "bill.yaml"
    file.write_text(BILL)
    await run(runner, "import")
    by_hand(project, "import", "clients")
    file.write_text(BILL.replace("operation: import", "operation: clients"))
    assert (await refused(runner, "bill"))[0] == "perhaps_renamed"
    rename(runner, "import", "clients")
    assert (await run(runner, "bill")).written == 12
    assert None not in [each["customer"] for each in await invoices(sandbox.address)]


async def test_not_while_a_run_that_looks_up_goes_on(
    project: Path, runner: Runner, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "operations" / "bill.yaml").write_text(BILL)
    await run(runner, "import")
    await dies(runner, "bill", monkeypatch)
    with pytest.raises(SettingError) as error:
        rename(runner, "import", "clients")
    assert error.value.problem.code == "run_unfinished"
    assert "looks up what 'import' wrote" in str(error.value)
    await runner.resume("last", lambda progress: None)
    assert rename(runner, "import", "clients").changed == ["operations/bill.yaml"]


async def test_a_call_whose_fate_is_open_keeps_its_key(
    project: Path, runner: Runner, sandbox: Sandbox
) -> None:
    endpoint = project / "endpoints" / "acme.yaml"
    endpoint.write_text(
        endpoint.read_text()
        .replace("on: customers\n", "on: customers\n    marker: false\n")
        .replace("  address:", "  retries: 0\n  address:")
    )

    creates = count()

    async def lost(request: SandboxRequest) -> Fault | None:
        is_create = f"{request.method} {request.template}" == CREATE
        return Fault(drop=True) if is_create and next(creates) % 2 else None

    sandbox.on_answer = lost
    assert (await run(runner, "import")).unknown == 6
    sandbox.on_answer = None
    rename(runner, "import", "clients")
    counts = await run(runner, "clients")
    assert (counts.written, counts.skipped, counts.replayed) == (6, 6, 6)
    assert len(await customers(sandbox.address)) == 12


async def test_a_first_run_that_was_killed_is_not_begun_under_another_name(
    project: Path, runner: Runner, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await dies(runner, "import", monkeypatch)
    by_hand(project, "import", "clients")
    assert "began to write" in (await refused(runner, "clients"))[1]
    with pytest.raises(SettingError) as error:
        rename(runner, "import", "clients")
    assert error.value.problem.code == "run_unfinished"
    ended = await runner.resume("last", lambda progress: None)
    assert (ended.status, ended.counts.written) == ("finished", 12)
    assert rename(runner, "import", "clients").written == 12
    assert (await run(runner, "clients")).skipped == 12
    assert len(await customers(sandbox.address)) == 12
