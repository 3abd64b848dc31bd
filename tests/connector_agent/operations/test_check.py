"""Every fault of a project at once, with its place."""

import pytest
from connector_agent.operations.check import Checked, place_of
from connector_sdk import Problem, SettingError

from .conftest import ACME, CRM, IMPORT, Check


def told(found: Checked) -> list[tuple[str, str]]:
    return [(each.code, each.line) for each in found.faults]


async def test_a_sound_project(check: Check) -> None:
    found = await check({})
    assert found == Checked((), (), (), ("acme", "crm"), ("import",))


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "place"),
    [
        ("endpoints/acme.yaml", "stripe", "strpe", "unknown_connector", "1:1"),
        ("endpoints/acme.yaml", "type: create", "type: crate", "unknown_activity_type", "7:5"),
        ("endpoints/acme.yaml", "on: customers", "on: costumers", "unknown_object", "8:5"),
        ("endpoints/acme.yaml", "'active'", "'x' AND", "wrong_query", "12:"),
        ("endpoints/acme.yaml", "${env:STRIPE_KEY}", "sk_test_1", "literal_secret", "3:3"),
        ("endpoints/acme.yaml", "  address", "  adress", "unknown_field", "4:3"),
        ("endpoints/crm.yaml", "data/customers.csv", "data/c.csv", "no_such_file", "5:5"),
        ("operations/import.yaml", "identity: crm_id\n", "", "needs_identity", "1:1"),
        ("operations/import.yaml", "identity: crm_id", "identity: idd", "unknown_field", "2:1"),
        ("operations/import.yaml", "identity: crm_id", "identity: a..b", "bad_path", "2:1"),
        ("operations/import.yaml", "to: email", "to: emial", "unknown_field", "4:5"),
        ("operations/import.yaml", "from: email", "from: emial", "unknown_field", "4:5"),
        ("operations/import.yaml", "trim,", "trimm,", "unknown_step", "6:"),
        ("operations/import.yaml", "crm/customers", "crm/list", "wrong_role", "1:1"),
        ("operations/import.yaml", "acme/new customer", "acme/active", "wrong_role", "7:1"),
        ("operations/import.yaml", "crm/customers", "crm/costumers", "unknown_activity", "1:1"),
        ("project.yaml", "address:", "adress:", "unknown_variable", ""),
    ],
)
async def test_each_fault_has_its_place(
    file: str, old: str, new: str, code: str, place: str, check: Check
) -> None:
    whole = {"endpoints/acme.yaml": ACME, "endpoints/crm.yaml": CRM}
    whole |= {"operations/import.yaml": IMPORT}
    whole |= {"project.yaml": "name: billing\nvariables:\n  address: sandbox\n"}
    assert old in whole[file]
    found = await check({file: whole[file].replace(old, new, 1)})
    places = [each.line for each in found.faults if each.code == code]
    where = f"{file}:{place}" if place else "endpoints/acme.yaml:4:12"
    assert len(places) == 1, found
    assert places[0].startswith(where)


@pytest.mark.parametrize(
    ("lines", "code", "place"),
    [
        ("where: {from: stat, equals: open}", "unknown_field", "9:9"),
        ("where:\n  - {from: status, is: open}", "unknown_key", "10:20"),
        ("where: 5", "bad_where", "9:1"),
        ("where: {from: '${env:X}', equals: 1}", "environment_in_operation", "9:16"),
        ("group: {by: statu, as: rows}", "unknown_field", "9:9"),
        ("group: {by: 'a[0]', as: rows}", "bad_group", "9:9"),
        ("group: {by: status, as: email}", "bad_group", "9:21"),
        ("group: {by: [], as: rows}", "bad_group", "9:9"),
        ("group: {by: [status, status], as: rows}", "bad_group", "9:9"),
        ("group: {by: status}", "missing_as", "9:1"),
        ("group: {by: status, into: rows}", "unknown_key", "9:21"),
        ("group: status", "bad_group", "9:1"),
    ],
)
async def test_faults_of_where_and_group(lines: str, code: str, place: str, check: Check) -> None:
    text = IMPORT + "options: {repeat: skip}\n" + lines + "\n"
    found = await check({"operations/import.yaml": text})
    assert (code, f"operations/import.yaml:{place}") in told(found)


