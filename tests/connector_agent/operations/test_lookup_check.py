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


async def test_ids_of_another_object_are_a_warning(check: Check) -> None:
    text = SUBSCRIBE.replace(
        "    value: price_1\n", "    lookup: {operation: import, by: crm_id}\n"
    )
    found = await check({**FILES, "operations/subscribe.yaml": text})
    assert found.faults == ()
    (warning,) = found.warnings
    assert (warning.code, warning.line) == (
        "lookup_of_other_object",
        "operations/subscribe.yaml:9:14",
    )
    assert "takes ids of prices, and the operation 'import' writes customers" in warning.message


INVOICES = """\
source: crm/rows
group: {by: invoice_no, as: rows}
identity: invoice_no
mapping:
  - to: customer
    lookup: {operation: import, by: crm_id}
  - to: currency
    from: currency
  - to: auto_advance
    value: false
target: acme/new invoice
"""
LINES = """\
source: crm/rows
group: {by: invoice_no, as: rows}
identity: invoice_no
mapping:
  - to: id
    lookup: {operation: invoices, by: invoice_no}
  - to: lines
    each: rows
    mapping:
      - to: description
        from: article
      - to: amount
        from: price
        steps:
          - money_to_minor: {currency_from: record.currency}
      - to: quantity
        from: count
  - to: currency
    from: currency
target: acme/lines of invoice
"""
ROWS = "invoice_no,crm_id,currency,article,price,count\n1,1,eur,Tea,4.50,2\n1,1,eur,Milk,1.20,1\n"
FLAT = {
    "endpoints/acme.yaml": ACME
    + "  new invoice:\n    type: create\n    on: invoices\n"
    + "  lines of invoice:\n    type: update\n    on: invoices\n    action: add_lines\n",
    "endpoints/crm.yaml": CRM + "  rows:\n    type: read\n    path: data/rows.csv\n",
    "operations/invoices.yaml": INVOICES,
    "operations/lines.yaml": LINES,
    "data/rows.csv": ROWS,
}


async def test_invoices_and_their_lines_of_a_flat_file(check: Check) -> None:
    assert (await check(FLAT)).faults == ()


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("to: description", "to: desciption", "unknown_field", "10:9"),
        ("from: article", "from: artcle", "unknown_field", "10:9"),
        ("record.currency", "currncy", "unknown_field", "15:"),
        ("operation: invoices", "operation: lines", "lookup_in_itself", "6:"),
        ("to: quantity", "to: quantity_decimals", "unknown_field", "16:9"),
        (
            "        steps:\n          - money_to_minor: {currency_from: record.currency}\n",
            "",
            "money_without_currency",
            "12:9",
        ),
    ],
)
async def test_faults_in_their_lines(
    check: Check, old: str, new: str, code: str, place: str
) -> None:
    files = {**FLAT, "operations/lines.yaml": LINES.replace(old, new)}
    (fault,) = (await check(files)).faults
    assert fault.code == code
    assert fault.line.startswith(f"operations/lines.yaml:{place}")
