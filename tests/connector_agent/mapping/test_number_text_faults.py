"""What keeps a text from being a number is said, and the remedy mends it."""

import re

import pytest
from connector_agent.mapping import STEPS
from connector_agent.mapping.declaration import StepFaultError, Surroundings
from connector_sdk import JSON
from ruamel.yaml import YAML

AROUND = Surroundings({"inr": 2})


@pytest.mark.parametrize(
    ("text", "arguments", "what", "minor"),
    [
        ("\u2212100.00", {}, "has the sign U+2212 in place of a minus", -10000),
        ("(12.34)", {}, "is a negative number in brackets", -1234),
        ("50.00-", {}, "has its minus at the end", -5000),
        ("50.00\u2212", {}, "has the sign U+2212 in place of a minus", -5000),
        ("$12.34", {}, "has the currency sign $", 1234),
        ("12,34 \u20ac", {"decimal": ","}, "has the currency sign \u20ac", 1234),
        ("-\u20b912.34", {}, "has the currency sign \u20b9", -1234),
        ("INR 12.34", {}, "has letters beside the number", 1234),
        ("12.34inr", {}, "has letters beside the number", 1234),
        (".50", {}, "has no digit before the '.'", 50),
        ("-,50", {"decimal": ","}, "has no digit before the ','", -50),
        ("+.50", {}, "has no digit before the '.'", 50),
        ("5.", {}, "has no digit after the '.'", 500),
        ("1,00,000.00", {"thousands": ","}, "has groups of two digits", 10000000),
        ("-12,34,567", {"thousands": ","}, "has groups of two digits", -123456700),
    ],
)
def test_the_remedy_mends_it(text: str, arguments: dict[str, JSON], what: str, minor: int) -> None:
    fault = _fault(text, arguments)
    assert fault.message == f"{text!r} {what}."
    value: JSON = text
    for _ in "abc":
        step = YAML(typ="safe").load(_step(fault.remedy))
        ((name, given),) = step.items()
        value = STEPS[name].build(given, AROUND)(value, {})  # type: ignore[assignment]
        try:
            made = _money(value, arguments)
        except StepFaultError as error:
            fault = error
        else:
            break
    assert made == minor


@pytest.mark.parametrize("text", ["abc", "1e3", "12%", "1,234", "--1", "12.34.56", "()", "-"])
def test_anything_else_is_no_number(text: str) -> None:
    fault = _fault(text, {})
    assert fault.message == f"{text!r} is not a number with '.' before the decimals."
    assert "`decimal` and `thousands`" in fault.remedy


def _step(remedy: str) -> str:
    found = re.search("`(.*)`", remedy)
    assert found is not None, remedy
    return found[1]


def _money(value: JSON, arguments: dict[str, JSON]) -> JSON:
    made = STEPS["money_to_minor"].build({"currency": "inr", **arguments}, AROUND)(value, {})
    assert isinstance(made, int)
    return made


def _fault(text: str, arguments: dict[str, JSON]) -> StepFaultError:
    with pytest.raises(StepFaultError) as caught:
        _money(text, arguments)
    assert caught.value.code == "not_a_number"
    return caught.value
