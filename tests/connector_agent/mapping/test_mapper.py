"""Whole mappings: requests, problems with their places, and checks without data."""

from typing import Any

import pytest
from connector_agent.mapping import format_path, read_lines
from connector_sdk import ANY_OBJECT, JSON, Field, Problem, SettingError, conform
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.mapping.checked import CheckedMapper

TEXT = Field("", "string")
PRICE = Field(
    "",
    "object",
    fields=(Field("price", "string", required=True), Field("quantity", "integer")),
)
ADDRESS = Field(
    "address",
    "object",
    clears=True,
    fields=(Field("city", "string", clears=True), Field("country", "string", required=True)),
)
TARGET = Field(
    "customers.create",
    "object",
    fields=(
        Field("email", "string", required=True, max_length=20),
        Field("name", "string", clears=True),
        Field("balance", "integer"),
        Field("born", "integer"),
        Field("kind", "string", choices=("person", "company")),
        Field("active", "boolean"),
        ADDRESS,
        Field("metadata", "map", items=Field("", "string", clears=True)),
        Field("items", "list", items=PRICE),
        Field("tax", "any", any_of=(Field("", "string"), Field("", "list", items=PRICE))),
    ),
)
SOURCE = Field(
    "",
    "object",
    fields=tuple(
        Field(name, "string")
        for name in ("id", "E-Mail", "Name", "amount", "cur", "Customer.Type", "born", "qty")
    ),
)
UNITS = {"usd": 2, "jpy": 0}
TOP = "op.yaml:3:1"


def mapper(
    *raw: JSON, schema: Field | None = TARGET, source: Field | None = SOURCE
) -> CheckedMapper:
    lines, problems = read_lines(raw, lambda keys: f"op.yaml:{'/'.join(map(str, keys))}")
    assert problems == ()
    return CheckedMapper(lines, schema, UNITS, source_schema=source, line=TOP)


def line(to: str, source: str, *steps: JSON, **more: JSON) -> dict[str, JSON]:
    return {"to": to, "from": source, "steps": list(steps), **more}


EMAIL = line("email", "E-Mail", "trim", "lower")
WHOLE: tuple[JSON, ...] = (
    EMAIL,
    line("name", "Name", "trim", "clear_when_blank"),
    line("balance", "amount", "skip_when_blank", {"money_to_minor": {"currency_from": "cur"}}),
    line("born", "born", {"date_to_unix": {"zone": "UTC", "format": "%d/%m/%Y"}}),
    {"to": "address.country", "value": "GB"},
    line("metadata.crm_id", "id"),
    line("items[0].price", "id"),
    line("items[0].quantity", "qty", {"default": 1}),
)
RECORD: dict[str, JSON] = {
    "id": "7",
    "E-Mail": " Ann@Example.ORG",
    "Name": " ",
    "amount": "12.34",
    "cur": "USD",
    "born": "02/01/1970",
}


def test_a_whole_mapping() -> None:
    whole = mapper(*WHOLE)
    assert whole.check() == ()
    assert whole.apply(RECORD, "row 1") == {
        "email": "ann@example.org",
        "name": None,
        "balance": 1234,
        "born": 86400,
        "address": {"country": "GB"},
        "metadata": {"crm_id": "7"},
        "items": [{"price": "7", "quantity": 1}],
    }
    assert RECORD["E-Mail"] == " Ann@Example.ORG"


def test_absent_empty_and_clear_are_three_things() -> None:
    some = mapper(EMAIL, line("kind", "kind"), line("name", "Name"), source=None, schema=None)
    assert some.apply({"E-Mail": ""}) == {"email": ""}
    assert some.apply({"E-Mail": "", "Name": ""}) == {"email": "", "name": ""}
    assert some.apply({"E-Mail": None, "Name": None}) == {"email": None, "name": None}
    clear = mapper({"to": "name", "steps": ["clear"]}, schema=None)
    assert clear.apply({}) == {"name": None}


def test_without_lines_a_record_is_the_request() -> None:
    assert mapper().apply({"email": "a", "balance": "5"}) == {"email": "a", "balance": 5}
    assert mapper().check() == ()
    assert mapper(schema=None).apply({"x": 1}) == {"x": 1}
    (problem,) = mapper().apply({"email": "a", "nmae": "b"}, "row 2")
    assert isinstance(problem, Problem)
    assert (problem.code, problem.at, problem.line) == ("unknown_field", "row 2", TOP)


def test_a_problem_of_a_step_says_where() -> None:
    bad = {**RECORD, "amount": "12.345", "born": "1970-01-02"}
    found = mapper(*WHOLE).apply(bad, "customers.csv row 17")
    assert isinstance(found, tuple)
    assert found[0] == Problem(
        "too_many_decimals",
        "balance: '12.345' has more decimals than usd has: 2 decimals.",
        "Correct the amount, or state `round: half_up` or `round: half_even`.",
        path="balance",
        value="12.345",
        at="customers.csv row 17",
        line="op.yaml:2/to",
    )
    assert [each.path for each in found] == ["balance", "born"]


