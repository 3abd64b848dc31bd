"""Every fault of a project is told in our words, with its place and what to do."""

import pytest
from connector_agent.project import Project
from connector_sdk import SettingError

from .conftest import ACME, IMPORT, Faults, Write

OPERATION = "operations/import customers.yaml"
ENDPOINT = "endpoints/acme.yaml"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("connector: stripe\nconnection:\n\tapi_key: x\n", "tab", "3:1"),
        ("connector: stripe\nconnection:\n  \tapi_key: x\n", "tab", "3:3"),
        ("connector: stripe\nconnector: files\n", "duplicate_key", "2:1"),
        ("", "empty_file", "1:1"),
        ("# nothing yet\n", "empty_file", "1:1"),
        (b"connector: stripe\n# caf\xe9\n", "not_utf_8", "2:6"),
        ("connector: stripe\nconector: files\n", "unknown_key", "2:1"),
        ("connector: [stripe]\n", "not_text", "1:1"),
        ("connector: 12\n", "not_text", "1:1"),
        ("connection: {}\n", "missing_connector", "1:1"),
        ("- connector\n", "not_a_mapping", "1:1"),
        ("connector: files\nconnection: x\n", "not_a_mapping", "2:1"),
        ("connector: files\nconnection:\n", "no_value", "2:1"),
        ("connector: files\nconnection: {key: ${env:A}}\n", "reference_in_flow_style", "2:20"),
        ("connector: files\nconnection: [${env:A}]\n", "reference_in_flow_style", "2:15"),
        ("connector: a: b\n", "colon", "1:13"),
        ("connector: 'a\n", "open_quote", "1:12"),
        ("connector: files\nconnection: {a: [1, {b: 2}\nactivities: x\n", "open_bracket", "3:1"),
        ("connector: a\n---\nconnector: b\n", "second_document", "2:1"),
        ("connector: &a files\n", "anchor", "1:12"),
        ("connector: *a\n", "anchor", "1:12"),
        ("connector: !secret x\n", "tag", "1:12"),
        ("connector: @x\n", "bad_start", "1:12"),
        ("connector: files\nwrong\nx: y\n", "no_colon", "2:1"),
        ("connector:files\nx: y\n", "colon_without_space", "1:10"),
        ("connector: 'it's'\n", "text_behind_quote", "1:16"),
        ("activities:\n  -to: a\n   from: b\n", "dash_without_space", "2:3"),
        ("connector: | x\n", "text_behind_sign", "1:14"),
        ("activities:\n  x: {y: z}\n  a:b\n", "no_colon", "3:3"),
        ("connector: #5\nx: y\n", "no_value", "1:1"),
        ("connector: x\x07\n", "bad_character", "1:13"),
        ("connector: files\n? [a]\n: b\n", "bad_key", "2:3"),
        ("[" * 1000, "too_deep", "1:1"),
        ("connector: files\nconnection:\n  a: 1\n b: 2\n", "indentation", "4:2"),
    ],
)
def test_faulty_text(text: str | bytes, code: str, place: str, faults: Faults) -> None:
    found = faults({"endpoints/new.yaml": text})
    assert [(problem.code, problem.line) for problem in found] == [
        (code, f"endpoints/new.yaml:{place}")
    ]


@pytest.mark.parametrize(
    "word",
    [
        "01234", "007", "-01", "+44123", "1e3", "1.5E-3", "0x10", "0o17", "0b1", "1_000", "1.50",
        "00.5", ".5", "1.", ".inf", "-.INF", ".nan", "2026-01-31", "2026-01-31T10:00:00Z",
        "2026-1-5", "123456789012345678901", "9223372036854775808", "1234567890.12345678901",
    ],
)  # fmt: skip
def test_words_that_yaml_would_change_are_refused(word: str, faults: Faults) -> None:
    (problem,) = faults({OPERATION: IMPORT.replace("${var:team}", word)})
    assert problem.code == "changed_by_yaml"
    assert problem.line == f"{OPERATION}:8:12"
    assert problem.remedy == f'Write it in quotes: "{word}".'


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("NO", "NO"), ("y", "y"), ("12:30", "12:30"),
        ("true", True), ("False", False), ("null", None), ("~", None), ("0", 0), ("-7", -7),
        ("80.5", 80.5), ("1.2.3", "1.2.3"), ("2026-10-28.endive", "2026-10-28.endive"),
        ("acct_1", "acct_1"), ('"01234"', "01234"), ("'2026-01-31'", "2026-01-31"), ('""', ""),
        ("1 000", "1 000"), ("|\n      a\n      b", "a\nb\n"), ("$${env:X}", "${env:X}"),
        ("${var:patience}", 30), ("${var:patience}s", "30s"), ("'${var:patience}'", 30),
        ("a $ b {c}", "a $ b {c}"),
    ],
)  # fmt: skip
def test_words_that_are_kept(word: str, value: object, write: Write) -> None:
    folder = write({OPERATION: IMPORT.replace("${var:team}", word)})
    line = Project.load(folder, {}).operation("import customers").mapping[1]
    assert isinstance(line, dict)
    assert line["value"] == value
    assert type(line["value"]) is type(value)


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("${HOME}", "unknown_namespace", 12),
        ("a${secret:X}", "unknown_namespace", 13),
        ("${var:teem}", "unknown_variable", 12),
        ("${var:a b}", "bad_variable_name", 12),
        ("x ${var:team", "open_reference", 14),
        ("${env:STAGE}", "environment_in_operation", 12),
        ("list ${var:many}", "variable_not_text", 17),
    ],
)
def test_faulty_references(text: str, code: str, column: int, faults: Faults) -> None:
    (problem,) = faults(
        {
            OPERATION: IMPORT.replace("${var:team}", text),
            "project.yaml": "name: x\nvariables:\n  team: a\n  patience: 3\n  many: [1, 2]\n",
        }
    )
    assert (problem.code, problem.line) == (code, f"{OPERATION}:8:{column}")


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("crm/customers", "crm/costumers", "unknown_activity", "1:1"),
        ("crm/customers", "cmr/customers", "unknown_endpoint", "1:1"),
        ("crm/customers", "customers", "bad_place", "1:1"),
        ("crm/customers", "a/b/c", "bad_place", "1:1"),
        ("source: crm/customers", "sauce: crm/customers", "unknown_key", "1:1"),
        ("identity: crm_id", "identity: 5", "bad_identity", "2:1"),
        ("identity: crm_id", "identity: []", "bad_identity", "2:1"),
        ("identity: crm_id", "identity: [a, a]", "bad_identity", "2:1"),
        ("on_problem: stop", "on_problem: halt", "bad_option", "11:3"),
        ("on_problem: stop", "repeat: always", "bad_option", "11:3"),
        ("on_problem: stop", "on_problems: stop", "unknown_key", "11:3"),
        ("problems: 100", "problems: -1", "bad_option", "12:3"),
        ("problems: 100", "problems: yes", "bad_option", "12:3"),
    ],
)
def test_faulty_operations(old: str, new: str, code: str, place: str, faults: Faults) -> None:
    found = faults({OPERATION: IMPORT.replace(old, new)})
    assert (code, f"{OPERATION}:{place}") in [(each.code, each.line) for each in found]


