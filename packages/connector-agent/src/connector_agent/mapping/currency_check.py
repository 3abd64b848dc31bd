"""Whether the target learns the currency of the amounts that a mapping makes."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connector_sdk import Field, Problem
from connector_sdk.path import Path, format_path

from connector_agent.mapping.compiled import Compiled
from connector_agent.mapping.fields import find
from connector_agent.mapping.money_steps import NAME
from connector_agent.mapping.value import is_blank


class _Placed(NamedTuple):
    """A line and the whole path of what it writes."""

    to: Path
    compiled: Compiled


def currency_faults(lines: Sequence[Compiled], schema: Field) -> Iterator[Problem]:
    """Amounts that were made for one currency, and that the target would take as its own idea of
    another: 500 are 5.00 eur, or 500 jpy. `schema` is what the target takes."""
    placed = list(_placed(lines, ()))
    for each in placed:
        line = each.compiled.line
        steps = [call for call in line.steps if call.step.name == NAME and not call.step.own]
        amount = find(schema, each.to, "target")
        if not (steps and isinstance(amount, Field) and amount.format == "minor-units"):
            continue
        place = _currency_of(schema, each.to)
        if place is None:
            continue
        path, field = place
        stated = [other for other in placed if other.to == path[: len(other.to)]]
        if not stated and not field.required:
            yield _unsaid(each, path)
        fixed = steps[-1].arguments.get("currency")
        for other in stated:
            if other.to == path and isinstance(fixed, str) and _differs(other.compiled, fixed):
                yield _different(each, other, fixed)


def _placed(lines: Sequence[Compiled], above: Path) -> Iterator[_Placed]:
    for each in lines:
        to = (*above, *each.line.to)
        if each.inner:
            yield from _placed(each.inner, (*to, 0))
        else:
            yield _Placed(to, each)


def _currency_of(schema: Field, amount: Path) -> tuple[Path, Field] | None:
    """The field that says the currency of an amount: of the same object, or of the nearest one
    around it that has any."""
    for length in range(len(amount) - 1, -1, -1):
        above = amount[:length]
        holder = find(schema, above, "target") if above else schema
        if not isinstance(holder, Field):
            continue
        shapes = (holder, *holder.any_of)
        found = [child for shape in shapes for child in shape.fields if child.format == "currency"]
        if found:
            own = str(amount[-1]).replace("amount", "currency")
            field = next((each for each in found if each.name == own), found[0])
            return (*above, field.name), field
    return None


def _differs(compiled: Compiled, currency: str) -> bool:
    """Whether a line gives another currency to every record."""
    line = compiled.line
    fixed = line.source is None and not line.expression and line.lookup is None
    value = line.value
    return (
        fixed
        and not line.steps
        and not is_blank(value)
        and str(value).strip().lower() != currency.strip().lower()
    )


def _unsaid(each: _Placed, currency: Path) -> Problem:
    amount, name = format_path(each.to), format_path(currency)
    return Problem(
        "currency_unsaid",
        f"{amount!r} is made for one currency, and nothing says to the target which: it would take "
        "the number in the currency that it knows itself, 500 as 5.00 eur or as 500 jpy.",
        f"Add a line with `to: {name}` that gives the same currency as the step `{NAME}`.",
        path=amount,
        line=each.compiled.line.line,
    )


def _different(amount: _Placed, currency: _Placed, made: str) -> Problem:
    name = format_path(currency.to)
    return Problem(
        "currency_differs",
        f"{format_path(amount.to)!r} is made for {made.lower()}, and {name!r} says "
        f"{currency.compiled.line.value}.",
        "Name the same currency in both lines.",
        path=name,
        line=currency.compiled.line.line,
    )
