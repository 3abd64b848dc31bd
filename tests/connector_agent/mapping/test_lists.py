"""Lists made of lists: what their lines read, write, and what is told of their elements."""

from collections.abc import Iterator
from typing import Any

import pytest
from connector_agent.mapping import read_lines
from connector_sdk import JSON, Field, Problem
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.mapping.checked import CheckedMapper

TEXT = Field("", "string")
RATE = Field("", "object", fields=(Field("rate", "string", required=True, max_length=5),))
ITEM = Field(
    "",
    "object",
    fields=(
        Field("price", "string", required=True),
        Field("amount", "integer"),
        Field("kind", "string", choices=("good", "service")),
        Field("taxes", "list", items=RATE),
        Field("tags", "list", items=TEXT),
    ),
)
TARGET = Field(
    "",
    "object",
    fields=(
        Field("customer", "string"),
        Field("items", "list", items=ITEM, clears=True),
    ),
)
LINE = Field(
    "",
    "object",
    fields=(
        Field("sku", "string"),
        Field("amount", "string"),
        Field("taxes", "list", items=TEXT),
    ),
)
SOURCE = Field(
    "",
    "object",
    fields=(
        Field("no", "string"),
        Field("cur", "string"),
        Field("codes", "string"),
        Field("lines", "list", items=LINE),
    ),
)

PRICE: JSON = {"to": "price", "from": "sku", "steps": ["trim"]}
AMOUNT: JSON = {
    "to": "amount",
    "from": "amount",
    "steps": [{"money_to_minor": {"currency_from": "record.cur"}}],
}
TAXES: JSON = {
    "to": "taxes",
    "each": "taxes",
    "mapping": [{"to": "rate", "from": "value", "steps": ["upper"]}],
}


def place(keys: tuple[str | int, ...]) -> str:
    return "op.yaml:" + "/".join(map(str, keys))


@pytest.fixture
def make() -> Iterator[Any]:
    made: list[CheckedMapper] = []

    def making(*raw: JSON) -> CheckedMapper:
        lines, problems = read_lines(raw, place)
        assert problems == ()
        made.append(
            CheckedMapper(lines, TARGET, {"usd": 2}, source_schema=SOURCE, line="op.yaml:1:1")
        )
        return made[-1]

    yield making
    for each in made:
        each.close()


def items(*mapping: JSON, **more: JSON) -> JSON:
    return {"to": "items", "each": "lines", "mapping": list(mapping), **more}


def told(problems: Any) -> list[tuple[str, str, str]]:
    assert isinstance(problems, tuple), problems
    return [(each.code, each.path, each.line) for each in problems]


RECORD: dict[str, JSON] = {
    "no": "7",
    "cur": "usd",
    "lines": [
        {"sku": " a", "amount": "1.50", "taxes": ["x", "y"]},
        {"sku": "b", "amount": "2", "taxes": []},
    ],
}


def test_a_list_in_a_list(make: Any) -> None:
    mapper = make(items(PRICE, AMOUNT, TAXES))
    assert mapper.check() == ()
    assert mapper.apply(RECORD) == {
        "items": [
            {"price": "a", "amount": 150, "taxes": [{"rate": "X"}, {"rate": "Y"}]},
            {"price": "b", "amount": 200, "taxes": []},
        ]
    }


def test_expressions_see_the_element_and_the_record(make: Any) -> None:
    mapper = make(
        items(
            {"to": "price", "expression": "$record.no & '/' & sku"},
            {"to": "tags", "expression": "taxes"},
            {
                "to": "taxes",
                "each": "taxes",
                "mapping": [{"to": "rate", "expression": "$ & $record.cur"}],
            },
        )
    )
    assert mapper.check() == ()
    assert mapper.apply(RECORD)["items"][0] == {
        "price": "7/ a",
        "tags": ["x", "y"],
        "taxes": [{"rate": "xusd"}, {"rate": "yusd"}],
    }
    record = {"no": "8", "lines": [{"sku": "a", "taxes": ["x"]}]}
    assert mapper.apply(record)["items"][0]["tags"] == ["x"], "one is a list, too"