def test_a_problem_of_the_schema_says_where() -> None:
    bad: dict[str, JSON] = {**RECORD, "E-Mail": "a-very-long-name@example.org", "qty": "two"}
    found = mapper(*WHOLE).apply(bad, "row 3")
    assert isinstance(found, tuple)
    assert [(each.code, each.path, each.line, each.at) for each in found] == [
        ("too_long", "email", "op.yaml:0/to", "row 3"),
        ("not_integer", "items[0].quantity", "op.yaml:7/to", "row 3"),
    ]


def test_a_required_field_without_a_value() -> None:
    del (record := dict(RECORD))["E-Mail"]
    (problem,) = mapper(*WHOLE).apply(record, "row 4")
    assert isinstance(problem, Problem)
    assert (problem.code, problem.line) == ("missing_field", "op.yaml:0/to")
    (problem,) = mapper(line("name", "Name")).apply(RECORD, "row 4")
    assert isinstance(problem, Problem)
    assert (problem.code, problem.line) == ("missing_field", TOP)


def test_a_failed_step_is_not_also_a_missing_field() -> None:
    bad = mapper(line("email", "E-Mail", "trim"), source=None)
    (problem,) = bad.apply({"E-Mail": ["a"]})
    assert isinstance(problem, Problem)
    assert problem.code == "not_text"


def test_lines_with_conditions() -> None:
    kinds = mapper(
        EMAIL,
        {"to": "kind", "value": "company", "when": {"from": "qty", "equals": "c"}},
        {"to": "kind", "value": "person", "when": {"from": "qty", "blank": True}},
        {"to": "kind", "value": "person", "when": {"from": "qty", "in": ["c", "p"]}},
    )
    assert kinds.check() == ()
    assert kinds.apply({"E-Mail": "a", "qty": ""}) == {"email": "a", "kind": "person"}
    assert kinds.apply({"E-Mail": "a", "qty": "x"}) == {"email": "a"}
    (problem,) = kinds.apply({"E-Mail": "a", "qty": "c"})
    assert isinstance(problem, Problem)
    assert (problem.code, problem.line) == ("target_twice", "op.yaml:3/to")


def test_lists_fill_up_whatever_the_order_of_lines() -> None:
    two = mapper(
        EMAIL,
        line("items[1].price", "Name"),
        line("items[0].price", "id"),
    )
    assert two.check() == ()
    assert two.apply({"E-Mail": "a", "id": "1", "Name": "2"}) == {
        "email": "a",
        "items": [{"price": "1"}, {"price": "2"}],
    }
    (problem,) = two.apply({"E-Mail": "a", "Name": "2"}, "row 5")
    assert isinstance(problem, Problem)
    assert (problem.code, problem.at) == ("list_hole", "row 5")
    assert "'items[0]' has no value" in problem.message


@pytest.mark.parametrize(
    ("raw", "code", "place", "says"),
    [
        (line("emial", "id"), "unknown_field", "1/to", "Did you mean 'email'?"),
        (line("address.town", "id"), "unknown_field", "1/to", "There are: city, country."),
        (line("items.price", "id"), "unknown_field", "1/to", "'items[0].price'"),
        (line("name.first", "id"), "unknown_field", "1/to", "Name 'name' itself."),
        (line("name[0]", "id"), "unknown_field", "1/to", "Name 'name' itself."),
        (line("address[0]", "id"), "unknown_field", "1/to", "Name a field"),
        (line("items[0].prize", "id"), "unknown_field", "1/to", "Did you mean 'price'?"),
        (line("tax[0].prize", "id"), "unknown_field", "1/to", "Did you mean 'price'?"),
        (line("name", "name"), "unknown_field", "1/to", "Did you mean 'Name'?"),
        (line("name", "Customer.Type"), "unknown_field", "1/to", '"Customer.Type"'),
        (
            line("name", "id", when={"from": "kind", "equals": "x"}),
            "unknown_field", "1/when/from", "There are: id",
        ),
        (
            line("balance", "amount", {"money_to_minor": {"currency_from": "curr"}}),
            "unknown_field", "1/steps/0", "Did you mean 'cur'?",
        ),
        (
            line("balance", "amount", {"money_to_minor": {"currency": "uds"}}),
            "unknown_currency", "1/steps/0", "Did you mean 'usd'?",
        ),
        (line("balance", "amount", "money_to_minor"), "no_currency", "1/steps/0", "currency: usd"),
        (line("born", "born", {"date_to_unix": {"zone": "x"}}), "unknown_zone", "1/steps/0", "UTC"),
        (line("born", "born", "to_integer", "trim"), "step_order", "1/steps/1", "before"),
        (line("born", "born", "to_boolean", "to_integer"), "step_order", "1/steps/1", "before"),
        (line("email", "id"), "target_twice", "1/to", "`when`"),
        (line("items[1].price", "id"), "list_hole", "1/to", "Count"),
        (line("address.city", "id"), "missing_field", TOP, "to: address.country"),
        (line("items[0].quantity", "id"), "missing_field", TOP, "to: items[0].price"),
        ({"to": "kind", "value": "persn"}, "wrong_choice", "1/to", "Did you mean 'person'?"),
        ({"to": "kind", "value": None}, "null_not_allowed", "1/to", "Leave it out"),
        (
            {"to": "balance", "value": "1.005", "steps": [{"money_to_minor": {"currency": "usd"}}]},
            "too_many_decimals", "1/to", "round",
        ),
    ],
)  # fmt: skip
def test_checks(raw: JSON, code: str, place: str, says: str) -> None:
    place = place if place == TOP else f"op.yaml:{place}"
    problems = mapper(EMAIL, raw).check()
    assert (problems[0].code, problems[0].line) == (code, place)
    assert {each.code for each in problems[1:]} <= {"missing_field"}
    assert says in problems[0].remedy


