"""What a source hears when a run is over."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from connector_agent.connectors.files import source
from connector_agent.connectors.files.source import FileSource
from connector_agent.connectors.files.target import FileTarget
from connector_agent.runs.ledger import Ledger
from connector_agent.runs.log import read_log
from connector_agent.runs.progress import Progress
from connector_agent.runs.run import Run
from connector_agent.runs.runner import Runner
from connector_sdk import Cursor, Problem, TargetFullError

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
