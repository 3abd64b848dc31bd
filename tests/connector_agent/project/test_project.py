"""Projects that are right: what they hold, and how they are found and stored."""

import json
from pathlib import Path

import pytest
from connector_agent.project import Options, Place, Project
from connector_sdk import Activity, Field, Form, Problem, SettingError

from .conftest import ACME, Write

SECRET = "sk_test_" + "a1B2" * 24


def test_everything_is_read(write: Write) -> None:
    project = Project.load(write(), {"STRIPE_KEY": SECRET})
    assert project.name == "billing"
    acme = project.endpoint("acme")
    assert acme.connector == "stripe"
    assert acme.connection() == {"api_key": SECRET, "timeout": 30}
    assert list(acme.activities) == ["new customer", "open invoices"]
    assert acme.activity("open invoices") == Activity(
        "open invoices",
        "search",
        "invoices",
        settings={"query": "status:'open' AND metadata['team']:'north'"},
    )
    assert project.endpoint("crm").connection() == {}
    operation = project.operation("import customers")
    assert operation.source == Place("crm", "customers")
    assert str(operation.target) == "acme/new customer"
    assert operation.identity == ("crm_id",)
    assert operation.options == Options("skip", "stop", 100)
    assert operation.mapping == (
        {"to": "email", "from": "E-Mail", "steps": ["trim", "lower"]},
        {"to": "metadata.team", "value": "north"},
    )
    assert operation.position(("identity",)) == "operations/import customers.yaml:2:1"
    assert operation.mapping_position((1, "value")) == "operations/import customers.yaml:8:5"
    assert operation.mapping_position((0,)) == "operations/import customers.yaml:4:5"
    assert operation.mapping_position(()) == "operations/import customers.yaml:3:1"


def test_the_environment_is_looked_up_when_it_is_used(write: Write) -> None:
    project = Project.load(write(), {})
    assert project.endpoint("crm").activity("customers").settings == {"path": "data/north.csv"}
    with pytest.raises(SettingError) as caught:
        project.endpoint("acme").connection()
    (problem,) = caught.value.problems
    assert problem.message == "The environment variable STRIPE_KEY is not set."
    assert problem.remedy == "Set it before you start: export STRIPE_KEY=…"
    assert problem.line == "endpoints/acme.yaml:3:12"


def test_what_an_activity_needs_of_the_environment(write: Write) -> None:
    text = ACME.replace("${var:team}", "${env:TEAM}")
    project = Project.load(write({"endpoints/acme.yaml": text}), {})
    with pytest.raises(SettingError) as caught:
        project.endpoint("acme").activity("open invoices")
    assert caught.value.problems[0].line == "endpoints/acme.yaml:12:48"
    assert project.endpoint("acme").activity("new customer").settings == {}


def test_an_empty_environment_variable_is_a_fault(write: Write) -> None:
    with pytest.raises(SettingError, match="STRIPE_KEY is empty"):
        Project.load(write(), {"STRIPE_KEY": ""}).endpoint("acme").connection()


def test_no_secret_shows(write: Write) -> None:
    project = Project.load(write(), {"STRIPE_KEY": SECRET})
    acme = project.endpoint("acme")
    assert SECRET not in repr(project) + repr(acme)
    assert SECRET not in json.dumps(project.snapshot("import customers"))
    cut = SECRET[:59] + "…"
    problem = acme.located(Problem("x", f"api_key can't be {cut!r}.", path="api_key", value=SECRET))
    assert problem.line == "endpoints/acme.yaml:3:3"
    assert problem.message == "api_key can't be '(hidden)'."
    assert problem.value == "(hidden)"


def test_a_secret_inside_a_longer_text_does_not_show_either(write: Write) -> None:
    address = ACME.replace("${env:STRIPE_KEY}", "http://${env:STRIPE_KEY}.example.org/")
    acme = Project.load(write({"endpoints/acme.yaml": address}), {"STRIPE_KEY": SECRET}).endpoint(
        "acme"
    )
    text = f"http://{SECRET}.example.org/"[:59] + "…"
    problem = acme.located(Problem("x", f"api_key can't be {text!r}.", path="api_key"))
    assert "a1B2" not in problem.text()


def test_a_problem_of_a_connector_gets_its_place(write: Write) -> None:
    acme = Project.load(write(), {}).endpoint("acme")
    query = "status:'open'"
    span = (len(query) + 1, len(query) + 4)
    problem = Problem("x", "Unknown word.", path="query", span=span)
    assert acme.located(problem, "open invoices").line == "endpoints/acme.yaml:12:26"
    missing = Problem("x", "The required field 'on' is missing.", path="on.deeper[0]")
    assert acme.located(missing, "new customer").line == "endpoints/acme.yaml:8:5"
    nested = Problem("x", "Not a list.", path="filters.since[0].x")
    assert acme.located(nested, "open invoices").line == "endpoints/acme.yaml:9:3"
    nothing = Problem("x", "Nothing.", path="elsewhere")
    assert acme.located(nothing).line == "endpoints/acme.yaml:2:1"


