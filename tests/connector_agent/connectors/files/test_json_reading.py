"""The list in a JSON document as records."""

import json
import tracemalloc
from pathlib import Path

import pytest
from connector_agent.connectors.files import json_reading
from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.json_reading import json_records
from connector_agent.connectors.files.settings import read_options
from connector_sdk import JSON, Activity, SettingError
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.connectors.files.conftest import Read

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


async def test_each_element_keeps_its_digits(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.json").write_text(
        '\ufeff[ {"id": 1,\n "price": 1.10}, {"n": 12345678901234567890123, "t": "é ] }"} ]\n'
    )
    first, second = await read("a.json")
    assert first == (1, b'{"id":1,"price":1.10}', "a.json item 1", None)
    assert second.raw.decode() == '{"n":12345678901234567890123,"t":"é ] }"}'


async def test_a_path_into_the_document(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.json").write_text(
        '{"object": "list", "skip": [[], {}, {"a": [1, {"b": "]"}]}], '
        '"data": {"more": {"items": "no"}, "items": [{"id": 1}, {"id": 2}], "x": [{}]}, "z": 0}'
    )
    assert [record.raw for record in await read("a.json", at="data.items")] == [
        b'{"id":1}',
        b'{"id":2}',
    ]


async def test_an_element_that_is_no_object(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.json").write_text('[{"a":1}, 5, "x", NaN, {"a":2}]')
    found = await read("a.json")
    assert [record.problem is None for record in found] == [True, False, False, False, True]
    problem = found[1].problem
    assert problem is not None
    assert problem.at == "a.json item 2"
    assert problem.message == "The element is JSON, but not an object."
    assert found[1].raw == b'{"text":"5"}'


@pytest.mark.parametrize(
    ("text", "at", "message", "path"),
    [
        ('[{"a":1},', "", "expecting value, in line 1", "path"),
        ('[{"a":1}', "", "it ends where , or ] is due, in line 1", "path"),
        ('[\n{"a":1}\n{"b":2}]', "", "it has '{' where , or ] is due, in line 3", "path"),
        ('[{"a":1}] x', "", "something follows the end of the document", "path"),
        ('[{"a":1,}]', "", "in line 1", "path"),
        ('[{"a":"\n', "", "in line 1", "path"),
        ("", "", "At the top of a.json there is no list of records, but nothing", "path"),
        ('{"data":[]}', "", r"an object with data\..* State .* `at: data`", "path"),
        ('{"data":[]}', "dat", r"At 'dat' in .* has data\. Did you mean 'data'", "at"),
        ('{"data":{"items":{"x":1}}}', "data.items", "an object with x", "at"),
        ('{"data":5}', "data.items", "a plain value stands there", "at"),
        ('{"data":[{}]', "data", "it ends where , or } is due", "path"),
        ("{}", "data", "an empty object", "at"),
    ],
)
async def test_faults_are_found_before_the_first_record(
    tmp_path: Path, connection: FilesConnection, text: str, at: str, message: str, path: str
) -> None:
    (tmp_path / "a.json").write_text(text)
    settings: dict[str, JSON] = {"path": "a.json", **({"at": at} if at else {})}
    with pytest.raises(SettingError, match=message) as caught:
        await connection.source(Activity("a", "read", settings=settings))
    assert caught.value.problems[0].path == path


async def test_bytes_that_are_no_utf_8(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "a.json").write_bytes(b'[{"a":"Zo\xeb"}]')
    with pytest.raises(SettingError, match=r"it is not UTF-8 \(0xeb\)"):
        await connection.source(Activity("a", "read", settings={"path": "a.json"}))


async def test_an_element_without_an_end(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "a.json").write_text('[{"a":1},{"b":[' + "1," * (1 << 20) + "1]}]")
    settings: dict[str, JSON] = {"path": "a.json", "record_megabytes": 1}
    with pytest.raises(SettingError, match=r"in line 1 of a\.json is longer than 1,048,576"):
        await connection.source(Activity("a", "read", settings=settings))


@given(
    st.lists(st.dictionaries(st.text(max_size=3), VALUES), max_size=5), VALUES, st.integers(1, 9)
)
def test_any_document_any_chunks(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[dict[str, object]],
    around: object,
    chunk: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    document = {"before": around, "in": {"here": records, "x": around}, "behind": around}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=chunk % 3 or None))
    settings = read_options(path.parent, {"path": path.name, "at": "in.here"}).of(path, "any")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_reading, "_CHUNK", chunk)
        found = list(json_records(settings))
    assert [json.loads(read[0]) for read in found if read is not None] == records


def test_memory_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("w") as file:
        file.write("[")
        file.writelines(f'{{"id": {n}, "text": "{"x" * 90}"}},\n' for n in range(40_000))
        file.write('{"id": -1}]')
    settings = read_options(tmp_path, {"path": "a.json"}).of(path, "a.json")
    tracemalloc.start()
    assert sum(1 for _ in json_records(settings)) == 40_001
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > 4_000_000
    assert peak < 2_500_000