@pytest.mark.parametrize(
    ("record", "made"),
    [
        ({}, {}),
        ({"lines": None}, {"items": None}),
        ({"lines": []}, {"items": []}),
    ],
)
def test_absent_and_empty_and_clear(make: Any, record: dict[str, JSON], made: JSON) -> None:
    assert make(items(PRICE)).apply(record) == made


def test_some_of_the_elements(make: Any) -> None:
    record: dict[str, JSON] = {
        "lines": [{"sku": "a"}, {"sku": " "}, {}, {"sku": "b", "amount": "0"}]
    }
    some = items(PRICE, where={"from": "sku", "blank": False})
    assert make(some).apply(record) == {"items": [{"price": "a"}, {"price": "b"}]}
    none = items(PRICE, where=[{"from": "sku", "equals": "a"}, {"from": "amount", "equals": 0}])
    assert make(none).apply(record) == {"items": []}
    whole = items(PRICE, where={"from": "record.no", "equals": "1"})
    assert make(whole).apply({"no": "1", "lines": [{"sku": "a"}]}) == {"items": [{"price": "a"}]}


def test_a_text_becomes_a_list_first(make: Any) -> None:
    mapper = make(
        {
            "to": "items",
            "each": "codes",
            "steps": [{"split": ";"}],
            "mapping": [{"to": "price", "from": "value"}],
        }
    )
    assert mapper.check() == ()
    assert mapper.apply({"codes": "p1; p2"}) == {"items": [{"price": "p1"}, {"price": "p2"}]}
    assert mapper.apply({"codes": ""}) == {"items": []}


def test_problems_name_their_element(make: Any) -> None:
    mapper = make(items(PRICE, AMOUNT, TAXES))
    lines: JSON = [
        {"sku": "a", "amount": "x"},
        {"amount": "1"},
        {"sku": "b", "amount": "y", "taxes": ["toolong", "ok"]},
        {"sku": "c", "taxes": "one"},
    ]
    problems = mapper.apply({"cur": "usd", "lines": lines}, "row 3")
    amount, taxes = "op.yaml:0/mapping/1/to", "op.yaml:0/mapping/2/to"
    assert told(problems) == [
        ("not_a_number", "items[0].amount", amount),
        ("not_a_number", "items[2].amount", amount),
        ("not_a_list", "items[3].taxes", taxes),
        ("missing_field", "items[1].price", "op.yaml:0/mapping/0/to"),
        ("too_long", "items[2].taxes[0].rate", "op.yaml:0/mapping/2/mapping/0/to"),
    ]
    assert all(each.at == "row 3" for each in problems)


def test_an_expression_that_fails_spoils_its_element_only(make: Any) -> None:
    mapper = make(items({"to": "price", "expression": "sku & $sum(amount)"}))
    problems = mapper.apply({"lines": [{"sku": "a", "amount": 1}, {"sku": "b", "amount": "x"}]})
    assert told(problems) == [("expression_fault", "items[1].price", "op.yaml:0/mapping/0/to")]


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ({"to": "prise", "from": "sku"}, "unknown_field", "Did you mean 'price'?"),
        ({"to": "price", "from": "skuu"}, "unknown_field", "Did you mean 'sku'?"),
        ({"to": "price", "from": "record.noo"}, "unknown_field", "Did you mean 'no'?"),
        ({"to": "kind", "value": "goods"}, "wrong_choice", "Did you mean 'good'?"),
        ({"to": "price", "from": "value"}, "unknown_field", "There are: sku, amount, taxes."),
        ({"to": "taxes", "each": "taxess", "mapping": [PRICE]}, "unknown_field", "'taxes'?"),
        ({"to": "taxes", "each": "sku", "mapping": [PRICE]}, "not_a_list", "`split`"),
        ({"to": "taxes", "each": "record.cur", "mapping": [PRICE]}, "not_a_list", "'cur' is none"),
        ({"to": "price", "expression": "sku &"}, "expression_syntax", "can't be evaluated"),
        (
            {"to": "amount", "from": "amount", "steps": [{"money_to_minor": {"currency": "usx"}}]},
            "unknown_currency",
            "usx",
        ),
    ],
)
def test_what_the_check_finds_in_an_element(
    make: Any, line: dict[str, JSON], code: str, message: str
) -> None:
    problems: tuple[Problem, ...] = make(items(line)).check()
    found = [each for each in problems if each.code == code and message in each.text()]
    assert found, problems
    assert found[0].line.startswith("op.yaml:0/mapping/0/")


