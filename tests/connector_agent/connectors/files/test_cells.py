"""JSON objects as rows."""

import pytest
from connector_agent.connectors.files.cells import (
    CellError,
    columns_as_field,
    csv_line,
    flattened,
    in_order,
)
from connector_sdk import conform


def test_nested_objects_become_dotted_columns() -> None:
    request = b'{"id":"c","address":{"line1":"x","geo":{"lat":1.10}},"ok":true,"no":null,"n":12}'
    assert flattened(request, ()) == {
        "id": "c",
        "address.line1": "x",
        "address.geo.lat": "1.10",
        "ok": "true",
        "no": "",
        "n": "12",
    }


def test_lists_and_stated_objects_are_json() -> None:
    request = b'{"tags":["a",1.50],"metadata":{"crm":"1"},"none":{}}'
    assert flattened(request, ("metadata",)) == {
        "tags": '["a",1.50]',
        "metadata": '{"crm":"1"}',
    }


def test_large_numbers_keep_their_digits() -> None:
    request = b'{"a":12345678901234567890123,"b":0.12345678901234567890}'
    assert flattened(request, ()) == {
        "a": "12345678901234567890123",
        "b": "0.12345678901234567890",
    }


def test_two_fields_in_one_column() -> None:
    with pytest.raises(CellError, match=r"belong to the column 'a\.b'"):
        flattened(b'{"a":{"b":1},"a.b":2}', ())


def test_order_and_absent_fields() -> None:
    assert in_order({"b": "2", "a": "1"}, ("a", "c", "b")) == ["1", "", "2"]


def test_a_field_without_a_column() -> None:
    with pytest.raises(CellError) as caught:
        in_order({"id": "1", "nam": "x"}, ("id", "name"))
    problem = caught.value.problem
    assert problem.path == "nam"
    assert problem.remedy.startswith("Did you mean 'name'? State it in the target's `columns`")


def test_formulas_stay_as_they_are() -> None:
    assert csv_line(["=1+1", "+a", "@b"], ",") == b"=1+1,+a,@b\r\n"


def test_quoting() -> None:
    cells = ["a,b", 'c"d', "e\nf", "g\rh", "i;j", " k ", "é"]
    line = '"a,b","c""d","e\nf","g\rh",i;j, k ,é\r\n'
    assert csv_line(cells, ",") == line.encode()
    assert csv_line([""], ",") == b'""\r\n'


def test_columns_as_a_schema() -> None:
    schema = columns_as_field(("id", "address.line1", "address.geo.lat", "metadata", "metadata.x"))
    sound = conform(schema, {"id": 1, "address": {"line1": "x", "geo": {"lat": 2}}, "metadata": {}})
    assert sound.problems == ()
    wrong = conform(schema, {"address": {"line2": "x"}})
    assert [problem.path for problem in wrong.problems] == ["address.line2"]
