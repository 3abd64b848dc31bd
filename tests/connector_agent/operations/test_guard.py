"""How many and how much, in words."""

import json

import pytest
from connector_agent.operations.guard import Question, Tally
from connector_sdk import Field, Guarded, Problem, Schemas

REQUEST = Field(
    name="payout",
    type="object",
    fields=(
        Field(name="amount", type="integer"),
        Field(name="currency", type="string"),
        Field(name="confirm", type="boolean"),
    ),
)
SCHEMAS = Schemas(REQUEST, REQUEST, {"eur": 2, "jpy": 0, "kwd": 3})
REFUSAL = Problem("irreversible", "Money leaves.", "Allow it.", path="irreversible")
PAYOUT = Guarded(REFUSAL, moves_money=True, amount="amount", currency="currency")


@pytest.mark.parametrize(
    ("requests", "told"),
    [
        ([], "That is 0 objects on acct_1: ."),
        ([{"amount": 1250, "currency": "EUR"}], "That is 1 object on acct_1: 12.50 EUR."),
        (
            [{"amount": 5, "currency": "jpy"}, {"amount": 12345678, "currency": "kwd"}],
            "That is 2 objects on acct_1: 5 JPY and 12,345.678 KWD.",
        ),
        (
            [{"amount": 5, "currency": "eur"}, {"currency": "eur"}],
            "That is 2 objects on acct_1: 0.05 EUR and 1 that does not say how much.",
        ),
        ([{}, {}], "That is 2 objects on acct_1: how much isn't known before."),
        (
            [{"amount": 500}],
            "That is 1 object on acct_1: 500 in the smallest unit of currencies that aren't known "
            "here.",
        ),
        (
            [{"amount": "7", "currency": "xyz"}],
            "That is 1 object on acct_1: 7 XYZ in its smallest unit.",
        ),
    ],
)
def test_sums(requests: list[dict[str, object]], told: str) -> None:
    tally = Tally(PAYOUT, SCHEMAS)
    for request in requests:
        tally.add(json.dumps(request).encode())
    assert Question(PAYOUT, "acct_1", tally).text() == f"Money leaves. {told.replace(': .', '.')}"


def test_what_moves_no_money_has_no_sum() -> None:
    tally = Tally(Guarded(REFUSAL), SCHEMAS)
    tally.add(b'{"amount": 5}')
    assert Question(tally.guard, "acct_1", tally).text() == (
        "Money leaves. That is 1 object on acct_1."
    )


def test_only_what_is_concerned_counts() -> None:
    tally = Tally(Guarded(REFUSAL, when=({"confirm": (True,)},)), SCHEMAS)
    for request in (b'{"confirm": "true"}', b'{"confirm": false}', b"{}", b"[]", b"{"):
        tally.add(request)
    assert tally.count == 1


def test_what_is_not_known() -> None:
    assert (
        Question(PAYOUT, "acct_1")
        .text()
        .endswith("How many and how much isn't known before it is read; the account is acct_1.")
    )
    tally = Tally(PAYOUT, SCHEMAS, count=3, sums={"eur": 1})
    assert (
        Question(PAYOUT, "acct_1", tally, 10)
        .text()
        .endswith("The first 10 records alone are 3 objects on acct_1: 0.01 EUR. There are more.")
    )
