"""Quotes, and the line items that they share with checkout sessions and payment links."""

from collections.abc import Mapping, Sequence
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.behaviour.price import amount_of
from stripe_connector.sandbox.refusal import missing
from stripe_connector.sandbox.request import Contents
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb, act

_RESOURCE = "line_item"
_TOTALS = ("amount_subtotal", "amount_total")


def after_create_line_items(turn: Turn, owner: Stored, params: Body) -> None:
    for index, data in enumerate(_given(params)):
        _add(turn, owner, data, f"line_items[{index}]")
    _total(turn, owner)


def after_update_line_items(turn: Turn, owner: Stored, params: Body) -> None:
    """Deletes items that aren't named by id."""
    if "line_items" not in params:
        return
    given = _given(params)
    kept = {str(data["id"]) for data in given if data.get("id")}
    for item in items(turn, owner):
        if item.id not in kept:
            turn.work.delete(item)
    for index, data in enumerate(given):
        param = f"line_items[{index}]"
        if data.get("id"):
            item = turn.find(_RESOURCE, data["id"], f"{param}[id]", 400)
            turn.work.edit(item)
            _fill(turn, item, {"price": item.private["held price"], **data}, param)
        else:
            _add(turn, owner, data, param)
    _total(turn, owner)


def items(turn: Turn, owner: Stored) -> list[Stored]:
    return turn.children(_RESOURCE, owner.id)


def _given(params: Body) -> list[Body]:
    given = params.get("line_items")
    return [cast(Body, data) for data in given] if isinstance(given, list) else []


def _add(turn: Turn, owner: Stored, data: Body, param: str) -> None:
    item = turn.create(_RESOURCE, {}, {owner.resource: owner.id})
    _fill(turn, item, data, param)


def _fill(turn: Turn, item: Stored, data: Body, param: str) -> None:
    described = data.get("price_data")
    if isinstance(described, dict):
        price = turn.create("price", dict(described))
    elif data.get("price"):
        price = turn.find("price", data["price"], f"{param}[price]", 400)
    else:
        raise missing(f"{param}[price]")
    body = item.body
    quantity = data.get("quantity", body["quantity"])
    body["quantity"] = quantity if isinstance(quantity, int) else 1
    body["currency"] = price.body["currency"]
    amount = amount_of(price.body, cast(int, body["quantity"]))
    body["amount_subtotal"] = body["amount_total"] = amount
    product = turn.peek("product", price.body["product"])
    body["description"] = product.body["name"] if product else None
    body["metadata"] = data.get("metadata") or body["metadata"]
    item.private["held price"] = price.id


def _total(turn: Turn, owner: Stored) -> None:
    """Without tax and discounts."""
    found = items(turn, owner)
    if not found:
        return
    amount = sum(cast(int, item.body["amount_total"]) for item in found)
    totals: dict[str, JSON] = dict.fromkeys(_TOTALS, amount)
    for name, value in {**totals, "currency": found[0].body["currency"]}.items():
        if name in owner.body:
            owner.body[name] = value


DUE_DAYS = 30
"""Days."""


def pdf(turn: Turn) -> Contents:
    """On Stripe's host for files."""
    quote = turn.find("quote", turn.path["quote"]).body
    lines = [f"Quote {quote['id']}"]
    lines += [f"{name}: {quote[name]}" for name in ("status", "currency", "amount_total")]
    return Contents(page(lines), "application/pdf")


def page(lines: Sequence[str]) -> bytes:
    safe = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines]
    shown = " ".join(f"({line}) Tj T*" for line in safe)
    text = f"BT /F1 12 Tf 72 720 Td 16 TL {shown} ET".encode("ascii", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets: list[int] = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(out)


def accept(turn: Turn) -> Body:
    """A subscription if a price recurs, else a draft invoice."""
    act(turn)
    quote = turn.own()
    found = items(turn, quote)
    if found and quote.body["customer"]:
        prices = [turn.find("price", item.private["held price"]) for item in found]
        if any(price.body["type"] == "recurring" for price in prices):
            quote.body["subscription"] = _subscription(turn, quote, found)
        else:
            quote.body["invoice"] = _invoice(turn, quote, found)
    return turn.shown(quote)


def _terms(quote: Stored) -> Body:
    settings = cast(Body, quote.body["invoice_settings"])
    terms: Body = {
        "customer": quote.body["customer"],
        "collection_method": quote.body["collection_method"],
    }
    if terms["collection_method"] == "send_invoice":
        terms["days_until_due"] = settings.get("days_until_due") or DUE_DAYS
    return terms


def _subscription(turn: Turn, quote: Stored, found: Sequence[Stored]) -> str:
    items: list[JSON] = [
        {"price": item.private["held price"], "quantity": item.body["quantity"]} for item in found
    ]
    terms = {**_terms(quote), "items": items, "payment_behavior": "default_incomplete"}
    return turn.create("subscription", terms).id


def _invoice(turn: Turn, quote: Stored, found: Sequence[Stored]) -> str:
    invoice = turn.create("invoice", _terms(quote))
    for item in found:
        price, quantity = item.private["held price"], item.body["quantity"]
        turn.create(
            "invoice_item",
            {"invoice": invoice.id, "pricing": {"price": price}, "quantity": quantity},
        )
    return invoice.id


BEHAVIOURS: Mapping[str, Behaviour] = {
    "quote": Behaviour(after_create=after_create_line_items, after_update=after_update_line_items),
    "checkout.session": Behaviour(
        after_create=after_create_line_items,
        after_update=after_update_line_items,
    ),
    "payment_link": Behaviour(
        after_create=after_create_line_items,
        after_update=after_update_line_items,
    ),
}
ACTIONS: Mapping[str, Verb] = {
    "quotes.accept": accept,
    "quotes.pdf": pdf,
}
