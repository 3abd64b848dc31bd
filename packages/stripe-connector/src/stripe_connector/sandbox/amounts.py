"""Amounts that Stripe refuses, refused before anything is done."""

from decimal import Decimal

from stripe_connector.catalogue import minor_units
from stripe_connector.catalogue.amounts import AmountRule, amount_rules, owner_of
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.turn import Turn

_PAGE = "https://docs.stripe.com/currencies"


def check_amounts(turn: Turn) -> None:
    """Raises RefusalError."""
    rules = amount_rules(turn.api_call.id)
    given = {name: turn.params[name] for name in rules if name in turn.params}
    if not given:
        return
    currency = _currency(turn)
    for name, amount in given.items():
        if isinstance(amount, int):
            _check(amount, currency, rules[name], name)
            if not _takes_less(turn):
                _check_minimum(amount, currency, rules[name], name)


def _currency(turn: Turn) -> str:
    """ "" where nothing says it."""
    owner = owner_of(turn.api_call.id, {**turn.path, **turn.params})
    if owner is not None:
        resource = turn.registry.catalogue.api_calls[owner.read].returns
        holder = turn.peek(resource, {**turn.path, **turn.params}[owner.by])
    elif "currency" in turn.params:
        return str(turn.params["currency"])
    else:
        ids = list(turn.path.values())
        holder = turn.peek(turn.api_call.returns, ids[-1]) if ids else None
    return str(holder.body.get("currency") or "") if holder is not None else ""


def _takes_less(turn: Turn) -> bool:
    """Methods such as iDEAL take small amounts."""
    data = turn.params.get("payment_method_data")
    return isinstance(data, dict) and data.get("type") != "card"


def _check(amount: int, currency: str, rule: AmountRule, param: str) -> None:
    if amount < 1:
        raise RefusalError(
            400,
            "This value must be greater than or equal to 1.",
            "parameter_invalid_integer",
            param,
        )
    step, most = rule.steps.get(currency, 1), rule.most(currency)
    if amount % step:
        raise _indivisible(currency, step, param)
    if currency and most is not None and amount > most:
        raise RefusalError(
            400,
            f"Amount must be no more than {_shown(most, currency)}",
            "amount_too_large",
            param,
        )


def _check_minimum(amount: int, currency: str, rule: AmountRule, param: str) -> None:
    """The account settles each currency in itself."""
    least = rule.minimum.get(currency, 1)
    if amount < least:
        raise RefusalError(
            400, f"Amount must be at least {_shown(least, currency)}", "amount_too_small", param
        )


def _indivisible(currency: str, step: int, param: str) -> RefusalError:
    code = currency.upper()
    if step == 10:
        return RefusalError(
            400,
            f"Invalid amount. The last digit of amounts in {code} has to be 0. See {_PAGE}"
            "#three-decimal for more information.",
            "invalid_charge_amount",
            param,
        )
    return RefusalError(
        400,
        f"Invalid amount. Currency {code} has become effectively zero-decimal and charged amounts "
        f"must be evenly divisible by {step}. See {_PAGE}#zero-decimal for more information.",
        "invalid_charge_amount_no_decimal_compatible",
        param,
    )


def _shown(amount: int, currency: str) -> str:
    places = minor_units().get(currency, 0)
    return f"{Decimal(amount).scaleb(-places):,f} {currency}"