async def test_groups_are_known_to_the_mapping(check: Check) -> None:
    text = IMPORT + "  # rows\ngroup: {by: status, as: rows}\n"
    grouped = text.replace("from: email", "from: rows[0].email")
    assert (await check({"operations/import.yaml": grouped})).faults == ()
    wrong = text.replace("from: email", "from: rows[0].mail")
    found = await check({"operations/import.yaml": wrong})
    assert told(found) == [("unknown_field", "operations/import.yaml:4:5")]


PLAIN = "source: {}\nidentity: {}\ntarget: {}\n"
TWO = ACME + "  found:\n    type: search\n    on: customers\n"
TWO += "  pay:\n    type: create\n    on: payment_intents\n"
TWO += "  new price:\n    type: create\n    on: prices\n"
COLUMNS = CRM + "  columns:\n    type: write\n    path: out/c.csv\n    columns: [id, email]\n"


@pytest.mark.parametrize(
    ("source", "target", "parts"),
    [
        ("acme/found", "acme/new customer", ("has no 'created', 'id', 'livemode' and 1 more.",)),
        ("acme/found", "acme/pay", ("has no 'created'", "; the target needs 'amount', which")),
        ("acme/found", "crm/columns", ("has no 'created', 'livemode', 'object'.",)),
        ("crm/customers", "acme/new price", ("target as they are: the target needs 'currency',",)),
    ],
)
async def test_records_that_no_target_takes_as_they_are(
    source: str, target: str, parts: tuple[str, ...], check: Check
) -> None:
    key = "id" if source == "acme/found" else "crm_id"
    operation = PLAIN.format(source, key, target)
    files = {"endpoints/acme.yaml": TWO, "endpoints/crm.yaml": COLUMNS}
    found = await check({**files, "operations/import.yaml": operation})
    assert told(found) == [("no_mapping", "operations/import.yaml:3:1")]
    for part in parts:
        assert part in found.faults[0].message
    assert "`mapping: [{to: " in found.faults[0].remedy


@pytest.mark.parametrize(
    ("source", "target", "rows"),
    [
        ("acme/found", "crm/list", ""),
        ("crm/customers", "crm/list", ""),
        ("crm/customers", "acme/new customer", "email,name\na@example.org,Ada\n"),
    ],
)
async def test_records_that_may_be_taken_as_they_are(
    source: str, target: str, rows: str, check: Check
) -> None:
    key = "id" if source == "acme/found" else "email"
    files = {"endpoints/acme.yaml": TWO, "data/customers.csv": rows or "email\na@example.org\n"}
    found = await check({**files, "operations/import.yaml": PLAIN.format(source, key, target)})
    assert found.faults == ()


async def test_what_is_not_set_is_a_warning_and_the_rest_is_checked(check: Check) -> None:
    wrong = ACME.replace("on: customers", "on: costumers")
    found = await check({"endpoints/acme.yaml": wrong}, environ={})
    assert told(found) == [("unknown_object", "endpoints/acme.yaml:8:5")]
    (warning,) = found.warnings
    assert (warning.code, warning.line) == ("missing_variable", "endpoints/acme.yaml:3:12")
    part = ACME.replace("'active'", "'${env:STATUS}'")
    found = await check({"endpoints/acme.yaml": part}, environ={"STRIPE_KEY": "sk_test_1"})
    assert [each.line for each in found.warnings] == ["endpoints/acme.yaml:12:20"]
    assert found.faults == ()


async def test_a_broken_file_hides_nothing_of_the_others(check: Check) -> None:
    found = await check(
        {
            "project.yaml": "name: x\nvariables:\n  since: 2026-01-31\n  address: sandbox\n",
            "endpoints/acme.yaml": ACME.replace("on: customers", "on: costumers"),
            "operations/import.yaml": IMPORT.replace("from: email", "from: mail"),
            "operations/broken.yaml": "source:\n\tx",
            "environments/live.yaml": "variables: 5\n",
        }
    )
    assert told(found) == [
        ("unknown_object", "endpoints/acme.yaml:8:5"),
        ("not_a_mapping", "environments/live.yaml:1:1"),
        ("tab", "operations/broken.yaml:2:1"),
        ("unknown_field", "operations/import.yaml:4:5"),
        ("changed_by_yaml", "project.yaml:3:10"),
    ]


