"""Lines of a draft: added, changed and removed."""

import pytest

from tests.stripe_connector.sandbox.direct import Direct, made


def draft(sandbox: Direct) -> tuple[str, str]:
    customer = made(sandbox, "/v1/customers")["id"]
    return made(sandbox, "/v1/invoices", f"customer={customer}")["id"], customer


def test_lines_come_and_go() -> None:
    sandbox = Direct()
    invoice, customer = draft(sandbox)
    path = f"/v1/invoices/{invoice}"
    form = "lines[0][amount]=300&lines[0][description]=Hat&lines[1][amount]=200"
    added = made(sandbox, f"{path}/add_lines", form + "&invoice_metadata[a]=b")
    assert (added["total"], added["metadata"]) == (500, {"a": "b"})
    first, second = added["lines"]["data"]
    assert first["description"] == "Hat"
    changed = made(
        sandbox, f"{path}/update_lines", f"lines[0][id]={first['id']}&lines[0][amount]=1"
    )
    assert changed["total"] == 201
    line = made(sandbox, f"{path}/lines/{second['id']}", "amount=2&description=Cap")
    assert (line["amount"], line["description"]) == (2, "Cap")
    drop = f"lines[0][id]={first['id']}&lines[0][behavior]=delete"
    assert made(sandbox, f"{path}/remove_lines", drop)["total"] == 2
    keep = f"lines[0][id]={second['id']}&lines[0][behavior]=unassign"
    emptied = made(sandbox, f"{path}/remove_lines", keep)
    assert (emptied["total"], emptied["lines"]["data"]) == (0, [])
    [pending] = sandbox.send("GET", "/v1/invoiceitems", b"pending=true")[1]["data"]
    again = made(sandbox, f"{path}/add_lines", f"lines[0][invoice_item]={pending['id']}")
    assert (again["total"], pending["customer"]) == (2, customer)


@pytest.mark.parametrize(
    ("action", "form", "param"),
    [
        ("add_lines", "lines[0][invoice_item]=ii_none", "lines[0][invoice_item]"),
        ("add_lines", "lines[0][amount]=1&lines[0][tax_rates][0]=txr_1", "lines[0][tax_rates][0]"),
        ("update_lines", "lines[0][id]=il_none", "lines[0][id]"),
        ("remove_lines", "lines[0][id]=il_none&lines[0][behavior]=delete", "lines[0][id]"),
    ],
)
def test_what_is_not_there_is_refused(action: str, form: str, param: str) -> None:
    sandbox = Direct()
    invoice, _ = draft(sandbox)
    before = sandbox.everything()
    status, body = sandbox.send("POST", f"/v1/invoices/{invoice}/{action}", form.encode())
    assert (status, body["error"]["param"]) == (400, param)
    assert sandbox.everything() == before


def test_a_final_invoice_keeps_its_lines() -> None:
    sandbox = Direct()
    invoice, _ = draft(sandbox)
    made(sandbox, f"/v1/invoices/{invoice}/finalize")
    path = f"/v1/invoices/{invoice}/add_lines"
    status, body = sandbox.send("POST", path, b"lines[0][amount]=1")
    assert (status, body["error"]["code"]) == (400, "invoice_not_editable")
