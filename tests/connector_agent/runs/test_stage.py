"""From a record to its request: what can't be kept to the digit is refused."""

from decimal import Decimal
from typing import Any

import orjson
import pytest
from connector_agent.mapping import Mapped
from connector_agent.runs.guards import CardGuard, long_number, with_long_as_text
from connector_agent.runs.item import Item
from connector_agent.runs.stage import Stage, prepared
from connector_sdk import JSON, Body, Prepared, Problem, Record, Request
from hypothesis import example, given
from hypothesis import strategies as st

LONG = "123456789012345678901"


class Taker:
    """A target that takes every request as it is."""

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        return Body(request.raw)


def made(item: Item, *, updates: bool) -> bytes | Problem:
    """What such a target is sent for an item."""
    target: Any = Taker()
    body = item.problem or prepared(item, target, CardGuard(), "id" if updates else "")
    return body.json if isinstance(body, Body) else body


def copied(record: dict[str, JSON], at: str) -> Mapped:
    return Mapped(record)


@pytest.mark.parametrize(
    "number",
    [LONG, f"-{LONG}", "18446744073709551616", "12345678901234567.89", "0.1234567890123456789"],
)
async def test_a_number_that_would_lose_digits_is_refused(number: str) -> None:
    stage = Stage(["id"], copied, cards=CardGuard())
    raw = f'{{"id":{number}}}'.encode()
    (staged,) = await stage.all([(1, Record(1, raw, "a.jsonl line 1"))])
    assert staged.problem is not None
    assert (staged.problem.code, staged.problem.at) == ("number_too_long", "a.jsonl line 1")
    assert (staged.create, staged.identity) == (None, "")


async def test_it_passes_as_text_and_where_nothing_reads_it() -> None:
    (text,) = await Stage(["id"], copied, cards=CardGuard()).all(
        [(1, Record(1, f'{{"id":"{LONG}"}}'.encode()))]
    )
    assert (text.identity, text.problem) == (LONG, None)
    raw = f'{{"id":{LONG}}}'.encode()
    (kept,) = await Stage([], None, cards=CardGuard()).all([(1, Record(1, raw))])
    assert made(kept, updates=False) == raw


@pytest.mark.parametrize(
    ("value", "code"),
    [(1 << 70, "number_too_long"), ("\ud83d", "mapping_not_json"), (print, "mapping_not_json")],
)
async def test_what_is_no_json_is_a_problem_of_its_record(value: Any, code: str) -> None:
    stage = Stage([], lambda record, at: Mapped({"a": value}), cards=CardGuard())
    (staged,) = await stage.all([(1, Record(1, b"{}", "a.jsonl line 1"))])
    problem = made(staged, updates=False)
    assert isinstance(problem, Problem)
    assert (problem.code, problem.at) == (code, "a.jsonl line 1")


async def test_a_fault_of_the_target_itself_is_not_the_record_s() -> None:
    class Broken(Taker):
        def prepare(self, request: Request, existing: str = "") -> Prepared:
            raise ValueError("a mistake")

    stage = Stage([], lambda record, at: Mapped({"a": 1}), cards=CardGuard())
    (item,) = await stage.all([(1, Record(1, b"{}"))])
    broken: Any = Broken()
    with pytest.raises(ValueError, match="a mistake"):
        prepared(item, broken, CardGuard())


@given(st.integers() | st.integers(1 << 62, 1 << 65) | st.integers(-(1 << 65), -(1 << 62)))
def test_exactly_the_numbers_that_are_not_read_as_they_are(number: int) -> None:
    raw = f'{{"a":[{number},"{number}"]}}'.encode()
    kept = orjson.loads(raw)["a"][0]
    exact = isinstance(kept, int) and kept == number
    assert long_number(raw) == ("" if exact else str(number))
    assert with_long_as_text(raw) == {"a": [number if exact else str(number), str(number)]}


@given(st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:f}"))
@example("1234567890123.45")
@example("12345678901234.567")
def test_no_decimal_is_read_as_another(text: str) -> None:
    raw = f'{{"a":{text}}}'.encode()
    long = long_number(raw)
    if "." in text and not long:
        read = Decimal(repr(orjson.loads(raw)["a"]))
        assert read == Decimal(text) or len(Decimal(text).as_tuple().digits) >= 17
    elif "." in text:
        assert with_long_as_text(raw) == {"a": text}


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(17, 25))
def test_what_programs_write_of_a_number_of_64_bits_is_that_number(
    number: float, digits: int
) -> None:
    assert not long_number(f'{{"a":{number:.{digits}e}}}'.encode())


def as_create(record: dict[str, JSON], at: str) -> Mapped:
    if "tax" in record:
        return Mapped({"tax": record["tax"]})
    return Mapped({}, (Problem("no_tax_id", "None."),))


def as_update(record: dict[str, JSON], at: str) -> Mapped:
    if "name" in record:
        return Mapped({"name": record["name"]})
    return Mapped({}, (Problem("no_name", "None."),))


async def test_a_record_comes_to_a_create_and_to_an_update() -> None:
    stage = Stage(["id"], as_create, update=as_update, cards=CardGuard())
    records = [
        {"id": 1, "tax": 2, "name": 3},
        {"id": 2, "name": 3},
        {"id": 3, "tax": 2},
        {"tax": 1},
    ]
    staged = await stage.all(
        [(n, Record(n, orjson.dumps(record), f"line {n}")) for n, record in enumerate(records, 1)]
    )
    assert [_told(made(each, updates=False)) for each in staged] == [
        '{"tax":2}', "no_tax_id line 2", '{"tax":2}', "no_identity line 4",
    ]  # fmt: skip
    assert [_told(made(each, updates=True)) for each in staged] == [
        '{"name":3}', '{"name":3}', "no_name line 3", "no_identity line 4",
    ]  # fmt: skip


def _told(made: bytes | Problem) -> str:
    return made.decode() if isinstance(made, bytes) else f"{made.code} {made.at}"


async def test_without_lines_of_its_own_an_update_is_the_same_request() -> None:
    (staged,) = await Stage(["id"], copied, cards=CardGuard()).all([(1, Record(1, b'{"id":1}'))])
    assert made(staged, updates=True) == made(staged, updates=False) == b'{"id":1}'


async def test_a_card_number_in_an_update_ends_there() -> None:
    def number(record: dict[str, JSON], at: str) -> Mapped:
        return Mapped({"description": "4242" * 4})

    stage = Stage(["id"], copied, update=number, cards=CardGuard())
    (staged,) = await stage.all([(1, Record(1, b'{"id":1}'))])
    assert made(staged, updates=False) == b'{"id":1}'
    problem = made(staged, updates=True)
    assert isinstance(problem, Problem)
    assert problem.code == "card_number"
    assert b"4242" * 4 not in staged.record


async def test_a_card_number_never_gets_into_a_problem_of_its_target() -> None:
    class Picky(Taker):
        def prepare(self, request: Request, existing: str = "") -> Prepared:
            value = str(request.values["description"])
            return Problem("no", f"It can't be {value}.", value=value)

    stage = Stage(["id"], lambda record, at: Mapped({"description": "4242" * 4}), cards=CardGuard())
    (item,) = await stage.all([(1, Record(1, b'{"id":1}'))])
    picky: Any = Picky()
    problem = prepared(item, picky, CardGuard())
    assert isinstance(problem, Problem)
    assert problem.code == "card_number"
    assert "4242424242424242" not in problem.text()
