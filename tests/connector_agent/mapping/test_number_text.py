"""A typed number stays the number that it is, whatever steps make text of it on the way."""

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from connector_agent.mapping import STEPS, Step, StepExample, read_lines
from connector_agent.mapping.number_text import NumberText
from connector_agent.mapping.own_step import step, step_of
from connector_sdk import JSON, Field
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.mapping.checked import CheckedMapper

COMMA: dict[str, JSON] = {"decimal": ",", "thousands": "."}
POINT: dict[str, JSON] = {"decimal": ".", "thousands": ","}
EUR: dict[str, JSON] = {"currency": "eur", **COMMA}
ROUNDED: dict[str, JSON] = {**EUR, "round": "half_up"}


@step(examples=[StepExample("a", {}, "a")])
def polished(value: str) -> str:
    """Takes white space off."""
    return value.strip()


@step(examples=[StepExample("a", {}, "a")])
def pointless(value: str) -> str:
    """Takes points for thousands, as someone does who has only seen texts."""
    return value.replace(".", "").replace(",", ".")


@step(examples=[StepExample(1.5, {}, "1.50")])
def two_places(value: float) -> str:
    """Writes a number with two decimals."""
    return f"{value:.2f}"


@step(examples=[StepExample(1.5, {}, "3.0")])
def doubled(value: Decimal) -> Decimal:
    """Doubles."""
    return value * 2


OWN = {each.__name__: step_of(each) for each in (polished, pointless, two_places, doubled)}


def made(
    record: dict[str, JSON], *steps: JSON, to: Field | None = None, **origin: JSON
) -> JSON | list[str]:
    """What a line with these steps makes, or the codes of its problems."""
    line: dict[str, JSON] = {"to": "a", "steps": list(steps), **(origin or {"from": "a"})}
    known: dict[str, Step] = {**STEPS, **OWN}
    lines, faults = read_lines([line], lambda keys: "x.yaml:1:1", known)
    assert not faults
    schema = Field("", "object", fields=(to,)) if to is not None else None
    mapper = CheckedMapper(lines, schema, {"eur": 2, "jpy": 0, "kwd": 3})
    try:
        found = mapper.apply(record)
    finally:
        mapper.close()
    if isinstance(found, tuple):
        return [problem.code for problem in found]
    assert type(found.get("a")) is not NumberText, "what a line writes is text like any other"
    value: JSON = found.get("a")
    return value


def replaced(old: str, new: str) -> JSON:
    return {"replace": {"old": old, "new": new}}


@pytest.mark.parametrize(
    "before",
    [
        ["trim"],
        ["lower"],
        ["upper"],
        ["title"],
        ["strip_accents"],
        [replaced(" €", "")],
        [{"replace_pattern": {"pattern": " ?€$", "new": ""}}],
        [{"extract": {"pattern": "[0-9.,]+"}}],
        [{"truncate": 20}],
        [{"pad": {"width": 9}}],
        [{"pad": {"width": 9, "with": " "}}],
        [{"split": "|"}, "first"],
        [{"split": "|"}, {"join": {}}],
        [{"concat": {"parts": []}}],
        [{"concat": {"parts": [" €"]}}, replaced(" €", "")],
        [{"default": "0,00"}],
        ["polished"],
        [replaced(".", ",")],
        ["to_decimal"],
        [{"to_decimal": {**COMMA}}],
        [{"round_number": {"places": 3, **COMMA}}],
        [],
    ],
    ids=str,
)
@pytest.mark.parametrize(("number", "minor"), [(12.345, 1235), (0.125, 13), (1234, 123400)])
def test_text_made_of_a_number_is_read_as_that_number(
    before: list[JSON], number: float, minor: int
) -> None:
    assert made({"a": number}, *before, {"money_to_minor": {**ROUNDED}}) == minor


@pytest.mark.parametrize("round_it", [True, False])
def test_more_decimals_than_the_currency_has_are_told(round_it: bool) -> None:
    steps: list[JSON] = [replaced(" €", "")]
    assert made({"a": "1.234,56 €"}, *steps, {"money_to_minor": {**EUR}}) == 123456
    assert made({"a": "12.345 €"}, *steps, {"money_to_minor": {**EUR}}) == 1234500
    assert made({"a": 12.345}, *steps, {"money_to_minor": {**EUR}}) == ["too_many_decimals"]
    assert made({"a": 12.5}, *steps, {"money_to_minor": {**EUR}}) == 1250


