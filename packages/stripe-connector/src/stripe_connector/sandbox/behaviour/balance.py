"""The balance of an account, and the lines that it is the sum of."""

from collections.abc import Mapping
from typing import cast

from connector_sdk import JSON

from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def book(turn: Turn, source: Stored, kind: str, amount: int, fee: int = 0) -> str:
    """A line in the account's balance; its id."""
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


def balance(turn: Turn) -> Body:
    """GET /v1/balance: the sum of all lines, by currency."""
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


BEHAVIOURS: Mapping[str, Behaviour] = {}
ACTIONS: Mapping[str, Verb] = {"balance.retrieve": balance}
