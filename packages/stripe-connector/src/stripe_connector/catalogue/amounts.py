"""Stripe's rules for amounts of money: what a currency allows, and whose currency counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from connector_sdk import JSON

from stripe_connector.catalogue.overlay import minor_units, read


@dataclass(frozen=True, slots=True)
class AmountRule:
    """What holds for one kind of amount, by currency (lower case), in minor units. `steps` are
    what an amount has to be divisible by; `maximum` under "" is that of all other currencies.
    `minimum` holds only where a currency is settled in itself."""

    steps: Mapping[str, int]
    minimum: Mapping[str, int] = field(default_factory=dict)
    maximum: Mapping[str, int] = field(default_factory=dict)

    def most(self, currency: str) -> int | None:
        """The largest amount in the currency, None where there is no limit."""
        return self.maximum.get(currency, self.maximum.get(""))


@dataclass(frozen=True, slots=True)
class Owner:
    """An object in whose currency the amounts of a request are: the parameter that names it, and
    the API call that reads it."""

    by: str
    read: str


@cache
def amount_rules(api_call: str) -> Mapping[str, AmountRule]:
    """Parameter -> the rule of its amount; every one has to be 1 or more."""
    data = read("amounts.json")
    return MappingProxyType(
        {name: _rule(kind) for name, kind in data["amounts"].get(api_call, {}).items()}
    )


@cache
def owners(api_call: str) -> tuple[Owner, ...]:
    """The objects that may give the amounts of an API call their currency, the first that is
    named counts; none where the request itself says the currency."""
    found = read("amounts.json")["existing"].get(api_call, ())
    return tuple(Owner(each["by"], each["read"]) for each in found)


def owner_of(api_call: str, values: Mapping[str, JSON]) -> Owner | None:
    """The object that gives the amounts of a request their currency, None where it names none."""
    for owner in owners(api_call):
        if values.get(owner.by):
            return owner
    return None


@cache
def lasting(read_by: str) -> bool:
    """Whether what the API call reads keeps its currency for ever."""
    return read_by in read("amounts.json")["lasting"]


@cache
def sends_currency(api_call: str) -> bool:
    """Whether an API call with owners takes a currency all the same, where none is named."""
    return api_call in read("amounts.json")["sent"]


@cache
def amount_decimals(api_call: str) -> Mapping[str, int]:
    """Currency -> how many decimals an amount of the API call may have, where that is fewer
    than `minor_units` says: isk is counted in hundredths, and has none."""
    steps = dict(read("amounts.json")["whole"])
    for rule in amount_rules(api_call).values():
        steps.update(rule.steps)
    units = minor_units()
    return MappingProxyType(
        {each: units[each] - len(str(step)) + 1 for each, step in steps.items()}
    )


@cache
def _rule(kind: str) -> AmountRule:
    data = read("amounts.json")
    stated = data["kinds"][kind]
    return AmountRule(
        MappingProxyType({**data["whole"], **stated["steps"]}),
        MappingProxyType(stated.get("minimum", {})),
        MappingProxyType(stated.get("maximum", {})),
    )
