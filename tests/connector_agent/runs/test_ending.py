"""What a source hears when a run is over."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from connector_agent.connectors.files import source
from connector_agent.connectors.files.source import FileSource
from connector_agent.connectors.files.target import FileTarget
from connector_agent.project.operation import Options
from connector_agent.runs.ending import abandon
from connector_agent.runs.keyed import KeyedExecution
from connector_agent.runs.ledger import Ledger
from connector_agent.runs.outcomes import OutcomeRow, read_outcomes
from connector_agent.runs.run import Progress, Run, read_log, unfinished_run
from connector_agent.runs.runner import Runner
from connector_agent.store import Database
from connector_agent.store.vault import Vault, new_key
from connector_sdk import (
    Call,
    CredentialError,
    Cursor,
    Outcome,
    Problem,
    SettingError,
    TargetFullError,
)

from tests.connector_agent.runs.memory import KeyedTarget, ListSource, Workshop

ENDPOINT = """connector: files
activities:
  read:
    type: read
    path: "in"
    after:
      move_to: done
  write:
    type: write
    path: out.jsonl
"""


def watch(progress: Progress) -> None:
    pass


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    for folder in ("endpoints", "operations", "in"):
        (tmp_path / folder).mkdir()
    (tmp_path / "project.yaml").write_text("name: moving\n")
    (tmp_path / "endpoints" / "files.yaml").write_text(ENDPOINT)
    (tmp_path / "operations" / "copy.yaml").write_text("source: files/read\ntarget: files/write\n")
    (tmp_path / "in" / "a.csv").write_text("id\n1\n2\n")
    return Runner(tmp_path, {})


async def events(runner: Runner, run: Run) -> list[tuple[str, str, str]]:
    found = await runner.database.call(lambda connection: read_log(connection, run.id))
    return [(event.level, event.kind, event.text) for event in found]


async def test_a_finished_run_moves_its_files(tmp_path: Path, runner: Runner) -> None:
    with (tmp_path / "in" / "a.csv").open("a") as file:
        file.write("3,too many\n")
    run = await runner.run("copy", None, watch)
    assert (run.status, run.counts.refused) == ("finished", 1)
    assert [path.name for path in (tmp_path / "done").iterdir()] == ["a.csv"]
    runner.close()


async def test_a_limited_run_moves_nothing(tmp_path: Path, runner: Runner) -> None:
    run = await runner.run("copy", 1, watch)
    assert run.status == "finished"
    assert (tmp_path / "in" / "a.csv").exists()
    runner.close()


async def test_a_stopped_run_moves_nothing(tmp_path: Path, runner: Runner) -> None:
    run = await runner.run("copy", None, lambda progress: progress.stop())
    assert run.status == "interrupted"
    assert (tmp_path / "in" / "a.csv").exists()
    run = await runner.resume(run.id, watch)
    assert run.status == "finished"
    assert (tmp_path / "done" / "a.csv").exists()
    runner.close()


async def test_a_target_that_can_not_end_stops_the_run(
    tmp_path: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = TargetFullError(Problem("target_full", "There is no room left.", "Make room."))

    async def finish(target: FileTarget, complete: bool) -> None:
        raise full

    with monkeypatch.context() as patch:
        patch.setattr(FileTarget, "finish", finish)
        run = await runner.run("copy", None, watch)
    assert run.status == "stopped"
    assert [kind for _, kind, _ in await events(runner, run)] == ["started", "stopped"]
    assert (tmp_path / "in" / "a.csv").exists()
    assert not (tmp_path / "out.jsonl").exists()
    run = await runner.resume(run.id, watch)
    assert (run.status, run.counts.written) == ("finished", 2)
    assert (tmp_path / "out.jsonl").read_text() == '{"id":"1"}\n{"id":"2"}\n'
    assert (tmp_path / "done" / "a.csv").exists()
    runner.close()


async def test_what_can_not_be_moved_stands_in_the_log(
    tmp_path: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Problem("not_moved", "a.csv can't be moved.", "Move it by hand.")
    monkeypatch.setattr(source, "put_away", lambda path, folder: refused)
    run = await runner.run("copy", None, watch)
    assert run.status == "finished"
    found = await events(runner, run)
    assert found[-2] == ("warning", "not_moved", "a.csv can't be moved. Move it by hand.")
    assert found[-1][1] == "finished"
    assert (tmp_path / "in" / "a.csv").exists()
    runner.close()


async def test_ended_by_force_before_the_move(
    tmp_path: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is over, and its file is not read again: the next run makes up for the move."""

    async def killed(self: FileSource, after: Cursor) -> Sequence[Problem]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(FileSource, "finish", killed)
        await runner.run("copy", None, watch)
    first = await runner.find("last")
    assert first.status == "finished"
    (tmp_path / "in" / "b.csv").write_text("id\n3\n")
    run = await runner.run("copy", None, watch)
    assert (run.id != first.id, run.counts.read) == (True, 1)
    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == ["a.csv", "b.csv"]
    assert [kind for _, kind, _ in await events(runner, first)] == ["started", "finished"]
    # What a person puts back is read again.
    (tmp_path / "done" / "b.csv").rename(tmp_path / "in" / "b.csv")
    assert (await runner.run("copy", None, watch)).counts.read == 1
    runner.close()


