"""Tax registrations, calculations and transactions. No tax is added."""

from collections.abc import Mapping
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.refusal import RefusalError, missing, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_DAYS = 90 * 86_400
_CALCULATED = "tax.calculation_line_item"
_RECORDED = "tax.transaction_line_item"
_KEPT = ("currency", "customer", "customer_details", "ship_from_details", "tax_date")
_LINE_KEPT = ("amount", "amount_tax", "product", "quantity", "tax_behavior", "tax_code")


def after_create_calculation(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    total = 0
    for index, given in enumerate(cast(list[Body], params["line_items"])):
        amount = given.get("amount")
        if not isinstance(amount, int):
            raise missing(f"line_items[{index}][amount]")
        line = turn.create(_CALCULATED, dict(given), {"calculation": stored.id})
        line.body["quantity"] = given.get("quantity") or 1
        line.body["reference"] = given.get("reference") or f"L{index + 1}"
        total += amount
    shipping = params.get("shipping_cost")
    if isinstance(shipping, dict):
        total += cast(int, shipping.get("amount") or 0)
    body["amount_total"] = total
    body["expires_at"] = turn.now + _DAYS
    body["tax_date"] = params.get("tax_date") or turn.now


def record(turn: Turn) -> Body:
    calculation = turn.find("tax.calculation", turn.params["calculation"], "calculation", 400)
    fields: Body = {name: calculation.body[name] for name in _KEPT}
    stored = _transaction(turn, fields, "transaction")
    stored.body["shipping_cost"] = calculation.body["shipping_cost"]
    for row in turn.children(_CALCULATED, calculation.id):
        _line(turn, stored, row, 1)
    return turn.shown(stored)


def reverse(turn: Turn) -> Body:
    params = turn.params
    named = "original_transaction"
    original = turn.find("tax.transaction", params[named], named, 400)
    if original.body["type"] == "reversal":
        raise not_allowed("A reversal can't be reversed.", "", named)
    given = cast(list[Body], params.get("line_items") or [])
    if params["mode"] == "partial" and not given:
        raise RefusalError(
            400, "The sandbox can reverse lines, but not a flat amount.", "", "flat_amount"
        )
    stored = _transaction(turn, {name: original.body[name] for name in _KEPT}, "reversal")
    stored.body["reversal"] = {"original_transaction": original.id}
    if params["mode"] == "full":
        for row in turn.children(_RECORDED, original.id):
            _line(turn, stored, row, -1)
    for index, data in enumerate(given if params["mode"] == "partial" else ()):
        param = f"line_items[{index}][original_line_item]"
        row = turn.find(_RECORDED, data["original_line_item"], param, 400)
        line = _line(turn, stored, row, -1)
        line.body.update({name: data[name] for name in ("amount", "amount_tax")})
    return turn.shown(stored)


def _transaction(turn: Turn, fields: Body, kind: str) -> Stored:
    stored = turn.create("tax.transaction", fields)
    posted = turn.params.get("posted_at")
    stored.body.update(
        type=kind,
        reference=turn.params["reference"],
        metadata=turn.params.get("metadata") or {},
        posted_at=posted if isinstance(posted, int) else turn.now,
        tax_date=fields["tax_date"],
    )
    return stored


def _line(turn: Turn, transaction: Stored, row: Stored, sign: int) -> Stored:
    line = turn.create(_RECORDED, {}, {"transaction": transaction.id})
    kept: dict[str, JSON] = {name: row.body[name] for name in _LINE_KEPT}
    line.body.update(kept, reference=row.body["reference"], type=transaction.body["type"])
    line.body["metadata"] = row.body["metadata"]
    if sign < 0:
        for name in ("amount", "amount_tax"):
            line.body[name] = -cast(int, row.body[name])
        line.body["reversal"] = {"original_line_item": row.id}
    return line


def after_update_registration(turn: Turn, registration: Stored, params: Body) -> None:
    if params.get("expires_at") == "now":
        registration.body.update(expires_at=turn.now, status="expired")


def has_status(turn: Turn, registration: Stored, wanted: JSON) -> bool:
    return wanted in ("all", registration.body["status"])


BEHAVIOURS: Mapping[str, Behaviour] = {
    "tax.calculation": Behaviour(after_create=after_create_calculation),
    "tax.registration": Behaviour(
        after_update=after_update_registration, filters={"status": has_status}
    ),
}
ACTIONS: Mapping[str, Verb] = {
    "tax.transactions.create_from_calculation": record,
    "tax.transactions.create_reversal": reverse,
}
