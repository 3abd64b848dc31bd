"""Whether lookups ask an operation that can have written the id."""

import pytest

from .conftest import ACME, CRM, Check

SUBSCRIBE = """\
source: crm/customers
identity: crm_id
mapping:
  - to: customer
    lookup:
      operation: import
      by: crm_id
  - to: items[0].price
    value: price_1
target: acme/new subscription
"""
FILES = {
    "endpoints/acme.yaml": ACME + "  new subscription:\n    type: create\n    on: subscriptions\n",
    "operations/subscribe.yaml": SUBSCRIBE,
}


async def test_a_good_one(check: Check) -> None:
    assert (await check(FILES)).faults == ()
    only = await check(FILES, "subscribe")
    assert only.faults == ()
    assert only.operations == ("subscribe",)


@pytest.mark.parametrize(
    ("old", "new", "code", "text"),
    [
        ("operation: import", "operation: imprt", "unknown_operation", "Did you mean 'import'?"),
        ("operation: import", "operation: Import", "unknown_operation", "Did you mean 'import'?"),
        ("operation: import", "operation: subscribe", "lookup_in_itself", "before this one"),
        ("operation: import", "operation: list", "lookup_elsewhere", "'crm'"),
        ("operation: import", "operation: other", "lookup_elsewhere", "'other'"),
        ("operation: import", "operation: anew", "lookup_without_ids", "no `identity`"),
        ("by: crm_id", "by: [crm_id, email]", "lookup_by_other_fields", "1 field (crm_id)"),
    ],
)
async def test_what_is_found(check: Check, old: str, new: str, code: str, text: str) -> None:
    anew = (
        "source: crm/customers\ntarget: acme/new customer\noptions:\n  repeat: create\n"
        "mapping:\n  - to: email\n    from: email\n"
    )
    files = {
        **FILES,
        "operations/subscribe.yaml": SUBSCRIBE.replace(old, new),
        "operations/list.yaml": "source: crm/customers\nidentity: crm_id\ntarget: crm/list\n",
        "operations/anew.yaml": anew,
        "endpoints/other.yaml": ACME,
        "operations/other.yaml": anew.replace("acme", "other") + "identity: crm_id\n",
    }
    (fault,) = (await check(files)).faults
    assert fault.code == code
    assert fault.line == "operations/subscribe.yaml:6:7"
    assert fault.path == "customer"
    assert text in fault.text()


async def test_files_keep_no_ids(check: Check) -> None:
    listing = "source: crm/customers\nidentity: crm_id\ntarget: crm/list\n"
    more = "mapping:\n  - to: id\n    lookup:\n      operation: first\n      by: crm_id\n"
    files = {
        "endpoints/crm.yaml": CRM,
        "operations/first.yaml": listing,
        "operations/second.yaml": listing + more,
    }
    (fault,) = (await check(files)).faults
    assert fault.code == "lookup_without_ids"
    assert "its target gives none" in fault.message


async def test_paths_are_checked(check: Check) -> None:
    files = {**FILES, "operations/subscribe.yaml": SUBSCRIBE.replace("by: crm_id", "by: crm_di")}
    (fault,) = (await check(files)).faults
    assert fault.code == "unknown_field"
    assert "Did you mean 'crm_id'?" in fault.text()


async def test_a_broken_operation_is_told_once(check: Check) -> None:
    broken = "source: nowhere\ntarget: acme/new customer\n"
    faults = (await check({**FILES, "operations/import.yaml": broken})).faults
    assert [each.code for each in faults] == ["bad_place"]