def test_the_check_knows_what_an_element_requires(make: Any) -> None:
    missing = [each for each in make(items(AMOUNT)).check() if each.code == "missing_field"]
    assert told(tuple(missing)) == [("missing_field", "items[0].price", "op.yaml:0/to")]
    assert "`to: price` to the lines below it" in missing[0].remedy
    deeper = make(items(PRICE, {"to": "taxes", "each": "taxes", "mapping": [PRICE]}))
    (missing_rate,) = [each for each in deeper.check() if each.code == "missing_field"]
    assert missing_rate.line == "op.yaml:0/mapping/1/to"


def test_lines_of_an_element_can_clash(make: Any) -> None:
    twice = make(items(PRICE, PRICE))
    assert [each.code for each in twice.check()] == ["target_twice"]
    parts = make(items(PRICE), {"to": "items[0].price", "from": "no"})
    assert [each.code for each in parts.check()] == ["whole_and_part"]


@pytest.mark.parametrize(
    ("raw", "code", "keys"),
    [
        ({"to": "a", "each": "b"}, "each_without_mapping", "0/each"),
        ({"to": "a", "each": "b", "mapping": []}, "each_without_mapping", "0/mapping"),
        ({"to": "a", "each": "b", "mapping": "c"}, "each_without_mapping", "0/mapping"),
        ({"to": "a", "from": "b", "mapping": [PRICE]}, "no_each", "0/mapping"),
        ({"to": "a", "from": "b", "where": {}}, "no_each", "0/where"),
        ({"to": "a", "each": "b", "from": "c", "mapping": [PRICE]}, "two_origins", "0/each"),
        (items({"to": "x", "form": "y"}), "unknown_key", "0/mapping/0/form"),
        (items({"to": "x", "from": "a..b"}), "bad_path", "0/mapping/0/from"),
        (items(PRICE, where={"from": "a"}), "bad_when", "0/where"),
        (items(PRICE, where=[{"from": "a", "in": 1}]), "bad_when", "0/where/0/in"),
    ],
)
def test_lines_that_can_not_be_read(raw: JSON, code: str, keys: str) -> None:
    lines, problems = read_lines([raw], place)
    assert lines == ()
    assert (code, f"op.yaml:{keys}") in [(each.code, each.line) for each in problems]
    assert all("'when'" not in each.text() for each in problems if "where" in each.line)


ELEMENTS = st.lists(
    st.one_of(
        st.none(),
        st.text(max_size=3),
        st.integers(),
        st.dictionaries(st.sampled_from(["sku", "amount", "taxes", "record", "value"]), st.text()),
    ),
    max_size=4,
)


@given(ELEMENTS)
def test_each_element_becomes_one_or_a_problem(elements: list[JSON]) -> None:
    lines, _ = read_lines([items({"to": "price", "from": "sku"}, AMOUNT)], place)
    record: dict[str, JSON] = {"cur": "usd", "lines": elements}
    kept = dict(record)
    made = CheckedMapper(lines, None, {"usd": 2}).apply(record)
    assert record == kept
    if isinstance(made, dict):
        found = made["items"]
        assert isinstance(found, list)
        assert len(found) == len(elements)
    else:
        assert all(each.path.startswith("items[") for each in made)
