"""connector steps: the list, one step, and a step that isn't there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from connector_agent.cli.app import app
from connector_agent.mapping import STEPS
from typer.testing import CliRunner

from tests.connector_agent.cli.conftest import Call, Said


@pytest.fixture
def steps() -> Callable[..., Said]:
    def calling(*arguments: str) -> Said:
        result = CliRunner().invoke(app, ["steps", *arguments])
        return Said(result.exit_code, result.stdout, result.stderr)

    return calling


def test_all_steps_are_listed(steps: Callable[..., Said]) -> None:
    said = steps()
    assert said.status == 0
    assert all(name in said.out for name in STEPS)
    assert [one["name"] for one in steps("--json").lines] == list(STEPS)


@pytest.mark.parametrize("name", STEPS)
def test_each_step_is_explained(steps: Callable[..., Said], name: str) -> None:
    said = steps(name)
    assert said.status == 0
    assert STEPS[name].help in said.out
    assert all(f"  {argument.name}: " in said.out for argument in STEPS[name].arguments)
    (told,) = steps(name, "--json").lines
    assert len(told["examples"]) == len(STEPS[name].examples)


def test_an_example_reads_like_its_use(steps: Callable[..., Said]) -> None:
    assert '"12.345" → money_to_minor {"currency": "usd"}' in steps("money_to_minor").out
    assert 'absent → default "GB" → "GB"' in steps("default").out


def test_a_step_that_is_not_there(steps: Callable[..., Said]) -> None:
    said = steps("money_to_minr")
    assert said.status == 1
    assert "Did you mean 'money_to_minor'?" in said.err
    (event,) = steps("nothing", "--json").lines
    assert event["problems"][0]["code"] == "unknown_step"


OWN = '''\
from connector_agent.mapping import StepExample, step

@step(examples=[StepExample("a", {"times": 2}, "aa")])
def repeated(value: str, times: int) -> str:
    """Puts a text behind itself."""
    return value * times
'''


def test_own_steps_of_the_project(call: Call, project: Path) -> None:
    (project / "steps.py").write_text(OWN)
    assert "repeated" in call("steps").out
    assert [one["name"] for one in call("steps", "--json").lines] == [*STEPS, "repeated"]
    said = call("steps", "repeated")
    assert "Puts a text behind itself." in said.out
    assert '"a" → repeated {"times": 2} → "aa"' in said.out
    (told,) = call("steps", "repeated", "--json", "--project", str(project)).lines
    assert told["own"] is True


def test_a_steps_file_that_is_broken(call: Call, project: Path) -> None:
    (project / "steps.py").write_text(OWN + "def x(:\n")
    said = call("steps")
    assert said.status == 1
    assert "trim" in said.out
    assert "steps.py:7:7" in said.err
    said = call("steps", "repeated")
    assert said.status == 1
    assert "There is no step 'repeated'." in said.err
    assert "steps.py:7:7" in said.err
    assert call("steps", "trim").status == 0
    (project / "steps.py").write_bytes(b"\xff")
    assert "steps.py:1:1" in call("steps").err
