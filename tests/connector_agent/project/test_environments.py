"""Environments: other variables for the same project."""

import json

import pytest
from connector_agent.project import Project, Survey, environment_of
from connector_sdk import Field, Form, SettingError

from .conftest import ACME, Faults, Write

LIVE = "environments/live.yaml"
SECRETS = Form((Field("api_key", "string", secret=True, label="API key"),))
KEYED = ACME.replace("${env:STRIPE_KEY}", "${var:key}")


def test_an_environment_puts_its_variables_over_those_of_the_project(write: Write) -> None:
    folder = write({LIVE: "variables:\n  team: south\n"})
    for environment, team in (("", "north"), ("live", "south")):
        project = Project.load(folder, {}, environment)
        assert project.environment == environment
        assert project.endpoint("crm").activity("customers").settings["path"] == f"data/{team}.csv"
        assert project.operation("import customers").mapping[1] == {
            "to": "metadata.team",
            "value": team,
        }


def test_an_unknown_environment_gets_a_hint(write: Write) -> None:
    folder = write({LIVE: "variables: {}\n"})
    with pytest.raises(SettingError, match="Did you mean 'live'"):
        Project.load(folder, {}, "lvie")
    (folder / LIVE).unlink()
    with pytest.raises(SettingError, match="no environment yet"):
        Project.load(folder, {}, "live")


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("variables:\n  tema: south\n", "unknown_variable", "2:3"),
        ("variables: 5\n", "not_a_mapping", "1:1"),
        ("- 5\n", "not_a_mapping", "1:1"),
        ("variable:\n  team: x\n", "unknown_key", "1:1"),
        ("variables:\n  team: ${var:patience}\n", "variable_in_variable", "2:3"),
        ("variables:\n  team: ${env:}\n", "bad_variable_name", "2:3"),
    ],
)
def test_faults_of_environments(text: str, code: str, place: str, faults: Faults) -> None:
    (problem,) = faults({LIVE: text})
    assert (problem.code, problem.line) == (code, f"{LIVE}:{place}")


def test_a_variable_may_hold_a_reference_to_the_environment(write: Write) -> None:
    files = {
        "project.yaml": 'name: x\nvariables:\n  patience: 3\n  team: a\n  key: ""\n',
        LIVE: "variables:\n  key: ${env:LIVE_KEY}\n",
        "endpoints/acme.yaml": KEYED,
    }
    folder = write(files)
    environ = {"LIVE_KEY": "sk_live_secret"}
    plain = Project.load(folder, environ).endpoint("acme")
    assert plain.connection()["api_key"] == ""
    assert plain.literal_secrets(SECRETS) == ()
    live = Project.load(folder, environ, "live").endpoint("acme")
    assert live.connection()["api_key"] == "sk_live_secret"
    assert live.literal_secrets(SECRETS) == ()
    assert live.written(("connection",)) == {"api_key": "${env:LIVE_KEY}", "timeout": 3}
    with pytest.raises(SettingError, match="LIVE_KEY is not set"):
        Project.load(folder, {}, "live").endpoint("acme").connection()


def test_a_secret_in_a_variable_is_found_and_masked(write: Write) -> None:
    files = {
        "project.yaml": "name: x\nvariables:\n  patience: 3\n  team: a\n  key: sk_test_1\n",
        LIVE: "variables:\n  key: ${env:LIVE_KEY}\n",
        "endpoints/acme.yaml": KEYED,
    }
    folder = write(files)
    (problem,) = Project.load(folder, {}).endpoint("acme").literal_secrets(SECRETS)
    assert (problem.code, problem.line) == ("literal_secret", "endpoints/acme.yaml:3:3")
    live = Project.load(folder, {"LIVE_KEY": "sk_live_secret"}, "live").endpoint("acme")
    told = live.located(problem._replace(message="It is sk_live_secret."))
    assert told.message == "It is (hidden)."


def test_the_environment_is_refused_in_a_mapping_also_behind_a_variable(write: Write) -> None:
    folder = write({LIVE: "variables:\n  team: ${env:TEAM}\n"})
    with pytest.raises(SettingError, match="can't stand in an operation"):
        Project.load(folder, {"TEAM": "x"}, "live")


def test_a_snapshot_keeps_its_environment(write: Write) -> None:
    folder = write({LIVE: "variables:\n  team: south\n"})
    stored = json.loads(json.dumps(Project.load(folder, {}, "live").snapshot("import customers")))
    assert environment_of(stored) == "live"
    (folder / LIVE).write_text("variables:\n  team: west\n")
    again = Project.from_snapshot(stored, folder, {})
    assert again.environment == "live"
    assert again.endpoint("crm").activity("customers").settings["path"] == "data/south.csv"
    older = {k: v for k, v in stored.items() if k not in ("environment", "environments")}
    assert environment_of(older) == Project.from_snapshot(older, folder, {}).environment == ""


def test_a_survey_goes_on_behind_a_broken_file(write: Write) -> None:
    survey = Survey.of(write({"project.yaml": "name: x\nvariables:\n\tteam: a\n"}), {}, "")
    assert [each.code for each in survey.problems] == ["tab"]
    assert list(survey.project.operations) == ["import customers"]
    crm = survey.project.endpoint("crm")
    assert [each.code for each in crm.unset(("activities", "customers"))] == ["untold_variable"]
    assert survey.variables.untold(survey.project.operation("import customers").document.value)


def test_references_are_off_in_expressions(write: Write) -> None:
    text = (
        "source: crm/customers\ntarget: acme/new customer\nwhere: '$x.${a: b}'\n"
        "mapping:\n  - to: name\n    expression: ${var:nothing}\n"
    )
    operation = Project.load(write({"operations/x.yaml": text}), {}).operation("x")
    assert operation.where == "$x.${a: b}"
    assert operation.mapping == ({"to": "name", "expression": "${var:nothing}"},)
