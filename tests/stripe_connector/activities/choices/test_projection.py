"""What of a record is given out, by `fields` and `without`."""

import json
from typing import Any

import pytest
from connector_sdk import Field, Problem, Record, made
from connector_sdk.path import format_path
from stripe_connector.activities.choices.projection import Projection, field_fault
from stripe_connector.activities.choices.settings import ActivitySettings
from stripe_connector.catalogue import load

ROW = {"amount": 1, "id": "il_1"}
RECORD: dict[str, Any] = {
    "id": "in_1",
    "total": 1,
    "lines": {"data": [ROW, ROW], "has_more": False},
    "metadata": {"crm.id": "C-1"},
    "readable": {"total": {"decimal": "0.01"}},
    "asked": {"n": 1},
}
_LINE = Field("", "object", fields=(Field("amount", "integer"), Field("id", "string")))
SCHEMA = Field(
    "invoice",
    "object",
    fields=(
        Field("id", "string"),
        Field("total", "integer"),
        Field(
            "lines",
            "object",
            fields=(Field("data", "list", items=_LINE), Field("has_more", "boolean")),
        ),
        Field("metadata", "map", items=Field("", "string")),
        Field("readable", "object", fields=(Field("total", "any"),)),
        Field("asked", "any"),
    ),
)


def given(**settings: Any) -> Any:
    projection = Projection.of(made(ActivitySettings, settings))
    record = projection.record(Record(1, json.dumps(RECORD).encode()))
    value = json.loads(record.raw)
    known = {path.replace("[]", "") for path, _ in projection.schema(SCHEMA).walk()}
    for path in leaves(value):
        open_ = ("metadata", "readable.total", "asked")
        assert path in known or path.startswith(open_), path
    return value


def leaves(value: Any, above: str = "") -> list[str]:
    """The paths of plain values, lists passed through."""
    if isinstance(value, list):
        return [path for each in value for path in leaves(each, above)]
    if not isinstance(value, dict):
        return [above]
    joined = [(f"{above}.{name}" if above else name, part) for name, part in value.items()]
    return [path for inner, part in joined for path in leaves(part, inner)]


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ({"fields": ["total"]}, {"id": "in_1", "total": 1}),
        ({"fields": ["id", "lines.data.amount"]},
         {"id": "in_1", "lines": {"data": [{"amount": 1}, {"amount": 1}]}}),
        ({"fields": ["lines.data[1].amount"]},
         {"id": "in_1", "lines": {"data": {"1": {"amount": 1}}}}),
        ({"fields": ['metadata."crm.id"']}, {"id": "in_1", "metadata": {"crm.id": "C-1"}}),
        ({"fields": ["total"], "readable": True},
         {"id": "in_1", "total": 1, "readable": {"total": {"decimal": "0.01"}}}),
        ({"fields": ["total"], "record_as": "asked"},
         {"id": "in_1", "total": 1, "asked": {"n": 1}}),
        ({"fields": ["total", "lines"], "without": ["id", "lines.data.id", "lines.has_more"]},
         {"total": 1, "lines": {"data": [{"amount": 1}, {"amount": 1}]}}),
        ({"without": ["lines", "metadata", "asked", "total"], "readable": True},
         {"id": "in_1", "readable": {}}),
        ({"without": ["lines.data[0]", "metadata", "readable", "asked"]},
         {"id": "in_1", "total": 1, "lines": {"data": [ROW], "has_more": False}}),
    ],
)  # fmt: skip
def test_what_is_given_out_is_as_the_schema_says(settings: Any, value: Any) -> None:
    assert given(**settings) == value


def test_without_either_records_stay_as_they_are() -> None:
    assert Projection.of(ActivitySettings()).whole
    assert given() == RECORD


def test_a_record_with_a_problem_is_left_alone() -> None:
    record = Record(1, b'{"id":"a"}', "", Problem("gone", "It is gone.", "Leave it out."))
    assert Projection.of(made(ActivitySettings, {"without": ["id"]})).record(record) is record


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("lines.data[0].amount", ""),
        ('metadata."crm.id"', ""),
        ("lines.data.amuont", "unknown_field"),
        ("a..b", "wrong_path"),
        ("[0]", "wrong_path"),
    ],
)
def test_a_path_is_checked(path: str, code: str) -> None:
    catalogue = load()
    problem = field_fault(catalogue, catalogue.api_calls["invoices.list"], "without", path)
    assert (problem.code if problem else "") == code
    assert problem is None or (problem.path, problem.value) == ("without", path)
    assert format_path(("lines", "data", 0)) == "lines.data[0]"
