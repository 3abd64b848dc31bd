"""Accounts, their balance and payouts, and the financial accounts of API v2."""

from collections.abc import Mapping
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.refusal import not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb, create, retrieve


def retrieve_current(turn: Turn) -> Body:
    """GET /v1/account; created on first use."""
    own = turn.work.account.id
    stored = turn.peek("account", own)
    if stored is None:
        stored = turn.create("account", {"id": own, "type": "standard"})
        stored.private["own"] = True
    return turn.shown(stored)


def retrieve_account(turn: Turn) -> Body:
    own = turn.path["account"] == turn.work.account.id
    return retrieve_current(turn) if own else retrieve(turn)


def after_create_account(turn: Turn, stored: Stored, params: Body) -> None:
    stored.body["type"] = params.get("type") or "none"


def is_own(turn: Turn, stored: Stored) -> bool:
    return stored.private.get("own") is True


def is_closed(turn: Turn, stored: Stored) -> bool:
    return stored.body["closed"] is True and "closed" not in turn.params


def is_closed_financially(turn: Turn, stored: Stored) -> bool:
    return stored.body["status"] == "closed" and "statuses" not in turn.params


def book(turn: Turn, source: Stored, kind: str, amount: int, fee: int = 0) -> str:
    """Adds a line to the balance, and gives its id."""
    line: Body = {
        "amount": amount,
        "currency": source.body["currency"],
        "fee": fee,
        "net": amount - fee,
        "type": kind,
        "reporting_category": kind,
        "status": "available",
        "available_on": turn.now,
    }
    stored = turn.create("balance_transaction", line)
    stored.body["source"] = source.id
    return stored.id


def retrieve_balance(turn: Turn) -> Body:
    """The sum of all lines by currency."""
    sums: dict[str, int] = {"usd": 0}
    for line in turn.work.account.live("balance_transaction"):
        currency = str(line.body["currency"])
        sums[currency] = sums.get(currency, 0) + cast(int, line.body["net"])
    available: list[JSON] = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sums.items()
    ]
    pending: list[JSON] = [
        {"amount": 0, "currency": currency, "source_types": {"card": 0}} for currency in sums
    ]
    return {"object": "balance", "available": available, "livemode": False, "pending": pending}


def after_create_payout(turn: Turn, stored: Stored, params: Body) -> None:
    stored.body["arrival_date"] = turn.now
    stored.body["method"] = params.get("method") or "standard"
    stored.body["source_type"] = params.get("source_type") or "card"


def reverse_payout(turn: Turn) -> Body:
    """A paid payout gets a second one in the other direction."""
    stored = turn.own()
    body = stored.body
    if body["status"] != "paid" or body["reversed_by"]:
        raise not_allowed(
            f"You can't reverse payout '{stored.id}', because its status is {body['status']}."
        )
    params: Body = {
        "amount": -cast(int, body["amount"]),
        "currency": body["currency"],
        "metadata": turn.params.get("metadata") or {},
    }
    reversal = turn.create("payout", params)
    reversal.body["original_payout"] = stored.id
    turn.work.edit(stored)["reversed_by"] = reversal.id
    return turn.shown(reversal)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "account": Behaviour(after_create=after_create_account, hides=is_own),
    "payout": Behaviour(after_create=after_create_payout),
    "v2.core.account": Behaviour(hides=is_closed),
    "v2.money_management.financial_account": Behaviour(hides=is_closed_financially),
}
ACTIONS: Mapping[str, Verb] = {
    "accounts.retrieve_current": retrieve_current,
    "accounts.retrieve": retrieve_account,
    "balance.retrieve": retrieve_balance,
    "payouts.reverse": reverse_payout,
    "v2.test_helpers.money_management.recipient_verifications": create,
}