async def test_faults_of_one_file_hide_nothing_else_in_it(check: Check) -> None:
    lines = "  - to: name\n    from: mail\n  - to: metadata.no\n    value: 01234\n"
    mapping = IMPORT.replace("lower", "lowr").replace("target:", lines + "target:")
    options = "options:\n  on_problem: skp\n  stop_after_problems: 01\n"
    found = await check({"operations/import.yaml": mapping + options})
    assert told(found) == [
        ("unknown_step", "operations/import.yaml:6:19"),
        ("unknown_field", "operations/import.yaml:7:5"),
        ("changed_by_yaml", "operations/import.yaml:10:12"),
        ("bad_option", "operations/import.yaml:13:3"),
        ("changed_by_yaml", "operations/import.yaml:14:24"),
    ]


async def test_a_repetition_that_is_not_known_says_nothing_of_the_identity(check: Check) -> None:
    text = IMPORT.replace("identity: crm_id\n", "") + "options: {repeat: craete}\n"
    found = await check({"operations/import.yaml": text})
    assert told(found) == [("bad_option", "operations/import.yaml:7:11")]


async def test_only_what_an_operation_uses(check: Check) -> None:
    files = {
        "operations/other.yaml": "source: crm/customers\ntarget: crm/lost\n",
        "endpoints/spare.yaml": "connector: nothing\n",
        "endpoints/acme.yaml": ACME.replace("'active'", "'x' AND"),
    }
    assert (await check(files, "import")).faults == ()
    assert [line for _, line in told(await check(files, "other"))] == ["operations/other.yaml:2:1"]
    assert len((await check(files)).faults) == 3


async def test_currencies_of_a_target_that_is_not_known(check: Check) -> None:
    mapped = (
        "mapping:\n  - to: balance\n    from: crm_id\n    steps:\n"
        "      - money_to_minor:\n          currency: usd\n"
    )
    wrong = ACME.replace("on: customers", "on: costumers", 1)
    found = await check(
        {
            "endpoints/acme.yaml": wrong,
            "operations/import.yaml": "source: crm/customers\nidentity: crm_id\n"
            f"{mapped}target: acme/new customer\n",
        }
    )
    assert [each.code for each in found.faults] == ["unknown_object"]


async def test_unknown_operations_and_environments(check: Check) -> None:
    with pytest.raises(SettingError, match="Did you mean 'import'"):
        await check({}, "imprt")
    with pytest.raises(SettingError, match="Did you mean 'live'"):
        await check({"environments/live.yaml": "variables: {}\n"}, environment="lvie")


async def test_a_named_operation_that_is_broken_is_told(check: Check) -> None:
    found = await check({"operations/import.yaml": "source: 5\n"}, "import")
    assert ("not_text", "operations/import.yaml:1:1") in told(found)


def test_places_of_problems() -> None:
    assert place_of(Problem("x", "", line="a:b.yaml:12:5")) == ("a:b.yaml", 12, 5)
    assert place_of(Problem("x", "", line="operations/x.yml")) == ("operations/x.yml", 1, 1)


async def test_the_source_says_how_many_decimals_its_currencies_have(check: Check) -> None:
    export = (
        "source: acme/active\ntarget: crm/list\nmapping:\n"
        "  - to: paid\n    value: 1234\n    steps:\n      - from_minor:\n          currency: usd\n"
    )
    assert (await check({"operations/export.yaml": export}, "export")).faults == ()
    wrong = export.replace("usd", "usx")
    (fault,) = (await check({"operations/export.yaml": wrong}, "export")).faults
    assert (fault.code, fault.line) == ("unknown_currency", "operations/export.yaml:7:9")
