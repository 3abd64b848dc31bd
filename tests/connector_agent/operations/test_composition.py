"""What a check knows of updates, where an operation repeats with `update`."""

import pytest
from connector_agent.operations.description import describe
from connector_agent.project import Project
from connector_sdk import MemoryHost

from .conftest import ACME, ENVIRON, Check, Write

ACTIVITIES = """\
  new meter event:
    type: create
    on: billing.meter_events
  new coupon:
    type: create
    on: coupons
  new subscription:
    type: create
    on: subscriptions
  changed customer:
    type: update
    on: customers
"""
HEAD = "source: crm/customers\nidentity: crm_id\n"
MAPPING = """\
mapping:
  - to: email
    from: email
  - to: balance
    from: status
    steps: [to_integer]
    only: create
  - to: tax_id_data
    expression: '[{"type": "eu_vat", "value": status}]'
    only: create
  - to: default_source
    from: status
    only: update
"""
TAIL = "target: acme/{}\noptions:\n  repeat: {}\n"


def operation(
    mapping: str = MAPPING, target: str = "new customer", repeat: str = "update"
) -> dict[str, str]:
    return {
        "endpoints/acme.yaml": ACME + ACTIVITIES,
        "operations/import.yaml": HEAD + mapping + TAIL.format(target, repeat),
    }


async def test_lines_for_creates_and_for_updates_stand_side_by_side(check: Check) -> None:
    assert (await check(operation())).faults == ()
    both = "mapping:\n" + "".join(
        f"  - to: balance\n    from: status\n    steps: [to_integer]\n    only: {only}\n"
        for only in ("create", "update")
    )
    assert (await check(operation(both))).faults == ()


@pytest.mark.parametrize("repeat", ["skip", "create"])
async def test_without_updates_every_line_counts(check: Check, repeat: str) -> None:
    every = MAPPING.replace("    only: create\n", "").partition("  - to: default_source")[0]
    assert (await check(operation(every, repeat=repeat))).faults == ()


@pytest.mark.parametrize(
    ("mapping", "code", "place", "says"),
    [
        (
            MAPPING.replace("[to_integer]\n    only: create\n", "[to_integer]\n"),
            "starting_value",
            "6:5",
            "An update sets the balance back",
        ),
        (
            MAPPING.replace("value\": status}]'\n    only: create\n", "value\": status}]'\n"),
            "not_in_update",
            "10:5",
            "Say `only: create` in the line.",
        ),
        (MAPPING.replace("_source", "_sourc"), "not_in_update", "13:5", "Did you mean"),
        (MAPPING.replace("only: update", "only: updat"), "bad_only", "15:5", "Did you mean"),
        (MAPPING.replace("only: update", "only: both"), "bad_only", "15:5", "Leave it out"),
        (
            "mapping:\n  - to: email\n    from: email\n    only: create\n",
            "no_line_left",
            "3:1",
            "no line that counts for updates",
        ),
        (
            "mapping:\n  - to: email\n    from: email\n    only: update\n",
            "no_line_left",
            "3:1",
            "no line that counts for creates",
        ),
    ],
)  # fmt: skip
async def test_faults_of_lines(
    check: Check, mapping: str, code: str, place: str, says: str
) -> None:
    (fault,) = (await check(operation(mapping))).faults
    assert fault.code == code
    assert fault.line == f"operations/import.yaml:{place}"
    assert says in fault.text()


async def test_a_list_is_looked_into(check: Check) -> None:
    lines = """\
mapping:
  - to: customer
    from: crm_id
    only: create
  - to: payment_settings.payment_method_types
    from: status
    steps: [{split: ;}]
  - to: items
    each: tags
    mapping:
      - to: price
        from: value
"""
    grouped = {
        **operation(lines.replace("each: tags", "each: rows"), "new subscription"),
        "data/customers.csv": "crm_id,email,status,value\n1,a,card,p\n",
    }
    head = HEAD + "group:\n  by: crm_id\n  as: rows\n"
    text = grouped["operations/import.yaml"].replace(HEAD, head)
    grouped["operations/import.yaml"] = text
    (fault,) = (await check(grouped)).faults
    assert (fault.code, fault.path) == ("starting_value", "items")
    grouped["operations/import.yaml"] = text.replace(
        "        from: value\n", "        from: value\n        only: create\n"
    )
    assert (await check(grouped)).faults == ()
    quantity = "      - to: quantity\n        value: 1\ntarget:"
    grouped["operations/import.yaml"] = grouped["operations/import.yaml"].replace(
        "target:", quantity
    )
    (fault,) = (await check(grouped)).faults
    assert (fault.code, fault.path) == ("starting_value", "items")
    grouped["operations/import.yaml"] = text.replace(
        "    each: rows\n", "    each: rows\n    only: create\n"
    )
    assert (await check(grouped)).faults == ()


async def test_what_cannot_be_updated_is_not_repeated_with_update(check: Check) -> None:
    lines = (
        "mapping:\n  - to: event_name\n    value: calls\n  - to: payload.value\n    from: status\n"
    )
    (fault,) = (await check(operation(lines, "new meter event"))).faults
    assert fault.code == "not_updatable"
    assert fault.line.startswith("operations/import.yaml:")
    assert "'acme/new meter event'" in fault.message
    assert "Set `repeat` to skip" in fault.remedy


async def test_an_id_of_ones_own_is_for_creates(check: Check) -> None:
    lines = (
        "mapping:\n  - to: id\n    from: crm_id\n  - to: percent_off\n    value: 10\n"
        "    only: create\n  - to: duration\n    value: once\n    only: create\n"
        "  - to: name\n    from: email\n"
    )
    (fault,) = (await check(operation(lines, "new coupon"))).faults
    assert (fault.code, fault.path) == ("not_in_update", "id")


@pytest.mark.parametrize(
    ("target", "repeat", "says"),
    [
        ("new customer", "skip", "but with `skip`"),
        ("new customer", "create", "but with `create`"),
        ("changed customer", "update", "creates nothing that it updates later"),
    ],
)
async def test_only_where_something_is_updated(
    check: Check, target: str, repeat: str, says: str
) -> None:
    lines = (
        "mapping:\n  - to: email\n    from: email\n    only: create\n"
        "  - to: name\n    from: email\n"
    )
    if target == "changed customer":
        lines += "  - to: id\n    from: crm_id\n"
    (fault,) = (await check(operation(lines, target, repeat))).faults
    assert (fault.code, fault.line) == ("only_without_update", "operations/import.yaml:4:5")
    assert says in fault.message


async def test_show_says_it(write: Write) -> None:
    folder = write(operation())
    project = Project.load(folder, ENVIRON, "")
    found = await describe(project, "import", MemoryHost(folder, folder / ".connector"))
    assert found.faults == ()
    told = dict(found.mapping)
    assert told["balance"] == "status: to_integer (only when created)"
    assert told["default_source"] == "status (only when updated)"
