"""Runs that can't go on because what they were begun on is gone."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from connector_agent.runs.runner import Runner
from connector_sdk import ConnectorError
from sqlalchemy import text
from stripe_connector.sandbox import Fault, Sandbox, SandboxRequest

from tests.end_to_end.crash_project import CREATE, KEY, customers, write_project
from tests.end_to_end.test_lost_ledger import ignore


class LastAnswers:
    """Does creates and drops the answers of all after the tenth, then refuses the key."""

    def __init__(self) -> None:
        self.count = 0

    async def refuse(self, request: SandboxRequest) -> Fault | None:
        if f"{request.method} {request.template}" != CREATE:
            return None
        self.count += 1
        return Fault(401, "invalid_request_error", "Invalid API Key") if self.count > 10 else None


def other_account(folder: Path) -> None:
    """The run was begun on an account that the key doesn't lead to: see below."""


def no_source(folder: Path) -> None:
    (folder / "customers.csv").unlink()


def endpoint_renamed(folder: Path) -> None:
    (folder / "endpoints" / "acme.yaml").rename(folder / "endpoints" / "other.yaml")


def endpoint_gone(folder: Path) -> None:
    shutil.rmtree(folder / "endpoints")


@pytest.mark.parametrize("spoil", [no_source, endpoint_renamed, endpoint_gone, other_account])
async def test_it_is_left_without_any_connection(
    tmp_path: Path, sandbox: Sandbox, spoil: Callable[[Path], None]
) -> None:
    write_project(tmp_path, sandbox.address, 200)
    sandbox.on_request = LastAnswers().refuse
    runner = Runner(tmp_path, {"STRIPE_API_KEY": KEY})
    try:
        assert (await runner.run("import", None, ignore)).status == "stopped"
        kept = tmp_path.with_name(f"{tmp_path.name} kept")
        shutil.copytree(tmp_path, kept)
        spoil(tmp_path)
        sandbox.on_request = None
        if spoil is other_account:
            gone = text("UPDATE runs SET scope = 'acct_gone/test'")
            await runner.database.call(lambda connection: connection.execute(gone))
            with pytest.raises(ConnectorError) as error:
                await runner.resume("last", ignore)
            assert "connector abandon" in error.value.problem.remedy
        calls = sandbox.requests.total()
        ended = await runner.abandon("last", "it is gone")
        assert sandbox.requests.total() == calls
        assert (ended.status, ended.counts.pending) == ("abandoned", 0)
        assert ended.counts.read == ended.counts.settled > 10
        assert (await runner.ledger.verify()).faults == []
        for name in ("endpoints", "customers.csv"):
            origin, place = kept / name, tmp_path / name
            if origin.is_dir():
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(origin, place)
            else:
                shutil.copy(origin, place)
        again = await runner.run("import", None, ignore)
        assert (again.id != ended.id, again.status) == (True, "finished")
        assert again.counts.written + again.counts.skipped == 200
    finally:
        runner.close()
    made = await customers(sandbox.address)
    assert len({each["metadata"]["crm_id"] for each in made}) == len(made) == 200
