"""Credit notes: they reduce an open invoice, or give back what was paid."""

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from stripe_connector.sandbox.behaviour.invoice_payment import mark_paid
from stripe_connector.sandbox.refusal import missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb, act

_LINE = "credit_note_line_item"
_KINDS = {"open": "pre_payment", "uncollectible": "pre_payment", "paid": "post_payment"}


def before_create(turn: Turn, params: Body) -> None:
    invoice = turn.find("invoice", params["invoice"], "invoice", 400)
    status = str(invoice.body["status"])
    if status not in _KINDS:
        raise not_allowed(
            f"Credit notes are for finalized invoices; the status of {invoice.id} is {status}.",
            "",
            "invoice",
        )
    lines = [_line(turn, line, index) for index, line in enumerate(_given(params))]
    amounts = [cast(int, line["amount"]) for line in lines]
    amount = params.get("amount", sum(amounts) if lines else None)
    if not isinstance(amount, int):
        raise missing("amount")
    left = _left(invoice)
    if not 0 < amount <= left:
        raise not_allowed(
            f"The amount of a credit note has to be above 0, and not above the {left} that are "
            "left of its invoice.",
            "",
            "amount",
        )
    params["amount"] = amount


def _given(params: Body) -> list[Body]:
    given = params.get("lines")
    return [cast(Body, line) for line in given] if isinstance(given, list) else []


def _line(turn: Turn, given: Body, index: int) -> Body:
    param = f"lines[{index}]"
    line = {
        name: value for name, value in given.items() if name not in ("tax_rates", "tax_amounts")
    }
    named = given.get("invoice_line_item")
    if named:
        source = turn.find("invoice_line_item", named, f"{param}[invoice_line_item]", 400)
        line["description"] = source.body["description"]
        line.setdefault("amount", source.body["amount"])
    if not isinstance(line.get("amount"), int):
        unit = given.get("unit_amount_decimal") or given.get("unit_amount")
        if unit is None:
            raise missing(f"{param}[unit_amount]")
        line["amount"] = int(Decimal(str(unit)) * cast(int, given.get("quantity") or 1))
    return line


def _left(invoice: Stored) -> int:
    body = invoice.body
    taken = ("pre_payment_credit_notes_amount", "post_payment_credit_notes_amount")
    return cast(int, body["total"]) - sum(cast(int, body[name]) for name in taken)


def after_create(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    invoice = turn.find("invoice", body["invoice"])
    for index, given in enumerate(_given(params)):
        line = turn.create(_LINE, _line(turn, given, index), {"credit_note": stored.id})
        line.body["invoice_line_item"] = given.get("invoice_line_item")
    amount = cast(int, body["amount"])
    kind = _KINDS[str(invoice.body["status"])]
    body.update(subtotal=amount, total=amount, type=kind, effective_at=turn.now)
    body[f"{kind}_amount"] = amount
    body["customer"], body["currency"] = invoice.body["customer"], invoice.body["currency"]
    body["number"] = f"{invoice.body['number']}-CN-{turn.ids.code(2)}"
    _take(turn, invoice, kind, amount)


def _take(turn: Turn, invoice: Stored, kind: str, amount: int) -> None:
    body = turn.work.edit(invoice)
    name = f"{kind}_credit_notes_amount"
    body[name] = cast(int, body[name]) + amount
    if kind == "pre_payment":
        left = cast(int, body["amount_remaining"]) - amount
        body["amount_due"] = body["amount_remaining"] = left
        intent = turn.peek("payment_intent", invoice.private.get("payment_intent", ""))
        if left == 0:
            mark_paid(turn, invoice)
        elif intent is not None:
            turn.work.edit(intent)["amount"] = left


def void(turn: Turn) -> Body:
    """The amount is due again, unless the invoice is paid."""
    stored = turn.own()
    invoice = turn.find("invoice", stored.body["invoice"])
    kind = str(stored.body["type"])
    if kind == "post_payment" or invoice.body["status"] == "paid":
        raise not_allowed("You can only void a credit note on an open invoice.")
    act(turn)
    _take(turn, invoice, kind, -cast(int, stored.body["amount"]))
    return turn.shown(stored)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "credit_note": Behaviour(before_create=before_create, after_create=after_create)
}
ACTIONS: Mapping[str, Verb] = {"credit_notes.void_credit_note": void}
