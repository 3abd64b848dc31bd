"""Values made to fit a schema, and the faults that are found in them."""

from typing import Any

import pytest
from connector_sdk import JSON, Field, conform, did_you_mean, shown
from connector_sdk.schema import Type
from hypothesis import given
from hypothesis import strategies as st

ADDRESS = Field(
    "address", "object", clears=True, fields=(Field("city", "string"), Field("zip", "string"))
)
CUSTOMER = Field(
    "customer",
    "object",
    fields=(
        Field("email", "string", required=True, max_length=20),
        Field("balance", "integer"),
        Field("rate", "number"),
        Field("price", "string", format="decimal"),
        Field("active", "boolean"),
        Field("kind", "string", choices=("person", "company")),
        Field("colour", "string", choices=("red",), open=True),
        ADDRESS,
        Field("note", "string", nullable=True),
        Field("tags", "list", items=Field("", "string")),
        Field("metadata", "map", clears=True, items=Field("", "string", clears=True)),
        Field("any", "any"),
        Field(
            "parent",
            "any",
            any_of=(Field("", "integer"), Field("", "string"), Field("", "object")),
        ),
    ),
)


def fitted(name: str, value: JSON) -> JSON:
    found = conform(CUSTOMER, {"email": "a", name: value})
    assert found.problems == ()
    assert isinstance(found.value, dict)
    return found.value[name]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("balance", "12", 12),
        ("balance", " -12 ", -12),
        ("balance", 12.0, 12),
        ("rate", "1.5", 1.5),
        ("email", 12, "12"),
        ("email", 1.5, "1.5"),
        ("email", True, "true"),
        ("price", "1.10", "1.10"),
        ("price", 1e-7, "0.0000001"),
        ("active", "TRUE", True),
        ("active", "false", False),
        ("kind", "person", "person"),
        ("colour", "mauve", "mauve"),
        ("address", None, None),
        ("address", "", None),
        ("note", None, None),
        ("note", "", ""),
        ("tags", [1, "b"], ["1", "b"]),
        ("metadata", {"a": 1, "b": "", "c": None}, {"a": "1", "b": None, "c": None}),
        ("metadata", "", None),
        ("any", [None], [None]),
        ("parent", "12", "12"),
        ("parent", 12, 12),
        ("parent", {}, {}),
    ],
)
def test_what_loses_nothing_is_mended(name: str, value: JSON, expected: JSON) -> None:
    found = fitted(name, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "code", "path", "said"),
    [
        ({}, "missing_field", "email", "email"),
        ({"email": "a", "emial": "b"}, "unknown_field", "emial", "email"),
        ({"email": None}, "null_not_allowed", "email", "null"),
        ({"email": "a" * 21}, "too_long", "email", "20"),
        ({"email": []}, "not_string", "email", "text"),
        ({"email": "a", "balance": "1.5"}, "not_integer", "balance", "1.5"),
        ({"email": "a", "balance": True}, "not_integer", "balance", "whole"),
        ({"email": "a", "balance": "9" * 5000}, "not_integer", "balance", "…"),
        ({"email": "a", "rate": "nan"}, "not_number", "rate", "number"),
        ({"email": "a", "rate": True}, "not_number", "rate", "number"),
        ({"email": "a", "price": "1,5"}, "not_string", "price", "decimal"),
        ({"email": "a", "active": "yes"}, "not_boolean", "active", "true or false"),
        ({"email": "a", "kind": "persn"}, "wrong_choice", "kind", "person"),
        ({"email": "a", "address": {"town": "x"}}, "unknown_field", "address.town", "town"),
        ({"email": "a", "address": "Linz"}, "not_object", "address", "object"),
        ({"email": "a", "tags": ["a", {}]}, "not_string", "tags[1]", "text"),
        ({"email": "a", "tags": "a"}, "not_list", "tags", "list"),
        ({"email": "a", "metadata": {"k": []}}, "not_string", "metadata.k", "text"),
        ({"email": "a", "metadata": []}, "not_map", "metadata", "names and values"),
        ([], "not_object", "", "object"),
    ],
)
def test_faults_name_their_field(value: JSON, code: str, path: str, said: str) -> None:
    (problem,) = conform(CUSTOMER, value).problems
    assert (problem.code, problem.path) == (code, path)
    assert said in problem.text()


