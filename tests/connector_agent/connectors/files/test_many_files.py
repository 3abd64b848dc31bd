"""Folders and patterns as one source, and files that are put away."""

import gzip
import json
import os
from pathlib import Path

import pytest
from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.place import put_away
from connector_agent.connectors.files.source import FileSource
from connector_sdk import JSON, Activity, Page, SettingError, SourceChangedError

MOVING: JSON = {"move_to": "inbox/done"}


def made(tmp_path: Path) -> Path:
    """An inbox of four files, one of them without a record."""
    inbox = tmp_path / "inbox"
    inbox.mkdir(exist_ok=True)
    (inbox / "b.csv").write_text("".join(["id\n", *(f"b{n}\n" for n in range(700))]))
    (inbox / "a.csv").write_text("id,name\na1,x\n\na2,y\n")
    (inbox / "c.csv").write_text("name,id\n")
    (inbox / "d.jsonl").write_text('{"id":"d1"}\n')
    (inbox / ".hidden.csv").write_text("no")
    return inbox


async def opened(connection: FilesConnection, path: str = "inbox", **settings: JSON) -> FileSource:
    return await connection.source(Activity("a", "read", settings={"path": path, **settings}))


async def pages(source: FileSource, after: bytes | None = None) -> list[Page]:
    return [page async for page in source.read(after)]


def ids(found: list[Page]) -> list[str]:
    return [json.loads(record.raw)["id"] for page in found for record in page.records]


IDS = ["a1", "a2", *(f"b{n}" for n in range(700)), "d1"]


@pytest.mark.parametrize("path", ["inbox", "inbox/*", "*/[a-d]*", "**/*.*"])
async def test_files_in_the_order_of_their_names(
    tmp_path: Path, connection: FilesConnection, path: str
) -> None:
    made(tmp_path)
    source = await opened(connection, path)
    found = await pages(source)
    records = [record for page in found for record in page.records]
    assert ids(found) == IDS
    assert [record.seq for record in records] == list(range(1, 704))
    assert [records[index].at for index in (1, 2, -1)] == [
        "inbox/a.csv row 4",
        "inbox/b.csv row 2",
        "inbox/d.jsonl line 1",
    ]
    assert sum(page.filtered for page in found) == 1
    assert await source.total() == 703


async def test_every_cursor_goes_on(tmp_path: Path, connection: FilesConnection) -> None:
    made(tmp_path)
    found = await pages(await opened(connection))
    for number, page in enumerate(found, start=1):
        assert await pages(await opened(connection), page.after) == found[number:]


async def test_files_that_come_meanwhile_are_read_last(
    tmp_path: Path, connection: FilesConnection
) -> None:
    inbox = made(tmp_path)
    first, *_ = await pages(await opened(connection))
    (inbox / "_first.csv").write_text("id\n_1\n")
    rest = await pages(await opened(connection), first.after)
    assert ids([first, *rest]) == [*IDS[:-1], "_1", "d1"]


@pytest.mark.parametrize(
    ("spoil", "how"),
    [
        (lambda inbox: (inbox / "a.csv").unlink(), r"inbox/a\.csv .* it is no longer there"),
        (lambda inbox: (inbox / "a.csv").write_text("id,name\na1,x\n"), "ends after record 1"),
        (lambda inbox: (inbox / "a.csv").write_text("id,name\na1,x\na2,z\n"), "not the same"),
        (
            lambda inbox: (inbox / "a.csv").write_text("id,name\na1,x\na2,y\na3,z\n"),
            "it goes on behind record 2",
        ),
        (lambda inbox: (inbox / "b.csv").write_text("id\nb1\n"), r"inbox/b\.csv"),
    ],
)
async def test_a_changed_file_is_noticed(  # type: ignore[no-untyped-def]
    tmp_path: Path, connection: FilesConnection, spoil, how: str
) -> None:
    inbox = made(tmp_path)
    first, *_ = await pages(await opened(connection))
    spoil(inbox)
    with pytest.raises(SourceChangedError, match=how):
        await pages(await opened(connection), first.after)


