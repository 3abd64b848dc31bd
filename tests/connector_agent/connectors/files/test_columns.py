"""Dotted columns and back."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from connector_agent.connectors.files.columns import ColumnsClashError, nested, steps_of
from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.connector import FilesConnector
from connector_sdk import JSON, Activity, Body, Call, MemoryHost, Request
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.connector_agent.connectors.files.conftest import Read, Write

# The domain of the round trip: text that is not empty, in objects and lists that are not empty,
# under names without a dot or a bracket.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
NAMES = st.text(st.sampled_from("ab é-_1"), min_size=1).filter(lambda name: bool(name.strip()))
NESTED: st.SearchStrategy[object] = st.recursive(
    TEXTS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)
RECORDS = st.lists(st.dictionaries(NAMES, NESTED, min_size=1, max_size=3), max_size=5)


def test_steps() -> None:
    assert steps_of("items[0].price") == ("items", 0, "price")
    assert steps_of("a.b c[12][3]") == ("a", "b c", 12, 3)
    for odd in ("a.", ".a", "a[x]", "[0]", "a]", "a..b", "a[0]b", "", "a[1234567]"):
        assert steps_of(odd) == (odd,)


def test_empty_cells_are_left_out() -> None:
    cells: list[tuple[str, JSON]] = [
        ("id", ""),
        ("a.b", None),
        ("l[3]", "d"),
        ("l[0]", "a"),
        ("l[1]", ""),
        ("n", 0),
    ]
    made = nested((name, steps_of(name), value) for name, value in cells)
    assert made == {"l": ["a", "d"], "n": 0}


@pytest.mark.parametrize("names", [("a", "a.b"), ("a.b", "a"), ("a[0]", "a.b"), ("a.b", "a[0]")])
def test_two_cells_for_one_place(names: tuple[str, str]) -> None:
    with pytest.raises(ColumnsClashError, match=names[1].replace("[", r"\[")):
        nested((name, steps_of(name), "x") for name in names)


async def test_reading_nested_columns(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text(
        "id,address.line1,address.city,items[0].sku,items[1].sku,tags\n"
        '1,x,,a,b,"[""u"", 1.10]"\n'
        "2,,,,,\n"
        "3,,,,,[\n"
    )
    first, second, third = await read("a.csv", nested=True, json_columns=["tags"])
    assert first.raw == (
        b'{"id":"1","address":{"line1":"x"},"items":[{"sku":"a"},{"sku":"b"}],"tags":["u", 1.10]}'
    )
    assert second.raw == b'{"id":"2"}'
    assert third.problem is not None
    assert (third.problem.code, third.problem.path) == ("cell_not_json", "tags")


async def test_clashing_cells_are_a_problem_of_their_record(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text("a,a.b\n1,\n,2\n3,4\n")
    first, second, third = await read("a.csv", nested=True)
    assert (first.raw, second.raw) == (b'{"a":"1"}', b'{"a":{"b":"2"}}')
    assert third.problem is not None
    assert third.problem.code == "columns_clash"
    assert third.problem.at == "a.csv row 4"
    assert json.loads(third.raw) == {"a": "3", "a.b": "4"}


async def test_the_schema_is_nested_as_well(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "a.csv").write_text("id,address.line1,items[0].sku,tags\n")
    settings: dict[str, JSON] = {"path": "a.csv", "nested": True, "json_columns": ["tags"]}
    schema = (await connection.schemas(Activity("a", "read", settings=settings))).response
    assert [(path, field.type) for path, field in schema.walk()] == [
        ("id", "string"),
        ("address", "object"),
        ("address.line1", "string"),
        ("items", "list"),
        ("items[].sku", "string"),
        ("tags", "any"),
    ]


async def test_a_list_of_rows_in_csv(
    tmp_path: Path, connection: FilesConnection, write: Write
) -> None:
    target = await connection.target(
        Activity("a", "write", settings={"path": "a.csv", "lists": "rows"})
    )
    await write(target, [b'{"no":"1","lines":[{"sku":"a"},{"sku":"b"}]}', b'{"no":"2"}'])
    await target.finish(True)
    assert (tmp_path / "a.csv").read_bytes() == b"no,lines.sku\r\n1,a\r\n1,b\r\n2,\r\n"


@pytest.mark.parametrize("path", ["any.csv", "any.xlsx", "any.parquet"])
@settings(max_examples=40)
@given(records=RECORDS)
async def test_nested_records_come_back(
    tmp_path_factory: pytest.TempPathFactory, path: str, records: list[dict[str, object]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    connection = await FilesConnector().connect({}, MemoryHost(folder))
    target = await connection.target(
        Activity("a", "write", settings={"path": path, "lists": "columns"})
    )

    async def calls() -> AsyncIterator[Call]:
        for seq, record in enumerate(records, start=1):
            body = target.prepare(Request(json.dumps(record).encode()))
            assert isinstance(body, Body), body
            yield Call(seq, 1, "", 1, None, body)

    assert {outcome.kind async for outcome in target.write(calls())} <= {"written"}
    await target.finish(True)
    if not records:
        return
    source = await connection.source(Activity("a", "read", settings={"path": path, "nested": True}))
    found = [record async for page in source.read(None) for record in page.records]
    assert [json.loads(record.raw) for record in found] == records
