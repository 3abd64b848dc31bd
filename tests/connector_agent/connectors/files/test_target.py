"""A file as a target: whole or not at all, and resumed without a doubled line."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.connector import FilesConnector
from connector_agent.connectors.files.part import part_of
from connector_agent.connectors.files.target import FileTarget
from connector_sdk import (
    JSON,
    Body,
    Call,
    MemoryHost,
    Problem,
    Request,
    SettingError,
    TargetLostError,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.connectors.files.conftest import Write
from tests.connector_agent.connectors.files.written import held, opened, requests


async def test_json_lines_are_written_as_they_are(
    tmp_path: Path, connection: FilesConnection, write: Write
) -> None:
    target = await opened(connection, "out/a.jsonl")
    given_ = [b'{"b":1.10,"a":"\xc3\xa9"}', b'{\n  "z": [1, 2],\r\n "n": 12345678901234567890123}']
    outcomes = await write(target, given_)
    assert [(outcome.seq, outcome.kind, outcome.id) for outcome in outcomes] == [
        (1, "written", ""),
        (2, "written", ""),
    ]
    assert not (tmp_path / "out" / "a.jsonl").exists()
    await target.finish(True)
    assert held(tmp_path / "out" / "a.jsonl") == (
        b'{"b":1.10,"a":"\xc3\xa9"}\n{"z":[1,2],"n":12345678901234567890123}\n'
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.jsonl"]


async def test_columns_of_all_records(
    tmp_path: Path, connection: FilesConnection, write: Write
) -> None:
    target = await opened(connection, "a.csv")
    first = b'{"id":"1","address":{"line1":"x, y"}}'
    outcomes = await write(target, [first, b'{"id":"2"}', b'{"id":"3","name":"z"}', first])
    await target.finish(True)
    assert {outcome.kind for outcome in outcomes} == {"written"}
    assert held(tmp_path / "a.csv") == (
        b'id,address.line1,name\r\n1,"x, y",\r\n2,,\r\n3,,z\r\n1,"x, y",\r\n'
    )


async def test_stated_columns(tmp_path: Path, connection: FilesConnection, write: Write) -> None:
    target = await opened(connection, "a.tsv", columns=["name", "id"])
    refused = target.prepare(Request(b'{"id":"1","nam":"x"}'))
    assert isinstance(refused, Problem)
    assert refused.path == "nam"
    await write(target, [b'{"id":"1","name":"a\\tb"}'])
    await target.finish(True)
    assert held(tmp_path / "a.tsv") == b'name\tid\r\n"a\tb"\t1\r\n'


async def test_a_record_without_fields(connection: FilesConnection) -> None:
    problem = (await opened(connection, "a.csv")).prepare(Request(b"{}"))
    assert isinstance(problem, Problem)
    assert "no field to make a column of" in problem.message


@pytest.mark.parametrize(
    ("path", "columns", "data"),
    [
        ("a.jsonl", None, b""),
        ("a.jsonl.gz", None, b""),
        ("a.csv", None, b""),
        ("a.csv", ["id", "x"], b"id,x\r\n"),
        ("a.csv.gz", ["id", "x"], b"id,x\r\n"),
    ],
)
async def test_nothing_to_write(
    tmp_path: Path, connection: FilesConnection, path: str, columns: JSON, data: bytes
) -> None:
    target = await opened(connection, path, columns=columns)
    await target.finish(True)
    assert held(tmp_path / path) == data


@pytest.mark.parametrize("path", ["a.jsonl", "a.jsonl.gz", "a.csv", "a.csv.gz"])
async def test_a_resume_doubles_nothing(
    tmp_path: Path, connection: FilesConnection, write: Write, path: str
) -> None:
    target = await opened(connection, path)
    await write(target, requests(0, 11_000))
    first = await target.position()
    await write(target, requests(11_000, 17_000))
    second = await target.position()
    await write(target, requests(17_000, 21_000))
    await target.finish(False)
    for kept, start in ((second, 17_000), (first, 11_000), (first, 11_000)):
        assert not (tmp_path / path).exists()
        target = await opened(connection, path, kept)
        await write(target, requests(start, 24_000))
        await target.position()
        await target.finish(False)
    target = await opened(connection, path, first)
    await write(target, requests(11_000, 24_000))
    await target.finish(True)
    lines = held(tmp_path / path).splitlines()
    if "csv" in path:
        assert lines.pop(0) == b"id"
        assert lines == [b"%d" % number for number in range(24_000)]
    else:
        assert lines == requests(0, 24_000)


async def test_a_position_covers_what_was_yielded(
    tmp_path: Path, connection: FilesConnection
) -> None:
    target = await opened(connection, "a.jsonl")

    async def calls() -> AsyncIterator[Call]:
        for seq in range(1, 100_000):
            yield Call(seq, 1, "", 1, None, Body(b'{"id":%d}' % seq))

    seen = 0
    async for outcome in target.write(calls()):
        seen = outcome.seq
        if seen % 10_007 == 0:
            kept = msgspec.json.decode(await target.position())
            assert kept["records"] == seen
            lines = part_of(tmp_path / "a.jsonl").read_bytes()[: kept["bytes"]].splitlines()
            assert lines[-1] == b'{"id":%d}' % seen
    assert seen == 99_999


async def test_a_run_killed_behind_the_move_goes_on(
    tmp_path: Path, connection: FilesConnection, write: Write
) -> None:
    target = await opened(connection, "a.jsonl")
    await write(target, requests(0, 5))
    kept = await target.position()
    await write(target, requests(5, 9))
    await target.finish(True)
    target = await opened(connection, "a.jsonl", kept)
    assert held(tmp_path / "a.jsonl").splitlines() == requests(0, 9)
    await write(target, requests(5, 9))
    await target.finish(True)
    assert held(tmp_path / "a.jsonl").splitlines() == requests(0, 9)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: os.truncate(path, 30), "has 30 bytes, and 130 were written to it"),
        (lambda path: path.write_bytes(b"x" * 130), "holds other bytes than the run wrote"),
    ],
)
async def test_a_spoilt_part_is_told(
    tmp_path: Path,
    connection: FilesConnection,
    write: Write,
    spoil: Callable[[Path], None],
    message: str,
) -> None:
    target = await opened(connection, "a.jsonl")
    await write(target, requests(100, 110))
    kept = await target.position()
    await target.finish(False)
    spoil(part_of(tmp_path / "a.jsonl"))
    with pytest.raises(TargetLostError, match=message):
        await opened(connection, "a.jsonl", kept)
    fresh = await opened(connection, "a.jsonl")
    await write(fresh, requests(0, 1))
    await fresh.finish(True)
    assert held(tmp_path / "a.jsonl").splitlines() == requests(0, 1)


async def test_a_foreign_position(connection: FilesConnection) -> None:
    with pytest.raises(TargetLostError, match="one of a file"):
        await opened(connection, "a.jsonl", b'{"rows":1}')


async def test_a_dry_run_leaves_the_part_alone(
    tmp_path: Path, connection: FilesConnection, write: Write
) -> None:
    target = await opened(connection, "a.jsonl")
    await write(target, requests(0, 3))
    kept = await target.position()
    await target.finish(False)
    dry = await opened(connection, "a.jsonl")
    assert isinstance(dry.prepare(Request(b'{"id":1}')), Body)
    await dry.finish(False)
    await (await opened(connection, "a.jsonl", kept)).finish(True)
    assert held(tmp_path / "a.jsonl").splitlines() == requests(0, 3)


async def test_one_run_at_a_time(tmp_path: Path, connection: FilesConnection, write: Write) -> None:
    first = await opened(connection, "a.jsonl")
    await first.position()
    second = await opened(connection, "a.jsonl")
    with pytest.raises(SettingError, match="is being written by another run"):
        await second.position()
    await write(first, requests(0, 2))
    await first.finish(True)
    assert held(tmp_path / "a.jsonl").splitlines() == requests(0, 2)


async def test_the_mode_of_a_file_stays(
    tmp_path: Path, connection: FilesConnection, write: Write
) -> None:
    (tmp_path / "a.jsonl").touch(mode=0o600)
    target = await opened(connection, "a.jsonl")
    await write(target, requests(0, 1))
    await target.finish(True)
    assert (tmp_path / "a.jsonl").stat().st_mode & 0o777 == 0o600


async def test_ending_twice_and_settling(connection: FilesConnection) -> None:
    target = await opened(connection, "a.jsonl")
    call = Call(1, 1, "", 1, 1.0, Body(b"{}"))
    assert await target.settle([call, call]) == [None, None]
    await target.finish(True)
    await target.finish(True)
    await target.finish(False)


async def test_what_was_handed_over_is_written_when_a_run_stops(
    connection: FilesConnection, host: MemoryHost, write: Write
) -> None:
    target = await opened(connection, "a.jsonl")
    host.stop()
    assert len(await write(target, requests(0, 5))) == 5


async def test_a_folder_that_can_not_be_made(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "out").write_text("a file")
    target = await opened(connection, "out/a.jsonl")
    with pytest.raises(SettingError, match=r"a\.jsonl can't be written"):
        await target.position()


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)


@given(
    st.lists(st.dictionaries(st.sampled_from(["id", "é", "x.y"]), VALUES, min_size=1), max_size=6),
    st.sampled_from(["a.jsonl", "a.jsonl.gz"]),
    st.integers(0, 6),
    st.integers(0, 6),
)
async def test_any_cut_any_records(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[dict[str, JSON]],
    path: str,
    cut: int,
    more: int,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    connection = await FilesConnector().connect({}, MemoryHost(folder))
    encoded = [msgspec.json.encode(record) for record in records]

    async def write(target: FileTarget, part: list[bytes]) -> None:
        async def calls() -> AsyncIterator[Call]:
            for seq, request in enumerate(part, start=1):
                body = target.prepare(Request(request))
                assert isinstance(body, Body)
                yield Call(seq, 1, "", 1, None, body)

        assert [outcome.kind async for outcome in target.write(calls())] == ["written"] * len(part)

    target = await opened(connection, path)
    await write(target, encoded[:cut])
    kept = await target.position()
    await write(target, encoded[cut : cut + more])
    await target.finish(False)
    target = await opened(connection, path, kept)
    await write(target, encoded[cut:])
    await target.finish(True)
    assert held(folder / path).splitlines() == encoded