@pytest.mark.parametrize("code", ["eur", "USD", "usdc"])
def test_codes_of_currencies(code: str) -> None:
    assert conform(Field("currency", "string", format="currency"), code).problems == ()


@pytest.mark.parametrize("code", ["", "€", "us", "dollars", "us1", "eur "])
def test_what_is_no_code_of_a_currency(code: str) -> None:
    (problem,) = conform(Field("currency", "string", format="currency"), code, "currency").problems
    assert (problem.code, problem.path) == ("invalid_currency", "currency")


@pytest.mark.parametrize("format", ["email", "url", "country", "id", "date"])
def test_other_formats_are_the_other_systems_business(format: str) -> None:
    assert conform(Field("x", "string", format=format), "anything").problems == ()


def test_limits_of_lists_and_maps() -> None:
    tags = Field("tags", "list", items=Field("", "string"), max_items=2)
    assert conform(tags, ["a", "b"]).problems == ()
    (problem,) = conform(tags, ["a", "b", "c"], "tags").problems
    assert (problem.code, problem.path) == ("too_many", "tags")
    assert problem.message == "tags has 3 entries; 2 are allowed."
    names = Field("m", "map", items=Field("", "string", max_length=2), max_items=2, max_length=3)
    assert conform(names, {"abc": "de"}).problems == ()
    found = conform(names, {"abcd": "", "b": "cde", "c": ""}, "m").problems
    assert [problem.message for problem in found] == [
        "m has 3 entries; 2 are allowed.",
        "The name 'abcd' in m has 4 characters; 3 are allowed.",
        "m.b has 3 characters; 2 are allowed.",
    ]


def test_a_name_of_another_version_is_told() -> None:
    thing = Field("thing", "object", elsewhere=(("colour", "It existed until 2025."),))
    (problem,) = conform(thing, {"colour": "red"}).problems
    assert problem.text() == "There is no field 'colour'. It existed until 2025."


def test_every_fault_is_found_at_once() -> None:
    found = conform(CUSTOMER, {"balance": "x", "kind": "y", "nothing": 1})
    assert [problem.path for problem in found.problems] == ["balance", "kind", "nothing", "email"]


def test_a_path_can_be_put_in_front() -> None:
    (problem,) = conform(ADDRESS, {"town": "x"}, "items[0].address").problems
    assert problem.path == "items[0].address.town"


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
NAMES = st.sampled_from([field.name for field in CUSTOMER.fields])


@given(st.dictionaries(NAMES, VALUES))
def test_never_fails_and_fits_twice_the_same(value: dict[str, Any]) -> None:
    once = conform(CUSTOMER, value)
    if not once.problems:
        assert conform(CUSTOMER, once.value) == once
    for problem in once.problems:
        assert problem.message.endswith(".")
        assert problem.path


@given(st.sampled_from(["string", "integer", "number", "boolean"]), VALUES)
def test_plain_types_come_out_as_such(type: Type, value: Any) -> None:
    found = conform(Field("x", type), value)
    if not found.problems:
        kinds: dict[str, Any] = {
            "string": str,
            "integer": int,
            "number": (int, float),
            "boolean": bool,
        }
        assert isinstance(found.value, kinds[type])


def test_names_that_are_near() -> None:
    assert did_you_mean("emial", ["name", "email"]) == "Did you mean 'email'?"
    assert did_you_mean("xyz", ["name", "email"]) == ""


@given(st.text())
def test_shown_is_one_short_line(text: str) -> None:
    assert len(shown(text)) <= 60
    assert len(shown(text).splitlines()) <= 1
