"""What a person has to allow before it is done on a live account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from connector_sdk.record import JSON, Problem

IRREVERSIBLE = "irreversible"
"""The setting that allows with "allow" what moves money or can't be undone, and the code of the
Problem with which it is refused otherwise."""

Condition = Mapping[str, tuple[JSON, ...]]
"""Dotted paths of a request with the values that count; () stands for any value but null."""


class Money(NamedTuple):
    """An amount in the smallest unit of a currency (lower case); "" where the request doesn't
    say which one."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """What an activity does that moves money or can't be undone, and is refused until a person
    allows it. `refusal` says what it is and how to allow it.

    It concerns only requests that meet one of the conditions `when` (none: all of them) and none
    of `unless`. `moves_money` says whether there is a sum to tell; `amount` and `currency` are
    where a request says how much, "" where it doesn't.
    """

    refusal: Problem
    moves_money: bool = False
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    amount: str = ""
    currency: str = ""

    @property
    def always(self) -> bool:
        """Whether it concerns every request."""
        return not self.when and not self.unless

    def concerns(self, request: Mapping[str, JSON]) -> bool:
        """Whether it concerns this request, whose values have the types of the schema."""
        return (not self.when or any(_meets(request, each) for each in self.when)) and not any(
            _meets(request, each) for each in self.unless
        )

    def can_concern(self, fields: frozenset[str], constants: Mapping[str, JSON]) -> bool:
        """Whether it can concern a request that has these constants, perhaps these fields (by
        their first names), and no others."""
        if any(_meets(constants, each) for each in self.unless):
            return False
        return not self.when or any(
            all(
                path.partition(".")[0] in fields or _fits(_at(constants, path), values)
                for path, values in each.items()
            )
            for each in self.when
        )

    def money(self, request: Mapping[str, JSON]) -> Money | None:
        """How much the request says that it moves; None where it doesn't."""
        amount = _at(request, self.amount) if self.amount else None
        if isinstance(amount, bool) or not isinstance(amount, int):
            return None
        currency = _at(request, self.currency) if self.currency else None
        return Money(amount, currency.lower() if isinstance(currency, str) else "")


def _meets(request: Mapping[str, JSON], condition: Condition) -> bool:
    return all(_fits(_at(request, path), values) for path, values in condition.items())


def _fits(value: JSON, values: tuple[JSON, ...]) -> bool:
    return value is not None and (not values or value in values)


def _at(request: Mapping[str, JSON], path: str) -> JSON:
    value: JSON = dict(request)
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
