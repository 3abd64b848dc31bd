"""Names of operations in mappings are replaced, and nothing else in the text is."""

import pytest
from connector_agent.project.reader import parse
from connector_agent.project.references import lookups, with_lookups
from connector_sdk import SettingError
from hypothesis import example, given, settings
from hypothesis import strategies as st

TEXT = """\
# Bills – what „import customers” wrote
source: crm/rows
target: acme/new invoice
mapping:
  - to: customer
    lookup: {operation: import customers, by: crm_id}  # import customers
  - to: description
    value: import customers
  - to: metadata
    value: {lookup: {operation: import customers}}
  - to: lines
    each: lines
    mapping:
      - to: price
        lookup:
          operation: "import customers"   # quoted
          by: [plan, currency]
      - to: other
        lookup: {operation: import prices, by: plan}
"""
names = st.text(min_size=1, max_size=20).filter(lambda name: name.isprintable() and name.strip())


def names_in(text: str) -> list[str]:
    value = parse(text, "operations/bill.yaml").value
    assert isinstance(value, dict)
    return [name for _, name in lookups(value["mapping"])]


def test_each_lookup_is_found() -> None:
    assert names_in(TEXT) == ["import customers", "import customers", "import prices"]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_only_lookups_change(ending: str) -> None:
    text = TEXT.replace("\n", ending)
    after = with_lookups(text, "operations/bill.yaml", "import customers", "clients")
    assert after == text.replace(
        "{operation: import customers, by", "{operation: clients, by"
    ).replace('operation: "import customers"', "operation: clients")
    assert with_lookups(text, "operations/bill.yaml", "import", "clients") == text


@given(names)
@settings(max_examples=20)
@example("0123")
@example("2026-01-31")
def test_any_name(new: str) -> None:
    new = new.strip()
    after = with_lookups(TEXT, "operations/bill.yaml", "import prices", new)
    value, before = parse(after, "").value, parse(TEXT, "").value
    assert isinstance(value, dict)
    assert isinstance(before, dict)
    found = value["mapping"][3]["mapping"][1]["lookup"]  # type: ignore[index, call-overload]
    assert found["operation"] == new  # type: ignore[index, call-overload]
    found["operation"] = "import prices"  # type: ignore[index, call-overload]
    assert value == before
    assert not parse(after, "").problems
    assert len(after.splitlines()) == len(TEXT.splitlines())


def test_a_name_over_lines() -> None:
    text = TEXT.replace('"import customers"   # quoted', ">-\n            import customers")
    assert names_in(text)[1] == "import customers"
    try:
        after = with_lookups(text, "operations/bill.yaml", "import customers", "clients")
    except SettingError as error:
        assert error.problem.code == "name_over_lines"
    else:
        assert names_in(after) == ["clients", "clients", "import prices"]
