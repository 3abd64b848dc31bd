"""Credit notes take their invoice down."""

from typing import Any

import pytest

from tests.stripe_connector.sandbox.direct import Direct, made


def billed(sandbox: Direct, paid: bool = False) -> Any:
    customer = made(sandbox, "/v1/customers")["id"]
    invoice = made(sandbox, "/v1/invoices", f"customer={customer}")["id"]
    path = f"/v1/invoices/{invoice}"
    made(sandbox, f"{path}/add_lines", "lines[0][amount]=500&lines[0][description]=Hat")
    body = made(sandbox, f"{path}/finalize")
    return made(sandbox, f"{path}/pay", "paid_out_of_band=true") if paid else body


def test_an_open_invoice_has_less_left() -> None:
    sandbox = Direct()
    invoice = billed(sandbox)
    note = made(sandbox, "/v1/credit_notes", f"invoice={invoice['id']}&amount=200")
    assert (note["total"], note["type"], note["customer"]) == (
        200,
        "pre_payment",
        invoice["customer"],
    )
    path = f"/v1/invoices/{invoice['id']}"
    _, body = sandbox.send("GET", path)
    assert (body["amount_remaining"], body["pre_payment_credit_notes_amount"]) == (300, 200)
    made(sandbox, f"/v1/credit_notes/{note['id']}/void")
    assert sandbox.send("GET", path)[1]["amount_remaining"] == 500
    made(sandbox, "/v1/credit_notes", f"invoice={invoice['id']}&amount=500")
    _, body = sandbox.send("GET", path)
    assert (body["status"], body["amount_paid"]) == ("paid", 0)


def test_only_what_is_left_is_paid() -> None:
    sandbox = Direct()
    invoice = billed(sandbox)
    made(sandbox, "/v1/credit_notes", f"invoice={invoice['id']}&amount=200")
    paid = made(sandbox, f"/v1/invoices/{invoice['id']}/pay", "payment_method=pm_card_visa")
    assert (paid["status"], paid["amount_paid"], paid["amount_remaining"]) == ("paid", 300, 0)
    [charge] = sandbox.send("GET", "/v1/charges")[1]["data"]
    assert charge["amount"] == 300


def test_lines_are_listed() -> None:
    sandbox = Direct()
    invoice = billed(sandbox)
    line = invoice["lines"]["data"][0]["id"]
    form = f"invoice={invoice['id']}&lines[0][type]=invoice_line_item"
    form += f"&lines[0][invoice_line_item]={line}&lines[0][amount]=100"
    form += "&lines[1][type]=custom_line_item&lines[1][description]=Sorry"
    form += "&lines[1][quantity]=2&lines[1][unit_amount]=25"
    note = made(sandbox, "/v1/credit_notes", form)
    assert note["amount"] == 150
    _, found = sandbox.send("GET", f"/v1/credit_notes/{note['id']}/lines")
    assert [(row["amount"], row["description"]) for row in found["data"]] == [
        (100, "Hat"),
        (50, "Sorry"),
    ]
    assert note["lines"]["data"] == found["data"]


def test_what_was_paid_is_given_back() -> None:
    sandbox = Direct()
    invoice = billed(sandbox, paid=True)
    note = made(sandbox, "/v1/credit_notes", f"invoice={invoice['id']}&amount=200")
    assert (note["type"], note["post_payment_amount"]) == ("post_payment", 200)
    status, _ = sandbox.send("POST", f"/v1/credit_notes/{note['id']}/void")
    assert status == 400


@pytest.mark.parametrize("form", ["", "amount=501", "amount=0", "lines[0][type]=custom_line_item"])
def test_what_is_not_left_is_refused(form: str) -> None:
    sandbox = Direct()
    invoice = billed(sandbox)
    before = sandbox.everything()
    status, body = sandbox.send(
        "POST", "/v1/credit_notes", f"invoice={invoice['id']}&{form}".encode()
    )
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")
    assert sandbox.everything() == before