def test_a_text_may_be_folded_or_keep_its_lines(write: Write) -> None:
    for style, text in ((">-", "status:'open' AND total>5"), ("|-", "status:'open'\n AND total>5")):
        query = f"query: {style}\n      status:'open'\n      AND total>5\n"
        acme = ACME.replace("query: status:'open' AND metadata['team']:'${var:team}'\n", query)
        read = Project.load(write({"endpoints/acme.yaml": acme}), {}).endpoint("acme")
        found = read.activity("open invoices").settings["query"]
        assert found == text.replace("\n ", "\n")


def test_secrets_in_lists_do_not_show_either(write: Write) -> None:
    text = ACME + "    filters:\n      - 5\n      - since: [a, '${env:STRIPE_KEY}']\n"
    acme = Project.load(write({"endpoints/acme.yaml": text}), {"STRIPE_KEY": SECRET}).endpoint(
        "acme"
    )
    found = acme.located(Problem("x", f"Not {SECRET!r}.", path="filters[1].since"), "open invoices")
    assert (found.line, found.message) == ("endpoints/acme.yaml:15:9", "Not '(hidden)'.")


def test_secrets_in_the_file_itself_are_found(write: Write) -> None:
    form = Form((Field("api_key", "string", secret=True, label="API key"),))
    project = Project.load(write(), {})
    assert project.endpoint("acme").literal_secrets(form) == ()
    assert project.endpoint("crm").literal_secrets(form) == ()
    project = Project.load(
        write({"endpoints/acme.yaml": ACME.replace("${env:STRIPE_KEY}", SECRET)}), {}
    )
    (problem,) = project.endpoint("acme").literal_secrets(form)
    assert problem.line == "endpoints/acme.yaml:3:3"
    assert SECRET not in problem.text()


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("sqlite:///shop.db", False),
        ("postgresql://db.example.com/shop?host=/run", False),
        ("postgresql://reader@db.example.com/shop", False),
        ("postgresql://reader:hunter22@db.example.com/shop", True),
        ("postgresql://db.example.com/shop?password=hunter22", True),
        ("mssql://?odbc_connect=UID%3Dsa%3BPWD%3Dhunter22", True),
        ("postgresql://[broken/shop", True),
    ],
)
def test_of_a_url_only_its_password_is_a_secret(write: Write, url: str, secret: bool) -> None:
    form = Form((Field("url", "string", secret=True, format="url", label="URL"),))
    text = f"connector: database\nconnection:\n  url: {url}\n"
    endpoint = Project.load(write({"endpoints/shop.yaml": text}), {}).endpoint("shop")
    assert [each.code for each in endpoint.literal_secrets(form)] == ["literal_secret"] * secret


def test_unknown_names_get_a_hint(write: Write) -> None:
    project = Project.load(write(), {})
    with pytest.raises(SettingError, match="Did you mean 'acme'"):
        project.endpoint("ACME")
    with pytest.raises(SettingError, match="Did you mean 'import customers'"):
        project.operation("import customer")
    with pytest.raises(SettingError, match="Did you mean 'new customer'"):
        project.endpoint("acme").activity("new costumer")


def test_a_snapshot_outlives_the_files(write: Write) -> None:
    folder = write()
    project = Project.load(folder, {"STRIPE_KEY": "one"})
    stored = json.loads(json.dumps(project.snapshot("import customers")))
    for name in ("endpoints/acme.yaml", "operations/import customers.yaml", "project.yaml"):
        (folder / name).write_text("connector: other\n", encoding="utf-8")
    again = Project.from_snapshot(stored, folder, {"STRIPE_KEY": "two"})
    assert again.operations == project.operations
    assert again.endpoint("acme").connection() == {"api_key": "two", "timeout": 30}
    assert again.operation("import customers").mapping_position((0, "to")).endswith(":4:5")


def test_a_snapshot_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="another version"):
        Project.from_snapshot({"snapshot": 99}, tmp_path, {})


def test_the_project_is_found_from_below(write: Write) -> None:
    folder = write()
    below = folder / "data" / "new"
    below.mkdir(parents=True)
    assert Project.find(below) == folder
    assert Project.find(folder) == folder


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"no project\.yaml"):
        Project.find(tmp_path)
    with pytest.raises(SettingError, match="is not a project"):
        Project.load(tmp_path, {})


def test_names_with_accents_match_however_they_are_stored(write: Write) -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    operation = f"source: {composed}/{decomposed}\ntarget: acme/new customer\n"
    activity = f"connector: files\nactivities:\n  {composed}:\n    type: read\n"
    project = Project.load(
        write({f"endpoints/{decomposed}.yaml": activity, f"operations/{composed}.yaml": operation}),
        {},
    )
    assert project.operation(decomposed).source == (composed, composed)
    assert project.endpoint(decomposed).activity(decomposed).type == "read"


def test_files_of_editors_and_other_files_are_passed_over(write: Write) -> None:
    extra = {"operations/.#import.yaml": "\t", "operations/notes.md": "x", "endpoints/._a.yaml": ""}
    project = Project.load(write(extra), {})
    assert list(project.operations) == ["import customers"]
