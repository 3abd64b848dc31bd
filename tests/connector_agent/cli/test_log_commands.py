"""connector runs, connector log, connector outcomes."""

from pathlib import Path

from tests.connector_agent.cli.conftest import Call


def test_nothing_yet(call: Call) -> None:
    assert "No runs yet" in call("runs").out
    said = call("log", "last")
    assert said.status == 1
    assert "no runs yet" in said.err


def test_runs_are_listed_newest_first(call: Call) -> None:
    call("run", "copy")
    call("run", "copy", "--limit", "1")
    newest, oldest = call("runs", "--json").lines
    assert (newest["written"], oldest["written"]) == (1, 3)
    table = call("runs").out
    assert table.index(newest["run"]) < table.index(oldest["run"])
    assert call("runs", "other", "--json").out == ""


def test_a_run_is_found_by_a_part_of_its_id(call: Call) -> None:
    call("run", "copy")
    (run,) = call("runs", "--json").lines
    for name in ("last", run["run"], run["run"][-4:]):
        kinds = [event["kind"] for event in call("log", name, "--json").lines]
        assert kinds == ["started", "finished"]
    said = call("log", "zzzz")
    assert said.status == 1
    assert "connector runs" in said.err


def test_outcomes_as_a_table(call: Call, project: Path) -> None:
    (project / "rows.csv").write_text("id,name\nx,Grace\n1,Ada,more\n")
    call("run", "copy")
    text = call("outcomes", "last").out
    assert "rows.csv row 2" in text
    assert "rows.csv row 3" in text
    assert "No such outcomes" in call("outcomes", "last", "--only", "unknown").out
