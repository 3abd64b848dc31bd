"""The values of the contract: JSON at the border, schemas, errors, names."""

import subprocess
import sys
from typing import Any

import connector_sdk
import pytest
from connector_sdk import (
    ANY_OBJECT,
    Body,
    Call,
    ConnectorError,
    Field,
    Limit,
    Outcome,
    Page,
    Problem,
    Record,
    SettingError,
    decode,
    encode,
    json_schema,
)
from hypothesis import given
from hypothesis import strategies as st

PROBLEMS = st.builds(Problem, code=st.text(), message=st.text(), span=st.none() | st.just((1, 2)))
RECORDS = st.builds(Record, st.integers(1, 9), st.binary(), st.text(), st.none() | PROBLEMS)
BODIES = st.builds(Body, st.binary(), st.text(), st.text())
VALUES = {
    Problem: PROBLEMS,
    Record: RECORDS,
    Page: st.builds(Page, st.lists(RECORDS), st.binary(), st.integers(0, 9)),
    Body: BODIES,
    Call: st.builds(
        Call,
        st.integers(1, 9),
        st.integers(1, 9),
        st.text(),
        st.integers(1, 9),
        st.none() | st.floats(0, 2e9),
        BODIES,
    ),
    Outcome: st.builds(
        Outcome,
        st.integers(1, 9),
        st.integers(1, 9),
        st.sampled_from(connector_sdk.KINDS),
        response=st.none() | st.binary(),
        problem=st.none() | PROBLEMS,
    ),
    Limit: st.builds(Limit, st.text(), st.floats(0, 1e6), st.floats(1, 1e6), st.integers(0, 9)),
}


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_values_survive_json(kind: type, data: st.DataObject) -> None:
    value: Any = data.draw(VALUES[kind])
    assert decode(kind, encode(value)) == value


def test_a_problem_on_one_line() -> None:
    problem = Problem(
        "too_long",
        "It is too long.",
        "Shorten it.",
        path="name",
        at="customers.csv row 17",
        line="operations/a.yaml:3:1",
        request_id="req_1",
    )
    assert problem.text() == (
        "It is too long. (customers.csv row 17, operations/a.yaml:3:1, name, request req_1) "
        "Shorten it."
    )
    assert Problem("a", "The field name is odd.", path="name").text() == "The field name is odd."


def test_errors_tell_their_problems() -> None:
    one, two = Problem("a", "One.", "Do one."), Problem("b", "Two.")
    assert str(ConnectorError(one)) == "One. Do one."
    error = SettingError(one, two)
    assert error.problems == (one, two)
    assert str(error) == "One. Do one.\nTwo."


def test_json_schema() -> None:
    root = Field(
        "order",
        "object",
        fields=(
            Field("id", "string", required=True, max_length=9),
            Field("amount", "integer", nullable=True),
            Field("state", "string", choices=("open", "paid"), description="Where it stands."),
            Field("colour", "string", choices=("red",), open=True),
            Field("lines", "list", items=Field("", "object", fields=(Field("n", "number"),))),
            Field("metadata", "map", clears=True, items=Field("", "string")),
            Field("customer", "string", ref="customer", on_request=True),
            Field("payer", "object", ref="customer"),
            Field("when", "any", any_of=(Field("", "integer"), Field("", "string"))),
            Field("created", "integer", format="unix-time"),
            Field("document", "file"),
            Field("tags", "list", items=Field("", "string"), max_items=3),
            Field("notes", "map", items=Field("", "string"), max_items=3, max_length=9),
            Field("coupon", "string", format="id", id_of="coupons", deprecated="Use discounts."),
        ),
    )
    made = json_schema(root)
    assert made["required"] == ["id"]
    assert made["additionalProperties"] is False
    assert made["$defs"] == {"customer": {"title": "customer", "type": "object"}}
    assert made["properties"] == {
        "id": {"type": "string", "maxLength": 9},
        "amount": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "state": {
            "type": "string",
            "enum": ["open", "paid"],
            "description": "Where it stands.",
        },
        "colour": {"type": "string", "examples": ["red"]},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"n": {"type": "number"}},
                "additionalProperties": False,
            },
        },
        "metadata": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "x-clears-when-empty": True,
        },
        "customer": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/customer"}]},
        "payer": {"$ref": "#/$defs/customer"},
        "when": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "created": {"type": "integer", "format": "unix-time"},
        "document": {"type": "string", "contentMediaType": "application/octet-stream"},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        "notes": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "maxProperties": 3,
            "propertyNames": {"maxLength": 9},
        },
        "coupon": {"type": "string", "format": "id", "x-id-of": "coupons", "deprecated": True},
    }
    assert json_schema(ANY_OBJECT)["additionalProperties"] == {}


def test_walking_a_schema() -> None:
    root = Field(
        "",
        "object",
        fields=(
            Field("a", "object", fields=(Field("b", "string"),)),
            Field("l", "list", items=Field("", "object", fields=(Field("c", "string"),))),
            Field("m", "map", items=Field("", "object", fields=(Field("d", "string"),))),
            Field("o", "any", any_of=(Field("", "object", fields=(Field("e", "string"),)),)),
        ),
    )
    assert [path for path, _ in root.walk()] == ["a", "a.b", "l", "l[].c", "m", "m.*.d", "o", "o.e"]
    assert root.child("a") is not None
    assert root.child("z") is None


def test_all_exported_names_exist() -> None:
    assert sorted(connector_sdk.__all__) == sorted(set(connector_sdk.__all__))
    for name in connector_sdk.__all__:
        assert getattr(connector_sdk, name) is not None


def test_importing_the_contract_loads_hardly_anything() -> None:
    code = (
        "import sys, connector_sdk\n"
        "print(sorted({'pytest', 'aiohttp', 'sqlalchemy', 'pydantic', 'stripe_connector',\n"
        "              'connector_agent'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