@pytest.mark.parametrize(
    ("number", "before", "reads"),
    [
        (12.345, [replaced(".", "")], COMMA),
        (12.345, [replaced(".", "")], {}),
        (234.567, [replaced(".", ",")], POINT),
        (12.34, [replaced(".", ""), {"concat": {"parts": ["00"]}}], {}),
        (12.345, ["pointless"], {}),
        (1.5, [{"concat": {"parts": [{"from": "b"}]}}], COMMA),
    ],
    ids=str,
)
def test_what_is_not_clear_any_more_is_refused(
    number: float, before: list[JSON], reads: dict[str, JSON]
) -> None:
    assert made({"a": number, "b": ".250"}, *before, {"to_decimal": reads}) in (
        ["number_rewritten"],
        ["not_a_number"],
    )


@pytest.mark.parametrize(
    ("number", "before", "result"),
    [
        (12.345, [{"extract": {"pattern": "^[0-9]+"}}], "12"),
        (12.345, [{"truncate": 5}], "12.34"),
        (12.345, [{"replace_pattern": {"pattern": "^", "new": "-"}}], "-12.345"),
        (-12.345, [replaced("-", "")], "12.345"),
        (12.345, ["two_places"], "12.35"),
        (1.005, ["doubled"], "2.010"),
    ],
    ids=str,
)
def test_a_part_and_a_sign_are_read_as_numbers_are_written(
    number: float, before: list[JSON], result: str
) -> None:
    for reads in (COMMA, POINT, {}):
        found = made({"a": number}, *before, {"to_decimal": {**reads}})
        assert isinstance(found, str)
        assert Decimal(found) == Decimal(result)


def test_an_author_s_own_sign_is_that_of_the_line() -> None:
    cents: JSON = {"replace_pattern": {"pattern": "(..)$", "new": ",\\1"}}
    assert made({"a": 1234}, cents, {"money_to_minor": {**EUR}}) == 1234
    grouped: JSON = {"replace_pattern": {"pattern": "(...)$", "new": ".\\1"}}
    assert made({"a": 1234}, grouped, {"to_integer": {**COMMA}}) == 1234


@pytest.mark.parametrize(
    "expression",
    [
        "$string(a)",
        "a & ''",
        "$trim(a & ' ')",
        "$replace(a & ' EUR', ' EUR', '')",
        "$formatNumber(a, '#0.000')",
        "$substringBefore($string({'a': a, 'b': 1}), ',')~>$substringAfter(':')",
        "$join([$string(a)])",
        "a",
    ],
)
def test_expressions(expression: str) -> None:
    record: dict[str, JSON] = {"a": 12.345, "b": "12.345"}
    money: JSON = {"money_to_minor": {**ROUNDED}}
    assert made(record, money, expression=expression) == 1235
    assert made(record, "trim", money, expression=expression) == 1235
    assert made(record, money, expression="b") == 1234500


def test_formatted_by_an_expression() -> None:
    money: JSON = {"money_to_minor": {"currency": "eur"}}
    assert made({"a": 12.345}, money, expression="$formatNumber(a, '0.00')") == 1235
    grouped: JSON = {"money_to_minor": {"currency": "eur", **POINT}}
    assert made({"a": 1234.567}, grouped, expression="$formatNumber(a, '#,##0.00')") == 123457


@pytest.mark.parametrize("text", ["1_000", "５", " 12", "1,5", "inf", "nan", "", "1e999", "0x"])
def test_number_in_an_expression_is_strict(text: str) -> None:
    assert made({"a": text}, expression="$number(a)") == ["expression_fault"]


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("-1.5e1", -15), ("0x1F", 31)])
def test_numbers_that_json_knows(text: str, number: int) -> None:
    assert made({"a": text}, expression="$number(a)") == number


@pytest.mark.parametrize("text", ["1_000", "５", "1_0.5", "inf"])
@pytest.mark.parametrize(
    "field", [Field("a", "number"), Field("a", "string", format="decimal"), Field("a", "integer")]
)
def test_the_target_takes_no_other_digits(text: str, field: Field) -> None:
    found = made({"a": text}, to=field)
    assert isinstance(found, list)
    assert str(found[0]).startswith("not_")


def test_a_field_that_is_a_number_reads_no_changed_number() -> None:
    field = Field("a", "integer")
    assert made({"a": 12.345}, replaced(".", ""), to=field) == ["number_rewritten"]
    assert made({"a": 12.0}, "trim", to=field) == 12
    assert made({"a": 12.345}, replaced(".", ""), to=Field("a", "string")) == "12345"
    assert made({"a": "12.345"}, replaced(".", ""), to=field) == 12345


def test_an_element_of_a_list_is_read_as_what_it_was() -> None:
    lines, _ = read_lines(
        [
            {
                "to": "items",
                "each": "a",
                "mapping": [
                    {
                        "to": "amount",
                        "from": "value",
                        "steps": ["trim", {"money_to_minor": {**ROUNDED}}],
                    }
                ],
            }
        ],
        lambda keys: "x",
    )
    record: dict[str, JSON] = {"a": [12.345, "12.345", 7]}
    assert CheckedMapper(lines, None, {"eur": 2}).apply(record) == {
        "items": [{"amount": 1235}, {"amount": 1234500}, {"amount": 700}]
    }


