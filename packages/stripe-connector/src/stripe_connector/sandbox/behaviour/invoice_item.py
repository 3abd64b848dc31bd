"""Invoice items, and the lines of invoices."""

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox import verbs
from stripe_connector.sandbox.behaviour.price import amount_of
from stripe_connector.sandbox.listing import agrees
from stripe_connector.sandbox.metadata import merged
from stripe_connector.sandbox.refusal import RefusalError, missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def before_create(turn: Turn, params: Body) -> None:
    invoice = turn.peek("invoice", params.get("invoice", ""))
    if invoice is not None:
        _expect_draft(invoice)
        params.setdefault("customer", invoice.body["customer"])
        params.setdefault("currency", invoice.body["currency"])
    if not params.get("customer"):
        raise missing("customer")
    _take_price_data(turn, params)


def _take_price_data(turn: Turn, params: Body) -> None:
    data = params.get("price_data")
    if isinstance(data, dict):
        params["pricing"] = {"price": turn.create("price", dict(data)).id}


def after_create(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    body["date"] = turn.now
    if not params.get("period"):
        body["period"] = {"start": turn.now, "end": turn.now}
    _value(turn, body, params)
    invoice = turn.peek("invoice", body["invoice"] or "")
    if invoice is not None:
        bill(turn, stored, invoice)


def _quantity(body: Body, params: Body) -> Decimal:
    """The whole number is rounded down."""
    given = params.get("quantity_decimal") or params.get("quantity")
    if given is not None:
        body["quantity_decimal"] = str(given)
        body["quantity"] = int(Decimal(str(given)))
    return Decimal(str(body["quantity_decimal"]))


def _value(turn: Turn, body: Body, params: Body) -> None:
    """From a price, a unit amount or an amount."""
    quantity = _quantity(body, params)
    pricing = params.get("pricing")
    price_id = pricing.get("price") if isinstance(pricing, dict) else None
    unit = params.get("unit_amount_decimal")
    if price_id:
        price = turn.find("price", price_id, "pricing[price]", 400)
        if price.body["type"] != "one_time":
            raise not_allowed(
                "The price specified is set to `type=recurring` but this field only accepts "
                "prices with `type=one_time`.",
                "",
                "pricing[price]",
            )
        body["amount"] = amount_of(price.body, quantity)
        body["currency"] = price.body["currency"]
        body["description"] = body["description"] or _name(turn, price.body)
        body["pricing"] = priced(price.body)
    elif unit is not None:
        body["amount"] = int((Decimal(str(unit)) * quantity).to_integral_value("ROUND_HALF_UP"))
        body["pricing"] = {"type": "price_details", "unit_amount_decimal": unit}
    elif params.get("amount") is None:
        raise missing("amount")
    else:
        body["pricing"] = None
    if not body["currency"]:
        raise missing("currency")


def _name(turn: Turn, price: Mapping[str, JSON]) -> JSON:
    product = turn.peek("product", price["product"])
    return product.body["name"] if product else None


def priced(price: Mapping[str, JSON]) -> Body:
    return {
        "type": "price_details",
        "price_details": {"price": price["id"], "product": price["product"]},
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def bill(turn: Turn, item: Stored, invoice: Stored) -> None:
    body = turn.work.edit(item)
    body["invoice"] = invoice.id
    copied = ("amount", "currency", "description", "quantity", "period", "pricing", "metadata")
    parent: Body = {
        "type": "invoice_item_details",
        "invoice_item_details": {
            "invoice_item": item.id,
            "proration": False,
            "proration_details": None,
            "subscription": None,
        },
        "subscription_item_details": None,
    }
    line = add_line(turn, invoice, {name: body[name] for name in copied}, parent)
    item.private["line"] = line.id
    total(turn, invoice)


def add_line(turn: Turn, invoice: Stored, fields: Body, parent: Body) -> Stored:
    """`total` has to follow."""
    line = turn.create("invoice_line_item", {}, {"invoice": invoice.id})
    line.body.update(fields)
    line.body["subtotal"] = line.body["amount"]
    line.body["parent"] = parent
    return line


def total(turn: Turn, invoice: Stored) -> None:
    """Without tax, discounts and customer balances."""
    lines = turn.children("invoice_line_item", invoice.id)
    amount = sum(cast(int, line.body["amount"]) for line in lines)
    body = turn.work.edit(invoice)
    for name in ("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"):
        body[name] = amount
    body["amount_due"] = body["amount_remaining"] = max(amount, 0)


_BASES = ("amount", "pricing", "price_data", "unit_amount_decimal")
_QUANTITIES = ("quantity", "quantity_decimal")


def _valued(body: Body) -> Body:
    pricing = body["pricing"] if isinstance(body["pricing"], dict) else {}
    details = pricing.get("price_details")
    if isinstance(details, dict):
        return {"pricing": {"price": details["price"]}}
    if pricing:
        return {"unit_amount_decimal": pricing["unit_amount_decimal"]}
    return {"amount": body["amount"]}


def after_update(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    if any(name in params for name in _BASES):
        _take_price_data(turn, params)
        _value(turn, body, params)
    elif any(name in params for name in _QUANTITIES):
        _value(turn, body, {**_valued(body), **params})
    invoice = turn.peek("invoice", body["invoice"] or "")
    line = turn.peek("invoice_line_item", stored.private.get("line", ""))
    if invoice and line:
        _expect_draft(invoice)
        copied = ("amount", "description", "quantity", "pricing")
        turn.work.edit(line).update({name: body[name] for name in copied})
        line.body["subtotal"] = body["amount"]
        total(turn, invoice)


def before_delete(turn: Turn, stored: Stored) -> None:
    invoice = turn.peek("invoice", stored.body["invoice"] or "")
    line = turn.peek("invoice_line_item", stored.private.get("line", ""))
    if invoice and line:
        _expect_draft(invoice)
        turn.work.delete(line)
        total(turn, invoice)


def _expect_draft(invoice: Stored, changed: str = "items", param: str = "invoice") -> None:
    if invoice.body["status"] != "draft":
        raise not_allowed(
            f"The invoice {invoice.id} is no longer a draft, so its {changed} can't be changed.",
            "invoice_not_editable",
            param,
        )


def is_pending(turn: Turn, stored: Stored, value: JSON) -> bool:
    return (stored.body["invoice"] is None) == value


def is_of(turn: Turn, stored: Stored, value: JSON) -> bool:
    return agrees(stored.body["date"], value)


_NOT_CALCULATED = ("discounts", "tax_amounts", "tax_rates")


def add_lines(turn: Turn) -> Body:
    invoice = _draft(turn)
    for param, line in _lines(turn):
        named = line.get("invoice_item")
        if not named:
            turn.create("invoice_item", {**line, "invoice": invoice.id})
            continue
        item = turn.find("invoice_item", named, f"{param}[invoice_item]", 400)
        if item.body["invoice"] is not None or item.body["customer"] != invoice.body["customer"]:
            raise not_allowed(
                f"The invoice item {item.id} is on an invoice already, or is that of another "
                "customer.",
                "",
                f"{param}[invoice_item]",
            )
        bill(turn, item, invoice)
    return _done(turn, invoice)


def update_lines(turn: Turn) -> Body:
    invoice = _draft(turn)
    for param, line in _lines(turn):
        item = _item_of(turn, invoice, line["id"], f"{param}[id]")
        turn.update(item, {name: value for name, value in line.items() if name != "id"})
    return _done(turn, invoice)


def remove_lines(turn: Turn) -> Body:
    invoice = _draft(turn)
    for param, line in _lines(turn):
        item = _item_of(turn, invoice, line["id"], f"{param}[id]")
        if line["behavior"] == "delete":
            turn.delete(item)
        else:
            turn.work.delete(turn.find("invoice_line_item", line["id"]))
            turn.work.edit(item)["invoice"] = None
            total(turn, invoice)
    return _done(turn, invoice)


def update_line(turn: Turn) -> Body:
    line = verbs.own(turn)
    invoice = turn.find("invoice", turn.path["invoice"])
    _expect_draft(invoice, "lines", "")
    _check_line(turn.params, "")
    turn.update(_item_of(turn, invoice, line.id, "id"), turn.params)
    return turn.shown(line)


def _draft(turn: Turn) -> Stored:
    invoice = turn.own()
    _expect_draft(invoice, "lines", "")
    return invoice


def _lines(turn: Turn) -> list[tuple[str, Body]]:
    lines = cast(list[Body], turn.params["lines"])
    found = [(f"lines[{index}]", line) for index, line in enumerate(lines)]
    for param, line in found:
        _check_line(line, param)
    return found


def _check_line(line: Body, param: str) -> None:
    for name in _NOT_CALCULATED:
        if line.get(name):
            where = f"{param}[{name}]" if param else name
            raise RefusalError(400, f"The sandbox does not calculate {name}.", "", where)


def _item_of(turn: Turn, invoice: Stored, line: object, param: str) -> Stored:
    for item in turn.work.account.live("invoice_item"):
        if item.private.get("line") == line and item.body["invoice"] == invoice.id:
            return item
    stored = turn.find("invoice_line_item", str(line), param, 400)
    raise not_allowed(
        f"The line {stored.id} comes from a subscription; the sandbox changes lines of invoice "
        "items only.",
        "",
        param,
    )


def _done(turn: Turn, invoice: Stored) -> Body:
    if "invoice_metadata" in turn.params:
        body = turn.work.edit(invoice)
        body["metadata"] = merged(body["metadata"], turn.params["invoice_metadata"])
    return turn.shown(invoice)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "invoice_item": Behaviour(
        before_create=before_create,
        after_create=after_create,
        after_update=after_update,
        before_delete=before_delete,
        filters={"pending": is_pending, "created": is_of},
    ),
}
ACTIONS: Mapping[str, Verb] = {
    "invoices.add_lines": add_lines,
    "invoices.line_items.update": update_line,
    "invoices.remove_lines": remove_lines,
    "invoices.update_lines": update_lines,
}