@pytest.mark.parametrize(
    ("path", "message", "setting"),
    [
        ("empty", "The folder 'empty' is empty; there is nothing to read", "path"),
        ("inbox/*.tsv", r"No file matches 'inbox/\*\.tsv'", "path"),
        ("inbox/../../*.csv", "leads out of the connection's folder", "path"),
        ("**x/*.csv", "can't be followed", "path"),
        ("mixed", r"The ending of 'notes\.txt' does not tell its format", "format"),
    ],
)
async def test_faults(
    tmp_path: Path, connection: FilesConnection, path: str, message: str, setting: str
) -> None:
    made(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed" / "notes.txt").touch()
    with pytest.raises(SettingError, match=message) as caught:
        await opened(connection, path)
    assert caught.value.problems[0].path == setting


async def test_a_link_that_leads_out(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "in").mkdir()
    inbox = made(tmp_path / "in")
    (tmp_path / "secret.csv").write_text("id\n1\n")
    (inbox / "e.csv").symlink_to(tmp_path / "secret.csv")
    inside = FilesConnection(tmp_path / "in", ".", connection._host)
    with pytest.raises(SettingError, match="leads out of the connection's folder"):
        await opened(inside)


async def test_the_faults_of_all_files_at_once(tmp_path: Path, connection: FilesConnection) -> None:
    inbox = made(tmp_path)
    (inbox / "e.csv").write_text("id,id\n")
    (inbox / "f.csv").write_text("")
    problems = await connection.check(Activity("a", "read", settings={"path": "inbox"}))
    assert [problem.code for problem in problems] == ["column_twice", "file_empty"]


async def test_a_file_whose_name_is_a_pattern(tmp_path: Path, connection: FilesConnection) -> None:
    (tmp_path / "a[1].csv").write_text("id\n1\n")
    (tmp_path / "a1.csv").write_text("id\n2\n")
    assert ids(await pages(await opened(connection, "a[1].csv"))) == ["1"]
    assert ids(await pages(await opened(connection, "a[1-9].csv"))) == ["2"]


async def test_the_schema_of_all_files(tmp_path: Path, connection: FilesConnection) -> None:
    made(tmp_path)
    activity = Activity("a", "read", settings={"path": "inbox/*.csv"})
    schema = (await connection.schemas(activity)).response
    assert [field.name for field in schema.fields] == ["id", "name"]
    activity = Activity("a", "read", settings={"path": "inbox"})
    assert (await connection.schemas(activity)).response.type == "map"


async def test_files_are_put_away_when_a_run_is_over(
    tmp_path: Path, connection: FilesConnection
) -> None:
    inbox = made(tmp_path)
    (inbox / "done").mkdir()
    (inbox / "done" / "a.csv").write_text("of yesterday")
    source = await opened(connection, "**/*.*", after=MOVING)
    found = await pages(source)
    assert ids(found) == IDS
    assert len(list(inbox.glob("*.*"))) == 5
    assert await source.finish(found[-1].after) == []
    assert sorted(path.name for path in inbox.iterdir()) == [".hidden.csv", "done"]
    assert (inbox / "done" / "a.csv").read_text() == "of yesterday"
    assert (inbox / "done" / "a (2).csv").read_text().startswith("id,name")
    assert sorted(path.name for path in (inbox / "done").iterdir()) == [
        "a (2).csv",
        "a.csv",
        "b.csv",
        "c.csv",
        "d.jsonl",
    ]
    assert await source.finish(found[-1].after) == []
    with pytest.raises(SettingError, match="No file matches"):
        await opened(connection, "**/*.*", after=MOVING)


async def test_only_what_was_read_and_did_not_change_is_put_away(
    tmp_path: Path, connection: FilesConnection
) -> None:
    inbox = made(tmp_path)
    source = await opened(connection, after=MOVING)
    found = await pages(source)
    (inbox / "new.csv").write_text("id\n9\n")
    with (inbox / "a.csv").open("a") as file:
        file.write("a3,late\n")
    (inbox / "c.csv").unlink()
    (problem,) = await source.finish(found[-1].after)
    assert problem.code == "changed_since"
    assert problem.message == "inbox/a.csv changed after it was read, and was not moved."
    assert sorted(path.name for path in inbox.glob("[a-z]*.*")) == ["a.csv", "new.csv"]


async def test_a_resumed_run_puts_away_what_both_read(
    tmp_path: Path, connection: FilesConnection
) -> None:
    inbox = made(tmp_path)
    first, *_ = await pages(await opened(connection, after=MOVING))
    source = await opened(connection, after=MOVING)
    *_, last = await pages(source, first.after)
    assert await source.finish(last.after) == []
    assert not list(inbox.glob("[a-z]*.*"))
    # Ended by force right behind the move: nothing is left to do.
    assert await source.finish(last.after) == []


async def test_files_without_a_record_are_put_away(
    tmp_path: Path, connection: FilesConnection
) -> None:
    (tmp_path / "a.csv").write_text("id\n")
    source = await opened(connection, "a.csv", after={"move_to": "done"})
    (page,) = await pages(source)
    assert page.records == []
    assert await source.finish(page.after) == []
    assert (tmp_path / "done" / "a.csv").exists()


async def test_a_file_that_can_not_be_moved(
    tmp_path: Path, connection: FilesConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path)
    (tmp_path / "done").write_text("a file")
    problems = await connection.check(
        Activity("a", "read", settings={"path": "inbox", "after": {"move_to": "done"}})
    )
    assert [problem.path for problem in problems] == ["after.move_to"]
    problem = put_away(tmp_path / "inbox" / "a.csv", tmp_path / "done")
    assert problem is not None
    assert problem.code == "not_moved"
    assert (tmp_path / "inbox" / "a.csv").exists()

    def elsewhere(path: Path, target: Path) -> Path:
        raise OSError(18, os.strerror(18))

    monkeypatch.setattr(Path, "replace", elsewhere)
    problem = put_away(tmp_path / "inbox" / "a.csv", tmp_path / "other")
    assert problem is not None
    assert problem.remedy.startswith("State a folder on the same disk")
    assert list((tmp_path / "other").iterdir()) == []


def test_numbers_stand_before_the_ending(tmp_path: Path) -> None:
    for count in range(3):
        (tmp_path / "a.b.csv.gz").write_bytes(gzip.compress(b"%d" % count, mtime=0))
        assert put_away(tmp_path / "a.b.csv.gz", tmp_path / "done") is None
    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == [
        "a.b (2).csv.gz",
        "a.b (3).csv.gz",
        "a.b.csv.gz",
    ]