@pytest.mark.parametrize("value", [1, "1", 1.0, " 1 "])
def test_keys_are_the_same_however_a_number_is_typed(value: JSON, tmp_path: Any) -> None:
    (tmp_path / "t.csv").write_text("k,v\n1,one\n0.00001,little\n")
    call: JSON = {"lookup_table": {"file": "t.csv", "key": "k", "value": "v"}}
    lines, _ = read_lines([{"to": "a", "from": "a", "steps": [call]}], lambda keys: "x")
    mapper = CheckedMapper(lines, folder=tmp_path)
    assert mapper.apply({"a": value}) == {"a": "one"}
    assert mapper.apply({"a": 1e-5}) == {"a": "little"}


def test_a_table_s_text_is_the_table_s(tmp_path: Any) -> None:
    (tmp_path / "t.json").write_text('{"1.5": "1.500"}')
    lines, _ = read_lines(
        [
            {
                "to": "a",
                "from": "a",
                "steps": [{"lookup_table": {"file": "t.json"}}, {"to_integer": {**COMMA}}],
            }
        ],
        lambda keys: "x",
    )
    assert CheckedMapper(lines, folder=tmp_path).apply({"a": 1.5}) == {"a": 1500}


TYPED = st.decimals(
    min_value=Decimal(-9_999_999_999), max_value=Decimal(9_999_999_999), allow_nan=False, places=4
).map(lambda number: number.quantize(Decimal(1)) if number % 10 == 0 else number.normalize())
KEEPING: list[JSON] = [
    "trim", "lower", "upper", "title", "strip_accents", "polished", replaced(" €", ""),
    {"truncate": 40}, {"split": ";"}, {"pad": {"width": 30, "with": " "}}, {"default": "0,1"},
    {"extract": {"pattern": "[-0-9.,’ ]+"}}, {"concat": {"parts": []}}, "skip_when_blank",
    {"concat": {"parts": [" €"]}},
]  # fmt: skip
LOCALES: list[tuple[dict[str, JSON], Callable[[Decimal], str]]] = [
    ({}, lambda number: f"{number:f}"),
    ({"decimal": ","}, lambda number: f"{number:f}".replace(".", ",")),
    (POINT, lambda number: f"{number:,f}"),
    (COMMA, lambda number: f"{number:,f}".translate(str.maketrans(",.", ".,"))),
    ({"decimal": ".", "thousands": "’"}, lambda number: f"{number:,f}".replace(",", "’")),
]


def steps_of(chosen: list[JSON]) -> Iterator[JSON]:
    for each in chosen:
        yield each
        if each == {"split": ";"}:
            yield "first"
    yield replaced(" €", "")


@given(
    number=TYPED,
    chosen=st.lists(st.sampled_from(KEEPING), max_size=4),
    locale=st.sampled_from(LOCALES),
)
def test_typed_and_written_numbers_are_the_same(
    number: Decimal,
    chosen: list[JSON],
    locale: tuple[dict[str, JSON], Callable[[Decimal], str]],
) -> None:
    reads, write = locale
    typed: float = int(number) if number == int(number) else float(number)
    steps = list(steps_of(chosen))
    minor = int(number.scaleb(2).quantize(Decimal(1), ROUND_HALF_UP))
    for value in (typed, write(number)):
        found = made({"a": value}, *steps, {"to_decimal": reads})
        assert isinstance(found, str), found
        assert Decimal(found) == number
        money: JSON = {"money_to_minor": {"currency": "eur", "round": "half_up", **reads}}
        assert made({"a": value}, *steps, money) == minor


SIGNS = st.sampled_from([".", ",", "", "-", " ", "0", "1"])
CHANGING = st.builds(replaced, st.sampled_from([".", ",", "-", "0", "5"]), SIGNS)


@given(
    number=TYPED,
    chosen=st.lists(CHANGING, min_size=1, max_size=3),
    locale=st.sampled_from(LOCALES),
)
def test_no_sign_that_a_step_changes_moves_the_decimals(
    number: Decimal,
    chosen: list[JSON],
    locale: tuple[dict[str, JSON], Callable[[Decimal], str]],
) -> None:
    typed: float = int(number) if number == int(number) else float(number)
    found = made({"a": typed}, *chosen, {"to_decimal": locale[0]})
    if not isinstance(found, str) or isinstance(typed, int):
        return
    same_digits = [
        "".join(filter(str.isdigit, text)).lstrip("0") for text in (found, f"{number:f}")
    ]
    if same_digits[0] == same_digits[1]:
        assert abs(Decimal(found)) == abs(number)
