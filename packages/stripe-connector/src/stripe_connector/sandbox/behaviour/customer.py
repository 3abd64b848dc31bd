"""Customers, and their cards and bank accounts, which connected accounts have too."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox import listing, verbs
from stripe_connector.sandbox.behaviour.payment_method import (
    BY_NUMBER,
    BY_TOKEN,
    Card,
    attach_to,
    details,
)
from stripe_connector.sandbox.behaviour.subscription import end
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def after_create(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    settings = body["invoice_settings"] if isinstance(body["invoice_settings"], dict) else {}
    body["invoice_settings"] = {
        "custom_fields": None,
        "default_payment_method": None,
        "footer": None,
        "rendering_options": None,
        **settings,
    }
    body["invoice_prefix"] = body["invoice_prefix"] or turn.ids.code()
    body["preferred_locales"] = body["preferred_locales"] or []
    if params.get("payment_method"):
        method = turn.find("payment_method", params["payment_method"], "payment_method", 400)
        attach_to(turn, method, stored.id)
    _add_tax_ids(turn, stored, params)


def _add_tax_ids(turn: Turn, stored: Stored, params: Body) -> None:
    given = params.get("tax_id_data")
    for data in given if isinstance(given, list) else ():
        if isinstance(data, dict):
            turn.create("tax_id", data, {"customer": stored.id})


def before_delete(turn: Turn, stored: Stored) -> None:
    for subscription in list(turn.work.account.live("subscription")):
        if subscription.body["customer"] == stored.id and not subscription.body["ended_at"]:
            end(turn, subscription)


_BANK_TOKENS = frozenset({"btok_us_verified", "btok_us"})
_US_ROUTING = "110000000"


def after_create_token(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    for kind in ("card", "bank_account"):
        given = params.get(kind)
        if isinstance(given, dict):
            resource, fields = _from_description({**given, "object": kind}, kind)
            body["type"] = kind
            stored.private["made"] = {"resource": resource, "fields": fields}
            inner = turn.registry.shapes.new(resource, _id(turn, resource), turn.now)
            turn.registry.shapes.fill(resource, inner, fields)
            body[kind] = inner


def _id(turn: Turn, resource: str) -> str:
    return turn.ids.id(turn.registry.prefix(resource))


def create(turn: Turn) -> Body:
    name = "external_account" if "external_account" in turn.params else "source"
    resource, fields = _from_parameter(turn, turn.params.pop(name), name)
    at = replace(turn, api_call=replace(turn.api_call, returns=resource))
    at.params = {**fields, **turn.params}
    return verbs.create(at)


def _from_parameter(turn: Turn, given: JSON, param: str) -> tuple[str, Body]:
    if isinstance(given, dict):
        return _from_description(given, param)
    if given in BY_TOKEN:
        return "card", _card(BY_TOKEN[str(given)], {})
    if given in _BANK_TOKENS:
        return "bank_account", _bank({"account_number": "000123456789"})
    token = turn.peek("token", given)
    if token is None or "made" not in token.private:
        raise RefusalError(400, f"No such token: '{given}'", "resource_missing", param)
    made = cast(Body, token.private["made"])
    turn.work.edit(token)["used"] = True
    return str(made["resource"]), cast(Body, made["fields"])


def _from_description(given: Mapping[str, JSON], param: str) -> tuple[str, Body]:
    if given.get("object") == "bank_account":
        return "bank_account", _bank(given)
    card = BY_NUMBER.get(str(given.get("number")))
    if card is None:
        raise RefusalError(
            402,
            "Your card number is incorrect. The sandbox knows Stripe's plain test cards only.",
            "incorrect_number",
            f"{param}[number]",
            type="card_error",
        )
    return "card", _card(card, given)


def _card(card: Card, given: Mapping[str, JSON]) -> Body:
    shown = details(card)
    month, year = given.get("exp_month") or 12, given.get("exp_year") or 2034
    return {
        "brand": card.brand.capitalize(),
        "country": "US",
        "exp_month": int(str(month)),
        "exp_year": int(str(year)),
        "funding": shown["funding"],
        "last4": shown["last4"],
        "name": given.get("name"),
    }


def _bank(given: Mapping[str, JSON]) -> Body:
    return {
        "account_holder_name": given.get("account_holder_name"),
        "account_holder_type": given.get("account_holder_type"),
        "bank_name": "STRIPE TEST BANK",
        "country": given.get("country") or "US",
        "currency": given.get("currency") or "usd",
        "last4": str(given.get("account_number"))[-4:],
        "routing_number": given.get("routing_number") or _US_ROUTING,
        "status": "new",
    }


def _with_resource(verb: Callable[[Turn], Body]) -> Verb:

    def run(turn: Turn) -> Body:
        own = list(turn.path.values())[-1]
        resources = turn.api_call.returns_any
        found = [name for name in resources if turn.peek(name, own)]
        resource = found[0] if found else "card"
        return verb(replace(turn, api_call=replace(turn.api_call, returns=resource)))

    return run


def list_(turn: Turn) -> Body:
    wanted = turn.params.pop("object", None)
    kinds = [str(wanted)] if wanted else list(turn.api_call.returns_any)
    [(name, parent)] = turn.path.items()
    holders = dict(turn.registry.plan(turn.api_call).holders)
    turn.find(holders[name], parent, name)
    rows = [row for kind in kinds for row in turn.work.account.children(kind, parent)]
    rows.sort(key=lambda row: row.seq)
    resource = kinds[0] if len(kinds) == 1 else _of_cursor(turn, rows)
    found = listing.page(turn, resource, rows)
    return listing.answer(turn, found)


def _of_cursor(turn: Turn, rows: list[Stored]) -> str:
    cursor = turn.params.get("starting_after") or turn.params.get("ending_before")
    return next((row.resource for row in rows if row.id == cursor), "card")


BEHAVIOURS: Mapping[str, Behaviour] = {
    "customer": Behaviour(after_create=after_create, before_delete=before_delete),
    "token": Behaviour(after_create=after_create_token),
}
ACTIONS: Mapping[str, Verb] = {
    "sources.detach": _with_resource(verbs.delete),
    **{
        f"{owner}.{action}": verb
        for owner in ("customers.payment_sources", "accounts.external_accounts")
        for action, verb in {
            "create": create,
            "retrieve": _with_resource(verbs.retrieve),
            "update": _with_resource(verbs.update),
            "delete": _with_resource(verbs.delete),
            "list": list_,
        }.items()
    },
}
