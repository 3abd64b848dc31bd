"""Line items of quotes, checkout sessions and payment links."""

from typing import Any

import pytest

from tests.stripe_connector.battery import shape
from tests.stripe_connector.sandbox.direct import Direct, made


def price(sandbox: Direct, amount: int, recurs: bool = False) -> str:
    form = f"currency=eur&unit_amount={amount}&product_data[name]=Hat"
    found: str = made(sandbox, "/v1/prices", form + "&recurring[interval]=month" * recurs)["id"]
    return found


def lines(sandbox: Direct, path: str) -> list[Any]:
    status, body = sandbox.send("GET", f"{path}/line_items")
    assert status == 200, body
    rows: list[Any] = body["data"]
    assert [fault for row in rows for fault in shape.resource_faults("line_item", row, "")] == []
    return rows


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/v1/quotes", ""),
        ("/v1/checkout/sessions", "&mode=payment&success_url=https://x.example"),
        ("/v1/payment_links", ""),
    ],
)
def test_what_was_given_is_listed(path: str, form: str) -> None:
    sandbox = Direct()
    first, second = price(sandbox, 300), price(sandbox, 50)
    items = f"line_items[0][price]={first}&line_items[0][quantity]=2"
    items += f"&line_items[1][price]={second}&line_items[1][quantity]=1"
    body = made(sandbox, path, items + form)
    if "amount_total" in body:
        assert (body["amount_total"], body["currency"]) == (650, "eur")
    found = lines(sandbox, f"{path}/{body['id']}")
    assert [(row["price"]["id"], row["quantity"], row["amount_total"]) for row in found] == [
        (first, 2, 600),
        (second, 1, 50),
    ]
    own = f"{path}/{body['id']}"
    _, expanded = sandbox.send("GET", own, b"expand[]=line_items")
    assert expanded["line_items"]["data"] == found
    assert expanded["line_items"]["url"] == f"{own}/line_items"


def test_a_long_list_shows_its_first_ten() -> None:
    sandbox = Direct()
    hat = price(sandbox, 1)
    items = "&".join(f"line_items[{number}][price]={hat}" for number in range(12))
    quote = made(sandbox, "/v1/quotes", items)
    _, body = sandbox.send("GET", f"/v1/quotes/{quote['id']}", b"expand[]=line_items")
    shown = body["line_items"]
    assert (len(shown["data"]), shown["has_more"]) == (10, True)
    query = f"starting_after={shown['data'][-1]['id']}".encode()
    _, rest = sandbox.send("GET", shown["url"], query)
    assert (len(rest["data"]), rest["has_more"]) == (2, False)


def test_an_update_names_what_stays() -> None:
    sandbox = Direct()
    first, second = price(sandbox, 300), price(sandbox, 50)
    items = f"line_items[0][price]={first}&line_items[1][price]={second}"
    path = f"/v1/quotes/{made(sandbox, '/v1/quotes', items)['id']}"
    kept = lines(sandbox, path)[1]["id"]
    change = f"line_items[0][id]={kept}&line_items[0][quantity]=3&line_items[1][price]={first}"
    assert made(sandbox, path, change)["amount_total"] == 450
    assert [row["quantity"] for row in lines(sandbox, path)] == [3, 1]


@pytest.mark.parametrize("recurs", [True, False])
def test_an_accepted_quote_is_billed(recurs: bool) -> None:
    sandbox = Direct()
    customer = made(sandbox, "/v1/customers")["id"]
    items = f"line_items[0][price]={price(sandbox, 300, recurs)}&line_items[0][quantity]=2"
    path = f"/v1/quotes/{made(sandbox, '/v1/quotes', f'customer={customer}&{items}')['id']}"
    made(sandbox, f"{path}/finalize")
    accepted = made(sandbox, f"{path}/accept")
    assert accepted["status"] == "accepted"
    assert sandbox.send("GET", path)[1] == accepted
    if recurs:
        assert accepted["invoice"] is None
        _, body = sandbox.send("GET", f"/v1/subscriptions/{accepted['subscription']}")
        assert (body["customer"], body["items"]["data"][0]["quantity"]) == (customer, 2)
    else:
        _, body = sandbox.send("GET", f"/v1/invoices/{accepted['invoice']}")
        assert (body["status"], body["total"]) == ("draft", 600)


def test_a_price_that_is_not_there() -> None:
    status, body = Direct().send("POST", "/v1/quotes", b"line_items[0][price]=price_none")
    assert (status, body["error"]["param"]) == (400, "line_items[0][price]")
    status, body = Direct().send("POST", "/v1/quotes", b"line_items[0][quantity]=1")
    assert (status, body["error"]["param"]) == (400, "line_items[0][price]")
