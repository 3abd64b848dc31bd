"""Values given one by one."""

import pytest
from connector_agent.one_off.assignment import applied, assignments
from connector_sdk import JSON, SettingError
from hypothesis import given
from hypothesis import strategies as st


def made(*texts: str, base: JSON = None) -> dict[str, JSON]:
    return applied(base or {}, assignments(texts, "--set"))


def test_values() -> None:
    assert made(
        "name=Ada",
        "address.city=Leeds",
        "note=a=b",
        "empty=",
        "items[0].price=price_1",
        "items[0].quantity:=2",
        "items[1].price=price_2",
        "flags:=[true, null]",
        'metadata."a.b"=1',
    ) == {
        "name": "Ada",
        "address": {"city": "Leeds"},
        "note": "a=b",
        "empty": "",
        "items": [{"price": "price_1", "quantity": 2}, {"price": "price_2"}],
        "flags": [True, None],
        "metadata": {"a.b": "1"},
    }


def test_on_top_of_an_object() -> None:
    base: dict[str, JSON] = {
        "name": "Ada",
        "address": {"city": "Leeds", "line1": "1"},
        "items": [1, 2],
    }
    changed = made("address.city=York", "items[1]:=3", "items[2]:=4", "name:={}", base=base)
    assert changed == {
        "name": {},
        "address": {"city": "York", "line1": "1"},
        "items": [1, 3, 4],
    }
    assert base["name"] == "Ada"


@pytest.mark.parametrize(
    ("texts", "code", "told"),
    [
        (["name"], "no_assignment", "gives no value"),
        (["a..b=1"], "wrong_path", "a name is missing"),
        (["=1"], "wrong_path", "it is empty"),
        (["name=a\udcff"], "not_utf8", "UTF-8"),
        (["items:=[1"], "not_json", "items"),
        (["a:=[123456789012345678901]"], "number_too_long", "123456789012345678901"),
        (["name=A", "name=B"], "given_twice", "'name'"),
        (["address.city=A", "address:={}"], "given_twice", "'address.city'"),
        (["items[1]=x"], "list_hole", "'items[0]' is not"),
        (["a.b=1", "a[0]=1"], "whole_and_part", "'a[0]'"),
        (["items[0]=1", "items.x=1"], "whole_and_part", "'items.x'"),
    ],
)
def test_faults(texts: list[str], code: str, told: str) -> None:
    with pytest.raises(SettingError) as caught:
        made(*texts)
    assert caught.value.problem.code == code
    assert told in caught.value.problem.message
    assert caught.value.problem.remedy


def test_a_base_that_is_no_text() -> None:
    with pytest.raises(SettingError, match="not text in UTF-8"):
        applied({"query": "a\udcff"}, ())


def test_all_faults_at_once() -> None:
    with pytest.raises(SettingError) as caught:
        assignments(["name", "items:=[", "fine=1"], "--set")
    assert [one.code for one in caught.value.problems] == ["no_assignment", "not_json"]


@given(st.lists(st.text(max_size=12), max_size=4))
def test_any_text_is_taken_or_told(texts: list[str]) -> None:
    try:
        found = made(*texts)
    except SettingError as error:
        assert all(one.message and one.remedy for one in error.problems)
    else:
        assert isinstance(found, dict)