@pytest.mark.parametrize(
    ("one", "two", "code"),
    [
        ("address", "address.country", "whole_and_part"),
        ("metadata.a", "metadata", "whole_and_part"),
        ("metadata.a", "metadata[0]", "list_and_object"),
    ],
)
def test_lines_that_clash(one: str, two: str, code: str) -> None:
    problems = mapper(EMAIL, line(one, "id"), line(two, "id"), schema=None).check()
    assert code in {each.code for each in problems}


def test_required_fields_have_to_be_mapped() -> None:
    (problem,) = mapper(line("name", "Name")).check()
    assert (problem.code, problem.path, problem.line) == ("missing_field", "email", TOP)


def test_open_schemas_take_any_name() -> None:
    free = mapper(line("a.b", "c.d"), schema=ANY_OBJECT, source=ANY_OBJECT)
    assert free.check() == ()
    assert free.apply({"c": {"d": [1]}}) == {"a": {"b": [1]}}


def test_a_mapping_that_cannot_run_does_not() -> None:
    with pytest.raises(SettingError, match="given a value by two lines"):
        mapper(EMAIL, EMAIL).apply({})


@pytest.mark.parametrize("value", ["1e999999999", "1e-999999999", "1e400", "nan", "9" * 5000])
def test_numbers_beyond_all_measure_are_problems(value: JSON) -> None:
    fields = (Field("n", "number"), Field("d", "string", format="decimal"), Field("i", "integer"))
    schema = Field("", "object", fields=fields)
    found = mapper(schema=schema).apply({"n": value, "d": value, "i": value})
    assert [each.path for each in found if isinstance(each, Problem)] == ["n", "d", "i"]


NAMES = st.sampled_from(["id", "E-Mail", "Name", "amount", "cur", "born", "qty", "x"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["usd", "JPY", "12.5", "01/02/2020", "a@b.c", "", "-1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(NAMES, VALUES))
def test_any_record_gives_a_request_or_problems(record: dict[str, JSON]) -> None:
    whole = mapper(
        *WHOLE,
        line("active", "x.y[0]", "to_boolean", when={"from": "x", "not_equals": 1}),
        line("metadata.note", "Name", {"replace": {"old": "a", "new": ""}}, "upper"),
        source=None,
    )
    made = whole.apply(record, "row 9")
    if isinstance(made, dict):
        assert conform(TARGET, made).problems == ()
        return
    assert made
    for problem in made:
        assert problem.at == "row 9"
        assert problem.line.startswith("op.yaml:")
        assert problem.path
        assert problem.message
        assert problem.remedy
        assert len(problem.value) <= 60


def test_the_fields_of_the_record_that_lines_name() -> None:
    made = mapper(
        {"to": "a", "from": "x.y", "when": {"from": "w", "blank": False}},
        {"to": "b", "expression": "e & $record.f"},
        {"to": "c", "lookup": {"operation": "other", "by": ["k", "l"]}},
        {
            "to": "d",
            "each": "rows",
            "where": {"from": "record.open", "equals": True},
            "mapping": [
                {"to": "a", "from": "inside"},
                {"to": "b", "from": "record.outside"},
                {"to": "c", "expression": "inside & $record.whole"},
                {
                    "to": "m",
                    "from": "price",
                    "steps": [{"money_to_minor": {"currency_from": "record.cur"}}],
                },
            ],
        },
        schema=None,
        source=None,
    )
    named = {format_path(path) for path in made.reads()}
    made.close()
    assert named == {"x.y", "w", "e", "f", "k", "l", "rows", "open", "outside", "whole", "cur"}
