"""A ledger that is lost between runs: nothing is written twice without a question."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from connector_agent.runs.run import Progress, Run
from connector_agent.runs.runner import Runner
from connector_sdk import SettingError
from sqlalchemy import text
from stripe_connector.sandbox import Fault, Sandbox, SandboxRequest

from tests.end_to_end.crash_project import CREATE, KEY, csv_of, customers, write_project
from tests.end_to_end.test_bad_days import connector


def ignore(progress: Progress) -> None:
    pass


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Runner]:
    runner = Runner(folder, {"STRIPE_API_KEY": KEY})
    try:
        yield runner
    finally:
        runner.close()


async def run(folder: Path, *, new: bool = False, limit: int | None = None) -> Run:
    async with opened(folder) as runner:
        return await runner.run("import", limit, ignore, new=new)


def ledger(folder: Path) -> Path:
    return folder / ".connector" / "ledger.db"


def forget_ledger(folder: Path) -> None:
    ledger(folder).unlink()


@pytest.mark.parametrize("lose", [forget_ledger, lambda folder: ledger(folder).write_bytes(b"")])
async def test_what_was_written_is_found_again(
    tmp_path: Path, sandbox: Sandbox, lose: Callable[[Path], None]
) -> None:
    write_project(tmp_path, sandbox.address, 130)
    assert (await run(tmp_path, limit=120)).counts.written == 120
    lose(tmp_path)
    with pytest.raises(SettingError) as error:
        await run(tmp_path)
    assert error.value.problem.code == "ledger_lost"
    assert "connector ledger rebuild import" in error.value.problem.remedy
    assert len(await customers(sandbox.address)) == 120
    sent = []

    async def listen(request: SandboxRequest) -> None:
        sent.append(request.method)

    sandbox.on_request = listen
    async with opened(tmp_path) as runner:
        done = await runner.ledger.rebuild("import")
    assert set(sent) == {"GET"}
    assert (done.settled, done.count("found"), done.count("missing")) == (True, 120, 10)
    missing = [match for match in done.matches if match.fate == "missing"]
    assert [match.identity for match in missing] == [f"C{n}" for n in range(121, 131)]
    ended = await run(tmp_path)
    assert (ended.counts.written, ended.counts.skipped) == (10, 120)
    assert len(await customers(sandbox.address)) == 130


async def test_a_later_attempt_is_found_and_what_belongs_to_nobody_is_listed(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    source = write_project(tmp_path, sandbox.address, 3)

    async def refuse(request: SandboxRequest) -> Fault | None:
        if f"{request.method} {request.template}" == CREATE and b"person2" in request.body:
            return Fault(400, "invalid_request_error", "Invalid email address")
        return None

    sandbox.on_request = refuse
    assert (await run(tmp_path)).counts.refused == 1
    sandbox.on_request = None
    assert (await run(tmp_path)).counts.written == 1
    source.write_text(csv_of(2))  # the third record is no longer in the source
    ledger(tmp_path).unlink()
    async with opened(tmp_path) as runner:
        done = await runner.ledger.rebuild("import")
        assert [match.fate for match in done.matches] == ["found", "found", "other"]
        again = await runner.ledger.rebuild("import")
        assert [match.fate for match in again.matches] == ["known", "known", "other"]
    assert (await run(tmp_path)).counts.skipped == 2


async def test_each_operation_is_asked_once(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 5)
    text_of = (tmp_path / "operations" / "import.yaml").read_text()
    (tmp_path / "operations" / "second.yaml").write_text(text_of)
    await run(tmp_path)
    ledger(tmp_path).unlink()
    assert (await run(tmp_path, new=True)).counts.replayed == 5  # Stripe still knows the keys
    assert (await run(tmp_path)).counts.skipped == 5
    async with opened(tmp_path) as runner:
        with pytest.raises(SettingError) as error:
            await runner.run("second", None, ignore)
        assert error.value.problem.code == "ledger_incomplete"
        assert "connector run second --new" in error.value.problem.remedy
        assert (await runner.run("second", None, ignore, new=True)).counts.written == 5
        assert (await runner.run("second", None, ignore)).counts.skipped == 5


@pytest.fixture
async def forgetful() -> AsyncIterator[Sandbox]:
    """One that keeps no key, as after a day."""
    async with Sandbox(seed=1, key_horizon=0.0) as made:
        yield made


async def test_a_run_in_an_old_copy_does_not_go_on_by_itself(
    tmp_path: Path, forgetful: Sandbox
) -> None:
    sandbox = forgetful
    write_project(tmp_path, sandbox.address, 400)
    sandbox.on_request = _stop_after(100)
    assert (await run(tmp_path)).status == "stopped"
    copy = tmp_path / "old.db"
    async with opened(tmp_path) as runner:
        await runner.ledger.backup(copy)
    sandbox.on_request = None
    assert (await run(tmp_path)).counts.written == 400
    assert len(await customers(sandbox.address)) == 400
    async with opened(tmp_path) as runner:
        restored = await runner.ledger.restore(copy)
        assert restored.aside is not None
        assert restored.lost is not None
        assert "changes are missing" in restored.lost.message
        for going_on in (runner.resume("last", ignore), runner.run("import", None, ignore)):
            with pytest.raises(SettingError) as error:
                await going_on
            assert error.value.problem.code == "ledger_lost"
        done = await runner.ledger.rebuild("import")
        assert done.count("found") + done.count("known") == 400
        ended = await runner.resume("last", ignore)
    assert (ended.status, ended.counts.pending) == ("finished", 0)
    assert len(await customers(sandbox.address)) == 400


def _stop_after(number: int) -> Callable[[SandboxRequest], Awaitable[Fault | None]]:
    left = [number]

    async def stop(request: SandboxRequest) -> Fault | None:
        if f"{request.method} {request.template}" == CREATE:
            left[0] -= 1
            if left[0] < 0:
                return Fault(401, "invalid_request_error", "Invalid API Key provided")
        return None

    return stop


async def test_what_carries_no_key_can_not_be_found(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 3)
    endpoint = tmp_path / "endpoints" / "acme.yaml"
    endpoint.write_text(endpoint.read_text() + "    marker: false\n")
    await run(tmp_path)
    ledger(tmp_path).unlink()
    async with opened(tmp_path) as runner:
        done = await runner.ledger.rebuild("import")
    assert [match.fate for match in done.matches] == ["unclear"] * 3
    assert not done.settled
    with pytest.raises(SettingError, match="isn't known what 'import' wrote"):
        await run(tmp_path)


async def test_single_runs_have_nothing_to_find(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 3)
    operation = tmp_path / "operations" / "import.yaml"
    operation.write_text(operation.read_text() + "options:\n  repeat: create\n")
    await run(tmp_path)
    ledger(tmp_path).unlink()
    async with opened(tmp_path) as runner:
        with pytest.raises(SettingError, match="those of single runs") as error:
            await runner.ledger.rebuild("import")
        assert "connector run import --new" in error.value.problem.remedy
    assert (await run(tmp_path, new=True)).status == "finished"


async def test_a_renamed_operation_is_found_by_its_first_name(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    write_project(tmp_path, sandbox.address, 4)
    await run(tmp_path)
    operations = tmp_path / "operations"
    (operations / "import.yaml").rename(operations / "people.yaml")
    ledger(tmp_path).unlink()
    async with opened(tmp_path) as runner:
        assert (await runner.ledger.rebuild("people")).count("found") == 0
        assert (await runner.ledger.rebuild("people", "import")).count("found") == 4
        assert (await runner.run("people", None, ignore)).counts.skipped == 4


async def test_verify_counts_every_record(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 5)
    await run(tmp_path)
    async with opened(tmp_path) as runner:
        found = await runner.ledger.verify()
        assert (found.faults, found.runs, found.identities) == ([], 1, 5)
        await runner.database.call(lambda c: c.execute(text("UPDATE runs SET written = 6")))
        faults = (await runner.ledger.verify()).faults
        assert [fault.code for fault in faults] == ["ledger_miscounted"] * 2
        await runner.database.call(lambda c: c.execute(text("DELETE FROM outcomes WHERE seq = 2")))
        faults = (await runner.ledger.verify()).faults
        assert "ledger_pending" in [fault.code for fault in faults]


async def test_only_a_whole_copy_is_put_back(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 5)
    await run(tmp_path)
    before = ledger(tmp_path).read_bytes()
    (tmp_path / "text.db").write_text("no ledger")
    shutil.copy(ledger(tmp_path), tmp_path / "cut.db")
    with (tmp_path / "cut.db").open("r+b") as file:
        file.truncate(20_000)
    async with opened(tmp_path) as runner:
        for name in ("text.db", "cut.db", "missing.db", "endpoints"):
            with pytest.raises(SettingError, match="no copy of a ledger"):
                await runner.ledger.restore(tmp_path / name)
        await runner.ledger.backup(tmp_path / "good.db")
        with pytest.raises(SettingError, match="There is a file"):
            await runner.ledger.backup(tmp_path / "good.db")
        assert (await runner.ledger.verify()).faults == []
    assert ledger(tmp_path).read_bytes() == before
    async with opened(tmp_path) as runner:
        assert (await runner.ledger.restore(tmp_path / "good.db")).lost is None
    assert (await run(tmp_path)).counts.skipped == 5


async def test_a_copy_in_a_folder_without_a_mark_is_asked_about(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    write_project(tmp_path, sandbox.address, 5)
    await run(tmp_path)
    async with opened(tmp_path) as runner:
        await runner.ledger.backup(tmp_path / "copy.db")
    shutil.rmtree(tmp_path / ".connector")
    async with opened(tmp_path) as runner:
        await runner.ledger.restore(tmp_path / "copy.db")
    with pytest.raises(SettingError, match="isn't known what 'import' wrote"):
        await run(tmp_path)
    async with opened(tmp_path) as runner:
        assert (await runner.ledger.rebuild("import")).count("known") == 5
    assert (await run(tmp_path)).counts.skipped == 5


async def test_the_command_line_says_the_same(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 5)
    assert (await connector(tmp_path, "run", "import")).status == 0
    assert (await connector(tmp_path, "ledger", "backup", "copy.db", "--json")).status == 0
    said = await connector(tmp_path, "ledger", "verify", "--json")
    assert (said.status, said.end["faults"], said.end["identities"]) == (0, [], 5)
    ledger(tmp_path).write_bytes(b"not a database" * 100)
    for command in (["run", "import"], ["resume", "last"], ["runs"], ["ledger", "verify"]):
        said = await connector(tmp_path, *command)
        assert said.status == 1
        assert "is damaged: file is not a database" in said.out + said.err
        assert "Traceback" not in said.err
    said = await connector(tmp_path, "ledger", "restore", "copy.db")
    assert (said.status, "add --yes" in said.err) == (1, True)
    said = await connector(tmp_path, "ledger", "restore", "copy.db", "--yes", "--json")
    assert (said.status, said.end["problem"]) == (0, None)
    assert (await connector(tmp_path, "run", "import", "--json")).end["skipped"] == 5
    ledger(tmp_path).unlink()
    said = await connector(tmp_path, "ledger", "rebuild", "import", "--json")
    assert (said.status, said.end["found"], said.end["settled"]) == (0, 5, True)
    assert (await connector(tmp_path, "run", "import", "--json")).end["skipped"] == 5
