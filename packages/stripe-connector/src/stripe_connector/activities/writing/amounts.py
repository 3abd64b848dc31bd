"""Checks the amounts of a request before it is sent: by the rules of their currency, and by
the currency of the object that they are for."""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import msgspec
from connector_sdk import JSON, Problem, RefusedError

from stripe_connector.activities.writing.answers import is_answer
from stripe_connector.catalogue import Catalogue, minor_units
from stripe_connector.catalogue.amounts import (
    AmountRule,
    Owner,
    amount_rules,
    lasting,
    owner_of,
    owners,
    sends_currency,
)
from stripe_connector.catalogue.model import ApiCall
from stripe_connector.client import Client

_REMEMBERED = 10_000


class _Held(msgspec.Struct):
    currency: str | None = None


class Currencies:
    """The currencies of objects that requests are about, asked for once each where they never
    change."""

    def __init__(self, client: Client, catalogue: Catalogue) -> None:
        self._client = client
        self._catalogue = catalogue
        self._known: dict[tuple[str, str], str] = {}

    async def fault(
        self, api_call: ApiCall, values: Mapping[str, JSON], currency: str
    ) -> Problem | None:
        """What is wrong with amounts that were meant in `currency`; `values` are path parameters
        and all others. Raises CredentialError and UnreachableError: nothing was sent then."""
        owner = owner_of(api_call.id, values) if currency else None
        if owner is None:
            return None
        name = str(values[owner.by])
        try:
            held = await self._currency(owner, name)
        except RefusedError as error:
            return error.problem
        if held == currency.lower():
            return None
        return Problem(
            "wrong_currency",
            f"{name} is in {held or 'no currency yet'}, and the amounts of the record are meant in "
            f"{currency.lower()}; nothing was sent.",
            f"Give the amounts in {held}, and say so in `currency`; or name the object that the "
            "record is about."
            if held
            else "Give the object a currency first.",
            path="currency",
            value=currency,
        )

    async def _currency(self, owner: Owner, name: str) -> str:
        key = (owner.read, name)
        known = self._known.get(key)
        if known is not None:
            return known
        api_call = self._catalogue.api_calls[owner.read]
        path = {api_call.path_parameters[-1]: name}
        accept = partial(is_answer, self._catalogue, api_call, path)
        answer = await self._client.send(api_call, path, accept=accept)
        held = (msgspec.json.decode(answer.body, type=_Held).currency or "").lower()
        if lasting(owner.read) and held:
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = held
        return held


class Meant(NamedTuple):
    """`params` as they are sent, and the currency in which their amounts were meant where the
    object that they are for has to have it; "" where nothing is to be checked."""

    params: dict[str, JSON]
    currency: str = ""


def meant(api_call: str, path: Mapping[str, str], params: Mapping[str, JSON]) -> Meant | Problem:
    """Takes the currency out of the parameters where it is there to be checked only; a Problem
    for an amount that Stripe would not take."""
    given = params.get("currency")
    sent = dict(params)
    currency = ""
    if given and owners(api_call):
        if owner_of(api_call, {**path, **params}) is not None:
            currency = str(sent.pop("currency"))
        elif not sends_currency(api_call):
            return _without_owner(api_call)
    return amount_fault(api_call, sent, given) or Meant(sent, currency)


def _without_owner(api_call: str) -> Problem:
    names = " or ".join(owner.by for owner in owners(api_call))
    return Problem(
        "currency_unchecked",
        f"The currency can't be checked: the record names no {names}.",
        f"Give it the {names}, or leave `currency` out.",
        path="currency",
    )


def amount_fault(api_call: str, params: Mapping[str, JSON], currency: JSON) -> Problem | None:
    """The first amount that Stripe takes of nobody; `currency` is that of all of them, None
    where nothing says it."""
    code = currency.lower() if isinstance(currency, str) else ""
    for path, rule in amount_rules(api_call).items():
        amount = params.get(path)
        if isinstance(amount, int) and not isinstance(amount, bool):
            found = _fault(amount, code, rule)
            if found is not None:
                return found._replace(path=path, value=str(amount))
    return None


def _fault(amount: int, code: str, rule: AmountRule) -> Problem | None:
    if amount < 1:
        return Problem(
            "amount_not_positive",
            f"The amount is {amount}, and has to be 1 or more.",
            "Correct the amount, or pass the record over (`where:`).",
        )
    step, most = rule.steps.get(code, 1), rule.most(code)
    if amount % step:
        return Problem(
            "amount_not_payable",
            f"The amount {amount} is {shown_amount(amount, code)}, and has to be evenly divisible "
            f"by {step}: Stripe takes {_finest(code, step)} only here.",
            "Correct the amount, or round it by `money_to_minor` with `round: half_up`.",
        )
    if code and most is not None and amount > most:
        return Problem(
            "amount_too_large",
            f"The amount {amount} is {shown_amount(amount, code)}, and Stripe takes at most "
            f"{shown_amount(most, code)}.",
            "Correct the amount, or split it into several.",
        )
    return None


def shown_amount(amount: int, code: str) -> str:
    """An amount for people: "5.50 ugx"."""
    return f"{Decimal(amount).scaleb(-minor_units().get(code, 0)):f} {code}"


def _finest(code: str, step: int) -> str:
    left = minor_units()[code] - len(str(step)) + 1
    return f"{code} with {left} decimals" if left else f"{code} in whole units"
