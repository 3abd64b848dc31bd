"""Lines of a draft, added, changed and taken away: each by way of the invoice item behind it."""

from collections.abc import Mapping
from typing import cast

from stripe_connector.sandbox import verbs
from stripe_connector.sandbox.behaviour import invoice_item
from stripe_connector.sandbox.metadata import merged
from stripe_connector.sandbox.refusal import RefusalError, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_UNKNOWN = ("discounts", "tax_amounts", "tax_rates")


def add(turn: Turn) -> Body:
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
        invoice_item.bill(turn, item, invoice)
    return _done(turn, invoice)


def change(turn: Turn) -> Body:
    invoice = _draft(turn)
    for param, line in _lines(turn):
        item = _item(turn, invoice, line["id"], f"{param}[id]")
        turn.update(item, {name: value for name, value in line.items() if name != "id"})
    return _done(turn, invoice)


def remove(turn: Turn) -> Body:
    """Deletes what is behind a line, or leaves it pending."""
    invoice = _draft(turn)
    for param, line in _lines(turn):
        item = _item(turn, invoice, line["id"], f"{param}[id]")
        if line["behavior"] == "delete":
            turn.delete(item)
        else:
            turn.work.delete(turn.find("invoice_line_item", line["id"]))
            turn.work.edit(item)["invoice"] = None
            invoice_item.total(turn, invoice)
    return _done(turn, invoice)


def change_one(turn: Turn) -> Body:
    """POST /v1/invoices/{invoice}/lines/{line_item_id}"""
    line = verbs.own(turn)
    invoice = _expect_draft(turn.find("invoice", turn.path["invoice"]))
    _check(turn.params, "")
    turn.update(_item(turn, invoice, line.id, "id"), turn.params)
    return turn.shown(line)


def _draft(turn: Turn) -> Stored:
    return _expect_draft(turn.own())


def _expect_draft(invoice: Stored) -> Stored:
    if invoice.body["status"] != "draft":
        raise not_allowed(
            f"The invoice {invoice.id} is no longer a draft, so that its lines can't be changed.",
            "invoice_not_editable",
        )
    return invoice


def _lines(turn: Turn) -> list[tuple[str, Body]]:
    lines = cast(list[Body], turn.params["lines"])
    found = [(f"lines[{index}]", line) for index, line in enumerate(lines)]
    for param, line in found:
        _check(line, param)
    return found


def _check(line: Body, param: str) -> None:
    for name in _UNKNOWN:
        if line.get(name):
            where = f"{param}[{name}]" if param else name
            raise RefusalError(400, f"The sandbox does not calculate {name}.", "", where)


def _item(turn: Turn, invoice: Stored, line: object, param: str) -> Stored:
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


BEHAVIOURS: Mapping[str, Behaviour] = {}
ACTIONS: Mapping[str, Verb] = {
    "invoices.add_lines": add,
    "invoices.line_items.update": change_one,
    "invoices.remove_lines": remove,
    "invoices.update_lines": change,
}