@pytest.mark.parametrize("path", ["out.jsonl", "out.csv", "out.json.zip", "out.xlsx"])
async def test_ended_by_force_before_the_run_is_stored(
    tmp_path: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """The target is whole, and the run doesn't know it: it goes on, and neither doubles nor
    loses a record."""
    endpoint = tmp_path / "endpoints" / "files.yaml"
    endpoint.write_text(ENDPOINT.replace("out.jsonl", path))

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Ledger, "end", killed)
        await runner.run("copy", None, watch)
    whole = (tmp_path / path).read_bytes()
    assert (tmp_path / "in" / "a.csv").exists()
    run = await runner.resume("last", watch)
    assert (run.status, run.counts.read, run.counts.written) == ("finished", 2, 2)
    assert (tmp_path / path).read_bytes() == whole
    assert (tmp_path / "done" / "a.csv").exists()
    runner.close()


ROWS: list[dict[str, object]] = [{"id": str(n)} for n in range(1, 8)]


class Stopping(KeyedTarget):
    """Takes four calls: the first is written, the third is done and its answer is lost with the
    key."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = self.meet

    def meet(self, call: Call) -> Outcome | None:
        if call.seq < 3:
            return None
        if call.seq == 3:
            self.objects[call.key] = call.body.json
        raise CredentialError(Problem("key_gone", "The key is gone."))


async def stopped(workshop: Workshop, repeat: str = "skip") -> tuple[str, KeyedTarget]:
    """A run with two records written, one sent without an answer and four not sent."""
    run, target = await workshop.new(), Stopping()
    options = Options(repeat=repeat)  # type: ignore[arg-type]
    parts = await workshop.parts(run, ListSource(ROWS), target, options)
    with pytest.raises(CredentialError):
        await KeyedExecution(parts).run()
    problem = Problem("key_gone", "The key is gone.")
    await workshop.database.call(lambda c: parts.ledger.end(c, "stopped", problem, 1.0))
    return run.id, target


async def outcomes_of(workshop: Workshop, run: str) -> list[OutcomeRow]:
    return await workshop.database.call(lambda c: list(read_outcomes(c, run)))


async def test_what_was_pending_has_its_outcome(workshop: Workshop) -> None:
    run, _ = await stopped(workshop)
    ended = await abandon(workshop.database, run, "")
    assert (ended.status, ended.unfinished, ended.counts.pending) == ("abandoned", False, 0)
    counts = ended.counts
    assert (counts.read, counts.written, counts.unknown, counts.failed) == (7, 2, 1, 4)
    rows = await outcomes_of(workshop, run)
    assert [row.kind for row in rows] == ["written"] * 2 + ["unknown"] + ["failed"] * 4
    for row in rows[2:]:
        assert row.problem is not None
        assert row.problem.code == "abandoned"
        assert "The reason: The key is gone." in row.problem.message
        assert row.problem.at == f"row {row.seq}"
    assert await workshop.database.call(lambda c: unfinished_run(c, "import")) is None


async def test_a_later_run_looks_for_what_may_have_been_sent(workshop: Workshop) -> None:
    run, target = await stopped(workshop)
    await abandon(workshop.database, run, "")
    first = {call.seq: call for call in target.sent}
    later = KeyedTarget(horizon=1e-9)  # no key is safe any more: what was sent is looked up
    later.objects = dict(target.objects)
    later.settles = lambda call: (
        Outcome(call.seq, call.step, "written", "obj_3") if call.key in later.objects else None
    )
    again = await workshop.new()
    parts = await workshop.parts(again, ListSource(ROWS), later)
    assert await KeyedExecution(parts).run()
    assert first[3].key in {call.key for call in later.settled}
    assert first[3].key not in {call.key for call in later.sent}
    assert parts.counts.written == 5
    assert parts.counts.skipped == 2
    assert len(later.objects) == 7


async def test_keys_of_a_single_run_are_for_a_person(workshop: Workshop) -> None:
    run, _ = await stopped(workshop, repeat="create")
    await abandon(workshop.database, run, "enough")
    remedies = [row.problem.remedy for row in await outcomes_of(workshop, run) if row.problem]
    assert "by its key" in remedies[0]
    assert all("sends it" in each for each in remedies[1:])


async def test_it_needs_no_key_of_the_ledger(workshop: Workshop) -> None:
    path = workshop.database.path
    workshop.database.close()
    workshop.database = Database(path, Vault(new_key()))
    run, _ = await stopped(workshop)
    workshop.database.close()
    workshop.database = Database(path)
    ended = await abandon(workshop.database, run, "the key is lost")
    assert ended.counts.unknown + ended.counts.failed == 5


async def test_a_process_that_still_runs_it_can_write_no_more(workshop: Workshop) -> None:
    run, _ = await stopped(workshop)
    taken = await workshop.run(run)
    ledger = await workshop.database.call(lambda c: Ledger.of(c, taken))
    await abandon(workshop.database, run, "")
    with pytest.raises(Exception, match=run):
        await workshop.database.call(lambda c: ledger.end(c, "finished", None, 1.0))
    with pytest.raises(SettingError, match="nothing to abandon"):
        await abandon(workshop.database, run, "")
