"""A project's steps.py in checks, runs and snapshots."""

from pathlib import Path

from connector_agent.project import Project
from connector_agent.runs.outcomes import read_outcomes
from connector_agent.runs.runner import Runner

from .conftest import ENVIRON, IMPORT, Check, Write

STEPS = """\
from connector_agent.mapping import StepExample, step

@step(examples=[StepExample("a@b.org", {"sign": "#"}, "a#b.org")])
def hide_at(value: str, sign: str = "+") -> str:
    \"\"\"Puts another sign in place of the @.\"\"\"
    if value.startswith("joan"):
        raise ValueError("not Joan")
    return value.replace("@", sign)
"""
OPERATION = """\
source: crm/customers
identity: crm_id
mapping:
  - to: email
    from: email
    steps: [trim, hide_at]
target: crm/list
"""
FILES = {"steps.py": STEPS, "operations/import.yaml": OPERATION}


async def test_the_check_knows_them(check: Check) -> None:
    assert (await check(FILES)).faults == ()
    text = OPERATION.replace("hide_at", "hide_ta")
    (fault,) = (await check({**FILES, "operations/import.yaml": text})).faults
    assert (fault.code, fault.line) == ("unknown_step", "operations/import.yaml:6:19")
    assert "Did you mean 'hide_at'?" in fault.text()


async def test_faults_of_the_file_are_told_once(check: Check) -> None:
    (fault,) = (await check({**FILES, "steps.py": "def x(:\n"})).faults
    assert (fault.code, fault.line) == ("bad_steps_file", "steps.py:1:7")
    wrong = {**FILES, "steps.py": STEPS.replace("a#b.org", "a+b.org")}
    (fault,) = (await check(wrong)).faults
    assert (fault.code, fault.line) == ("step_example", "steps.py:3:1")


async def test_a_file_that_can_not_be_read(check: Check, tmp_path: Path) -> None:
    (tmp_path / "steps.py").write_bytes(b"x = '\xff'\n")
    faults = (await check({"operations/import.yaml": IMPORT})).faults
    assert [(each.code, each.line) for each in faults] == [("file_unreadable", "steps.py:1:1")]


async def test_a_run_keeps_the_text(write: Write) -> None:
    folder = write(FILES)
    runner = Runner(folder, ENVIRON)
    try:
        begun = await runner.run("import", None, lambda progress: progress.stop())
        assert begun.status == "interrupted"
        (folder / "steps.py").write_text("def x(:\n")
        ended = await runner.resume(begun.id, lambda progress: None)
        assert ended.status == "finished"
        assert (ended.counts.written, ended.counts.refused) == (1, 1)
        rows = await runner.database.call(
            lambda connection: list(read_outcomes(connection, ended.id, ("refused",), 0))
        )
    finally:
        runner.close()
    assert (folder / "out" / "customers.jsonl").read_text() == '{"email":"ada+example.org"}\n'
    (row,) = rows
    assert row.problem is not None
    assert row.problem.code == "step_failed"
    assert row.problem.message == (
        "email: The step 'hide_at' failed in steps.py:7:1: ValueError: not Joan."
    )
    assert row.problem.line == "operations/import.yaml:4:5"


async def test_snapshots_of_before(write: Write) -> None:
    folder = write({})
    stored = Project.load(folder, ENVIRON).snapshot("import")
    del stored["steps"]
    assert Project.from_snapshot(stored, folder, ENVIRON).documents.steps == ""
