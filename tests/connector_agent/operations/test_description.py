"""Operations in words."""

import json
from typing import Any

import pytest
from connector_agent.operations.description import Description, describe
from connector_agent.project import Project
from connector_sdk import MemoryHost

from .conftest import ACME, IMPORT, Write


async def described(
    write: Write, files: dict[str, str], environ: dict[str, str] | None = None, env: str = ""
) -> Description:
    folder = write(files)
    project = Project.load(folder, environ or {}, env)
    return await describe(project, "import", MemoryHost(folder, folder / ".connector"))


async def test_both_sides_are_resolved(write: Write) -> None:
    found = await described(write, {}, {"STRIPE_KEY": "sk_test_abcdefgh"})
    assert (found.source.place, found.source.connector) == ("crm/customers", "files")
    assert found.source.columns == ("crm_id", "email", "status")
    assert found.source.settings == {"path": "data/customers.csv"}
    assert (found.target.call, found.target.on) == ("POST /v1/customers", "customers")
    assert found.target.mode == "sandbox"
    assert found.target.connection == {"api_key": "${env:STRIPE_KEY}", "address": "sandbox"}
    assert found.identity == "crm_id"
    assert found.mapping == (("email", "email: trim, lower"),)
    assert found.faults == ()
    assert "sk_test" not in json.dumps(found.as_json())


async def test_the_environment_chooses_variables(write: Write) -> None:
    live = {"environments/live.yaml": 'variables:\n  address: ""\n'}
    found = await described(write, live, env="live")
    assert found.environment == "live"
    assert found.target.connection == {"api_key": "${env:STRIPE_KEY}"}
    assert found.target.mode == ""  # without the key nobody knows


async def test_secrets_in_the_files_are_hidden(write: Write) -> None:
    found = await described(
        write, {"endpoints/acme.yaml": ACME.replace("${env:STRIPE_KEY}", "sk_test_x")}
    )
    assert found.target.connection["api_key"] == "(hidden)"
    assert [each.code for each in found.faults] == ["literal_secret"]
    unknown = ACME.replace("${env:STRIPE_KEY}", "sk_test_x").replace("stripe", "strpe")
    found = await described(write, {"endpoints/acme.yaml": unknown})
    assert found.target.connection == {"api_key": "(hidden)", "address": "(hidden)"}


@pytest.mark.parametrize(
    ("line", "how"),
    [
        ({"from": "a"}, "a"),
        ({"value": "GB"}, "always GB"),
        ({"value": " x"}, 'always " x"'),
        ({"value": 5, "when": {"from": "s", "equals": "open"}}, "always 5 (when s is open)"),
        ({"from": "a", "when": {"from": "s", "not_equals": 1}}, "a (when s is not 1)"),
        ({"from": "a", "when": {"from": "s", "in": [1, "b"]}}, "a (when s is one of 1, b)"),
        ({"from": "a", "when": {"from": "s", "blank": False}}, "a (when s is not blank)"),
        (
            {"from": "a", "steps": [{"replace": {"old": "\n", "new": " "}}]},
            'a: replace (old "\\n", new " ")',
        ),
        ({"steps": [{"default": "x"}]}, "default x"),
        (
            {"lookup": {"operation": "first", "by": "no"}},
            "the id that 'first' wrote for no",
        ),
        (
            {"lookup": {"operation": "first", "by": ["a", "b"], "missing": "leave_out"}},
            "the id that 'first' wrote for a and b, if there is one",
        ),
    ],
)
async def test_lines_in_words(line: dict[str, Any], how: str, write: Write) -> None:
    mapping = json.dumps([{"to": "name", **line}])
    text = IMPORT[: IMPORT.index("mapping:")] + f"mapping: {mapping}\ntarget: acme/new customer\n"
    assert (await described(write, {"operations/import.yaml": text})).mapping == (("name", how),)


async def test_lists_in_words(write: Write) -> None:
    tests = [{"from": "sku", "blank": False}, {"from": "kind", "equals": "x"}]
    line = {
        "to": "preferred_locales",
        "each": "lines",
        "where": tests,
        "mapping": [{"to": "code", "from": "sku"}],
    }
    mapping = json.dumps([line])
    text = IMPORT[: IMPORT.index("mapping:")] + f"mapping: {mapping}\ntarget: acme/new customer\n"
    assert (await described(write, {"operations/import.yaml": text})).mapping == (
        ("preferred_locales", "for each of lines where sku is not blank and kind is x"),
        ("preferred_locales[].code", "sku"),
    )


async def test_where_group_and_options(write: Write) -> None:
    text = IMPORT + (
        "where:\n  - {from: status, equals: open}\n  - {from: email, blank: false}\n"
        "group: {by: crm_id, as: rows}\n"
        "options: {on_problem: stop, repeat: update}\n"
    )
    found = await described(write, {"operations/import.yaml": text})
    assert found.where == ("status is open", "email is not blank")
    assert found.group == "rows with the same crm_id become one record with its rows"
    assert found.options == (
        ("repeat", "a record that an earlier run wrote is updated"),
        ("problems", "the first one ends the run"),
    )


async def test_a_target_that_is_written_anew(write: Write) -> None:
    text = "source: crm/customers\ntarget: crm/list\noptions: {stop_after_problems: 1000}\n"
    found = await described(write, {"operations/import.yaml": text})
    assert found.mapping == ()
    assert found.identity == "none: each record is a new one"
    assert dict(found.options) == {
        "repeat": "each run writes a new target, which appears once it is complete",
        "problems": "the run ends after 1,000",
    }
