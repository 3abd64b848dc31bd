"""Settings: declared once, read as a form and as a record."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, replace
from typing import Any, Literal

import pytest
from connector_sdk import (
    JSON,
    Field,
    NoSettings,
    SettingError,
    declared,
    fitted,
    form_of,
    made,
    setting,
    setting_of,
)
from hypothesis import given
from hypothesis import strategies as st


@declared
class Filled:
    text: str = setting("Text", "A text.")
    values: Mapping[str, JSON] = setting("Values", "What stands in it.", default={})


def only_with_a_size(field: Field, use: object) -> Field | None:
    return replace(field, description=f"Up to {use}.") if use else None


@declared
class Example:
    """One setting of each kind."""

    name: str = setting("Name", "A text.")
    way: Literal["fast", "safe"] = setting("Way", "A choice.", default="safe")
    many: tuple[str, ...] = setting("Many", "A list.", default=())
    size: int | None = setting(
        "Size", "A number.", default=None, lowest=1, highest=9, adapt=only_with_a_size
    )
    seconds: float = setting("Seconds", "A number.", default=80)
    sure: bool = setting("Sure", "Yes or no.", default=False)
    types: Mapping[str, str] = setting("Types", "A map.", default={})
    query: str | Filled | tuple[str, ...] | None = setting(
        "Query", "Several shapes.", default=None, format="template"
    )
    token: str = setting("Token", "A secret.", default="", secret=True, variable="TOKEN")


def test_a_form_is_what_the_attributes_say() -> None:
    fields = {field.name: field for field in form_of(Example).fields}
    assert [*fields] == [
        "name", "way", "many", "size", "seconds", "sure", "types", "query", "token",
    ]  # fmt: skip
    assert [name for name, field in fields.items() if field.required] == ["name"]
    types = [field.type for field in fields.values()]
    assert types == [
        "string", "string", "list", "integer", "number", "boolean", "map", "any", "string",
    ]  # fmt: skip
    assert fields["way"].choices == ("fast", "safe")
    assert fields["many"].items == Field("", "string")
    assert [each.type for each in fields["query"].any_of] == ["string", "object", "list"]
    assert (fields["token"].secret, fields["token"].variable) == (True, "TOKEN")
    assert fields["query"].format == "template"
    assert fields["name"].description == "A text."


def test_only_a_default_that_says_something_is_one_of_the_form() -> None:
    shown = {field.name: field.default for field in form_of(Example).fields}
    assert {name: value for name, value in shown.items() if value is not None} == {
        "way": "safe",
        "seconds": 80,
        "sure": False,
    }


def test_a_form_is_adapted_to_a_use() -> None:
    assert [each.description for each in form_of(Example, "ten").fields][3] == "Up to ten."
    assert "size" not in [each.name for each in form_of(Example, 0).fields]
    assert setting_of(Example, "size").description == "A number."


def test_a_record_has_the_types_of_its_attributes() -> None:
    found = fitted(
        Example,
        {
            "name": "a",
            "way": "fast",
            "many": ["b", "c"],
            "size": "3",
            "seconds": 2,
            "types": {"id": "text"},
            "query": {"text": "x", "values": {"var:a": 1}},
        },
    )
    assert found == Example(
        name="a",
        way="fast",
        many=("b", "c"),
        size=3,
        seconds=2.0,
        types={"id": "text"},
        query=Filled(text="x", values={"var:a": 1}),
    )
    assert isinstance(found.seconds, float)
    with pytest.raises(FrozenInstanceError):
        found.name = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("query", "value"),
    [("text", "text"), (["a", "b"], ("a", "b")), ({"text": "x"}, Filled(text="x"))],
)
def test_a_union_takes_the_member_of_that_shape(query: JSON, value: object) -> None:
    assert fitted(Example, {"name": "a", "query": query}).query == value


def test_what_is_not_given_has_its_default() -> None:
    assert fitted(Example, {"name": "a"}) == Example(name="a")
    assert made(Example, {"name": "a", "way": None}) == Example(name="a")


def test_every_fault_is_named() -> None:
    with pytest.raises(SettingError) as caught:
        fitted(Example, {"way": "fats", "size": 10, "many": 1, "nme": "a"})
    found = {problem.path: problem.code for problem in caught.value.problems}
    assert found == {
        "way": "wrong_choice",
        "size": "out_of_range",
        "many": "not_list",
        "nme": "unknown_field",
        "name": "missing_field",
    }
    (told,) = (each.message for each in caught.value.problems if each.path == "size")
    assert told == "size can't be 10; it has to be at least 1 and at most 9."


def test_a_secret_of_the_wrong_type_is_not_shown() -> None:
    with pytest.raises(SettingError) as caught:
        fitted(Example, {"name": "a", "token": ["sk_secret"]})
    assert "sk_secret" not in str(caught.value)
    assert "${env:TOKEN}" in caught.value.problems[0].remedy
    assert "sk_secret" not in repr(fitted(Example, {"name": "a", "token": "sk_secret"}))


def test_what_has_no_settings_takes_none() -> None:
    assert fitted(NoSettings, {}) == NoSettings()
    with pytest.raises(SettingError):
        fitted(NoSettings, {"a": 1})


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)
NAMES = st.sampled_from([field.name for field in form_of(Example).fields])


@given(st.dictionaries(NAMES, JSONS))
def test_any_values_make_a_record_or_are_faults(values: dict[str, Any]) -> None:
    try:
        found = fitted(Example, values)
    except SettingError as error:
        assert error.problems
    else:
        assert isinstance(found.name, str)
        assert all(isinstance(each, str) for each in found.many)
        assert found.size is None or 1 <= found.size <= 9
        assert found.query is None or isinstance(found.query, (str, tuple, Filled))