def test_a_mapping_has_to_be_a_list(faults: Faults) -> None:
    (problem,) = faults(
        {OPERATION: "source: crm/customers\ntarget: acme/new customer\nmapping:\n  to: email\n"}
    )
    assert (problem.code, problem.line) == ("not_a_list", f"{OPERATION}:3:1")


@pytest.mark.parametrize("name", ["a/b", "a:b", ".a", "-a", '""', '" a"', "a\\b", '"a\\tb"'])
def test_names_of_activities(name: str, faults: Faults) -> None:
    text = f"connector: files\nactivities:\n  {name}:\n    type: read\n"
    (problem,) = faults({"endpoints/new.yaml": text})
    assert (problem.code, problem.line) == ("bad_name", "endpoints/new.yaml:3:3")


@pytest.mark.parametrize("name", ["a:b", ".a", "-a", "", " a", "a\tb", "a\\b"])
def test_names_of_files(name: str, faults: Faults) -> None:
    (problem,) = faults({f"operations/{name}.yaml": IMPORT})
    assert (problem.code, problem.line) == ("bad_name", f"operations/{name}.yaml")


def test_names_that_differ_only_by_case(faults: Faults) -> None:
    again = ACME + "  New Customer:\n    type: create\n"
    found = faults({"operations/Import Customers.yaml": IMPORT, ENDPOINT: again})
    assert sorted((each.code, each.line) for each in found) == [
        ("duplicate_name", "endpoints/acme.yaml:13:3"),
        ("duplicate_name", OPERATION),
    ]


def test_files_that_nothing_reads(faults: Faults) -> None:
    found = faults({"operations/x.yml": IMPORT, "endpoints/old/acme.yaml": ACME})
    assert [(each.code, each.line) for each in found] == [
        ("folder_below", "endpoints/old"),
        ("wrong_ending", "operations/x.yml"),
    ]


def test_all_faults_are_told_at_once(faults: Faults) -> None:
    found = faults(
        {
            "project.yaml": "nam: x\nvariables:\n  1a: 2\n",
            ENDPOINT: "connector: stripe\nactivities:\n  new customer:\n    tipe: create\n",
            "endpoints/crm.yaml": "\tx",
            OPERATION: IMPORT.replace("identity: crm_id", "identity: 7"),
        }
    )
    assert sorted((each.code, each.line) for each in found) == [
        ("bad_identity", f"{OPERATION}:2:1"),
        ("bad_variable_name", "project.yaml:3:3"),
        ("missing_name", "project.yaml:1:1"),
        ("missing_type", f"{ENDPOINT}:3:3"),
        ("tab", "endpoints/crm.yaml:1:1"),
        ("unknown_key", "project.yaml:1:1"),
        ("unknown_variable", f"{OPERATION}:8:12"),
    ]


def test_faulty_references_of_an_endpoint(faults: Faults) -> None:
    bad = ACME.replace("${var:patience}", "${var:patients}").replace("${var:team}", "${stage}")
    found = faults({ENDPOINT: bad})
    assert [(each.code, each.line) for each in found] == [
        ("unknown_variable", f"{ENDPOINT}:4:12"),
        ("unknown_namespace", f"{ENDPOINT}:12:48"),
    ]
    assert found[0].remedy == "Did you mean 'patience'?"


def test_a_broken_endpoint_is_not_also_told_as_missing(faults: Faults) -> None:
    found = faults({ENDPOINT: "connector: stripe\nactivities: 5\n"})
    assert [each.code for each in found] == ["not_a_mapping"]


def test_an_unreadable_file(write: Write) -> None:
    folder = write()
    (folder / "operations" / "loop.yaml").symlink_to("loop.yaml")
    with pytest.raises(SettingError, match=r"operations/loop\.yaml can't be read"):
        Project.load(folder, {})


def test_a_comment_in_place_of_a_value_is_told(faults: Faults) -> None:
    (problem,) = faults({"endpoints/new.yaml": "connector: #5\nactivities: {}\n"})
    assert problem.code == "no_value"
    assert "comment" in problem.remedy
