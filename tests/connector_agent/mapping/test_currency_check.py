"""Amounts that a mapping makes for one currency, and a target that has to learn which."""

import pytest
from connector_agent.mapping import Mapper, read_lines
from connector_sdk import JSON, Field, Problem

AMOUNT = Field("amount", "integer", format="minor-units")
CURRENCY = Field("currency", "string", format="currency")
LINE = Field("", "object", fields=(AMOUNT, Field("note", "string")))
PRICED = Field(
    "price",
    "any",
    any_of=(
        Field("price", "string"),
        Field(
            "price",
            "object",
            fields=(AMOUNT, Field("currency", "string", required=True, format="currency")),
        ),
    ),
)
TARGET = Field(
    "",
    "object",
    fields=(
        AMOUNT,
        Field("minimum_amount", "integer", format="minor-units"),
        Field("count", "integer"),
        CURRENCY,
        Field("minimum_currency", "string", format="currency"),
        PRICED,
        Field("lines", "list", items=LINE),
    ),
)
BARE = Field("", "object", fields=(AMOUNT,))
EUR: JSON = [{"money_to_minor": {"currency": "eur"}}]


def check(*lines: dict[str, JSON], schema: Field = TARGET) -> tuple[Problem, ...]:
    read, problems = read_lines(list(lines), lambda keys: "op.yaml:" + "/".join(map(str, keys)))
    assert problems == ()
    return Mapper(read, schema, {"eur": 2, "usd": 2}).check()


@pytest.mark.parametrize(
    ("to", "currency"),
    [
        ("amount", "currency"),
        ("minimum_amount", "minimum_currency"),
        ("lines[0].amount", "currency"),
    ],
)
def test_it_has_to_be_said(to: str, currency: str) -> None:
    amount: dict[str, JSON] = {"to": to, "from": "paid", "steps": EUR}
    (problem,) = check(amount)
    assert (problem.code, problem.path, problem.line) == ("currency_unsaid", to, "op.yaml:0/to")
    assert f"`to: {currency}`" in problem.remedy
    assert check(amount, {"to": currency, "value": "EUR"}) == ()
    assert check(amount, {"to": currency, "from": "currency"}) == ()


def test_it_is_said_for_lines_too() -> None:
    lines: dict[str, JSON] = {
        "to": "lines",
        "each": "rows",
        "mapping": [{"to": "amount", "from": "paid", "steps": EUR}],
    }
    (problem,) = check(lines)
    assert (problem.code, problem.path) == ("currency_unsaid", "lines[0].amount")
    assert check(lines, {"to": "currency", "from": "currency"}) == ()


def test_two_constants_have_to_agree() -> None:
    amount: dict[str, JSON] = {"to": "amount", "from": "paid", "steps": EUR}
    (problem,) = check(amount, {"to": "currency", "value": "usd"})
    assert (problem.code, problem.path) == ("currency_differs", "currency")
    assert problem.message == "'amount' is made for eur, and 'currency' says usd."
    assert problem.line == "op.yaml:1/to"
    assert check(amount, {"to": "currency", "value": "EUR ", "steps": ["trim", "lower"]}) == ()


def test_a_required_currency_is_told_once() -> None:
    amount: dict[str, JSON] = {"to": "price.amount", "from": "paid", "steps": EUR}
    assert "currency_unsaid" not in [each.code for each in check(amount)]


def test_what_is_no_money_made_by_the_step_is_left() -> None:
    assert check({"to": "amount", "from": "paid", "steps": ["to_integer"]}) == ()
    assert check({"to": "count", "from": "paid", "steps": EUR}) == ()
    assert check({"to": "amount", "from": "paid", "steps": EUR}, schema=BARE) == ()
