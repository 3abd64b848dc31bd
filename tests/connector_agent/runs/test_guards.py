"""Card numbers are seen wherever they stand, and other numbers are left alone."""

import json

import pytest
from connector_agent.runs.guards import CardGuard, is_card_number, masked
from hypothesis import given
from hypothesis import strategies as st

CARDS = [
    "4242424242424242",
    "4222222222222",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "3056930009020004",
    "36227206271667",
    "3566002020360505",
    "6200000000000005",
]


def check(
    record: object, request: object | None = None, known: tuple[str, ...] = (), sealed: bool = False
) -> str:
    sent = json.dumps(request).encode() if request is not None else None
    problem = CardGuard(frozenset(known), sealed).check(json.dumps(record).encode(), sent)
    return problem.code if problem else ""


@pytest.mark.parametrize("number", CARDS)
def test_each_scheme_is_known(number: str) -> None:
    assert is_card_number(number)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not is_card_number(wrong)
    assert check({"note": f"card {number}."}) == "card_number"
    spaced = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    assert check({"a": [{"note": spaced}]}) == "card_number"
    assert check({"n": int(number)}) == "card_number"
    assert check({"n": float(number)}) == "card_number"
    for text in (f"{number}.0", f"{number[0]}.{number[1:]}E+{len(number) - 1}"):
        raw = f'{{"n":{text}}}'.encode()
        assert CardGuard().check(raw, None) is not None
        assert number[:6].encode() not in masked(raw).replace(b".", b"")
    escaped = json.dumps({"n": number}).replace(number[0], f"\\u003{number[0]}").encode()
    problem = CardGuard().check(escaped, None)
    assert problem is not None
    assert number.encode() not in masked(escaped)


@pytest.mark.parametrize(
    "record",
    [
        {"created": 1795495796, "id": "cus_4242424242424242x9", "ms": 1795495796123},
        {"phone": "+44 20 7946 0018", "amount": "4242.424242424242"},
        {"rate": 4242.424242424242, "hash": "a5e10b5e12", "far": 4.2e30, "whole": 1e12},
        {"iban": "DE89370400440532013000"},
        {"order": "1234567890123456"},
    ],
)
def test_other_numbers_are_left_alone(record: object) -> None:
    assert check(record) == ""


def test_a_field_that_is_known_to_hold_none() -> None:
    record = {"order_no": CARDS[0], "note": ""}
    assert check(record, {"metadata": {"order": CARDS[0]}}, known=("order_no",)) == ""
    assert check({**record, "note": CARDS[2]}, None, known=("order_no",)) == "card_number"


def test_a_field_that_is_meant_for_one_needs_a_sealed_ledger() -> None:
    record, request = {"pan": CARDS[0]}, {"card": {"number": CARDS[0], "exp_year": 2030}}
    assert check(record, request) == "card_number_unsealed"
    assert check(record, request, sealed=True) == ""
    assert check({**record, "other": CARDS[2]}, request, sealed=True) == "card_number"
    assert check(record, {**request, "name": CARDS[0]}, sealed=True) == "card_number"


def test_a_number_that_a_mapping_puts_together() -> None:
    halves = {"a": CARDS[0][:8], "b": CARDS[0][8:]}
    assert check(halves) == ""
    assert check(halves, {"name": CARDS[0]}) == "card_number"


def test_the_problem_and_the_masked_record_hold_no_number() -> None:
    raw = json.dumps({"note": f"x {CARDS[0]} y"}).encode()
    problem = CardGuard().check(raw, None)
    assert problem is not None
    assert CARDS[0] not in problem.text()
    assert CARDS[0][-4:] in problem.message
    assert CARDS[0].encode() not in masked(raw)
    assert json.loads(masked(raw))


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (f"x {CARDS[0]} y", "x [card number] y"),
        (f'say "{CARDS[0]}"', 'say "[card number]"'),
        (int(CARDS[0]), "[card number]"),
        (float(CARDS[0]), "[card number]"),
        (12.5, 12.5),
        ("1", "1"),
    ],
)
def test_what_was_taken_out_is_told_from_a_value(value: object, left: object) -> None:
    raw = json.dumps({"a": 1.10, "b": [value, "z"]}).encode()
    assert json.loads(masked(raw)) == {"a": 1.10, "b": [left, "z"]}


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    problem = CardGuard().check(raw, raw)
    assert problem is None or masked(raw) != raw
