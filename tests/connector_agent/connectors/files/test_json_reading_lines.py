"""JSON Lines as a source."""

import gzip
import json
from pathlib import Path

import pytest
from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.json_reading import json_lines
from connector_agent.connectors.files.settings import read_options
from connector_sdk import Activity
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.connectors.files.conftest import Read


async def test_lines_stay_as_they_are(tmp_path: Path, read: Read) -> None:
    lines = [b'{"b": 1.10, "a": 12345678901234567890123}', b'{"a":1,"a":2}', '{"ä":"é"}'.encode()]
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\n  \r\n".join(lines))
    records = await read("a.jsonl")
    assert [record.raw for record in records] == lines
    assert [record.at for record in records] == [f"a.jsonl line {line}" for line in (1, 3, 5)]
    assert [record.problem for record in records] == [None] * 3


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"a":1', "The line is not JSON"),
        (b'{"a":NaN}', "The line is not JSON"),
        (b'{"a":"\xff"}', "The line is not JSON"),
        (b'{"a":"\\ud800"}', "The line is not JSON"),
        (b'{"a":1} {"b":2}', "The line is not JSON"),
        (b"[1]", "The line is JSON, but not an object."),
        (b'"text"', "The line is JSON, but not an object."),
    ],
)
async def test_broken_lines(tmp_path: Path, read: Read, line: bytes, message: str) -> None:
    (tmp_path / "a.ndjson").write_bytes(b'{"a":1}\n' + line + b'\n{"a":2}\n')
    first, broken, last = await read("a.ndjson")
    assert first.problem is last.problem is None
    assert broken.problem is not None
    assert broken.problem.message.startswith(message)
    assert broken.problem.at == broken.at == "a.ndjson line 2"
    assert json.loads(broken.raw) == {"text": line.decode("utf-8", "replace")}


@given(st.binary(max_size=60))
def test_nothing_is_lost_whatever_comes(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(data)
    found = list(json_lines(read_options(path.parent, {"path": path.name}).of(path, "any")))
    assert len(found) == len(data.split(b"\n")) - (not data or data.endswith(b"\n"))
    for read in found:
        assert read is None or isinstance(json.loads(read[0]), dict)


async def test_an_empty_file_has_no_records(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    assert await read("a.jsonl") == []


async def test_gzip(tmp_path: Path, read: Read, connection: FilesConnection) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"a":1}\n', mtime=0))
    assert [record.raw for record in await read("a.jsonl.gz")] == [b'{"a":1}']
    source = await connection.source(Activity("a", "read", settings={"path": "a.jsonl.gz"}))
    assert await source.total() == 1
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"a":1}\n', mtime=0)[:-3])
    assert await source.total() is None
