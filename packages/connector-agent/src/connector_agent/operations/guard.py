"""What a guarded target would do on a live account, and how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import orjson
from connector_sdk import JSON, Guarded, Problem, Schemas, conform

from connector_agent.mapping import MappingLine
from connector_agent.mapping.value import ABSENT
from connector_agent.operations.end import End


def can_concern(guard: Guarded, lines: Sequence[MappingLine], schemas: Schemas) -> bool:
    """Whether the guard may concern a request made by these lines; without lines, any."""
    if not lines:
        return True
    constants: dict[str, JSON] = {}
    fields: set[str] = set()
    for line in lines:
        name = str(line.to[0])
        constant = len(line.to) == 1 and not line.steps and line.when is None
        if constant and line.value is not ABSENT:
            constants[name] = line.value
        else:
            fields.add(name)
    fitted = conform(schemas.request, constants).value
    known = fitted if isinstance(fitted, dict) else constants
    return guard.can_concern(frozenset(fields), known)


async def guard_warnings(end: End, lines: Sequence[MappingLine]) -> list[Problem]:
    """Warnings for what the mapping does without permission on a live account. The connector
    itself reports what concerns every request."""
    guard = await end.connection.guard(end.activity)
    if guard is None or guard.always or not can_concern(guard, lines, end.schemas):
        return []
    return [end.endpoint.located(guard.refusal._replace(warning=True), end.activity.name)]


@dataclass(slots=True)
class Tally:
    """Counts the guarded requests and sums the amounts they state, per currency in its smallest
    unit ("" where only the other system knows it). `silent` counts those without an amount."""

    guard: Guarded
    schemas: Schemas
    count: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    silent: int = 0

    def add(self, request: bytes) -> None:
        """Counts one request; one that isn't a JSON object is refused later."""
        try:
            value = orjson.loads(request)
        except orjson.JSONDecodeError:
            return
        if isinstance(value, dict):
            self.add_value(value)

    def add_value(self, request: Mapping[str, JSON]) -> None:
        """The same for a parsed request; one with faults is refused later."""
        values, problems = conform(self.schemas.request, dict(request))
        if problems or not isinstance(values, dict):
            return
        if not self.guard.concerns(values):
            return
        self.count += 1
        money = self.guard.money(values)
        if money is None:
            self.silent += 1
        else:
            self.sums[money.currency] = self.sums.get(money.currency, 0) + money.amount

    def money(self) -> str:
        """The sums in words; "" where no money moves."""
        if not self.guard.moves_money:
            return ""
        known = [
            self._sum(currency, amount)
            for currency, amount in sorted(self.sums.items())
            if currency
        ]
        unknown = self.sums.get("")
        if unknown is not None:
            known.append(f"{unknown:,} in the smallest unit of currencies that aren't known here")
        if self.silent:
            known.append(
                f"{self.silent:,} that {'does' if self.silent == 1 else 'do'} not say how much"
                if known
                else "how much isn't known before"
            )
        return " and ".join(known)

    def _sum(self, currency: str, amount: int) -> str:
        units = self.schemas.minor_units.get(currency)
        if units is None:
            return f"{amount:,} {currency.upper()} in its smallest unit"
        return f"{Decimal(amount).scaleb(-units):,f} {currency.upper()}"


@dataclass(frozen=True, slots=True)
class Question:
    """The question before the first write to a live `account`: what `guard` does, and `tally`
    how often and how much (None: unknown). `first`: the tally covers only so many records."""

    guard: Guarded
    account: str
    tally: Tally | None = None
    first: int = 0

    def text(self) -> str:
        return f"{self.guard.refusal.message} {self._count()}"

    def _count(self) -> str:
        if self.tally is None:
            much = " and how much" if self.guard.moves_money else ""
            return f"How many{much} isn't known before it is read; the account is {self.account}."
        count = self.tally.count
        objects = "1 object" if count == 1 else f"{count:,} objects"
        money = self.tally.money()
        counted = f"{objects} on {self.account}{f': {money}' if money else ''}"
        if self.first:
            return f"The first {self.first:,} records alone are {counted}. There are more."
        return f"That is {counted}."
