"""What an activity may reach."""

from pathlib import Path

import pytest
from connector_agent.connectors.files.connector import FilesConnector
from connector_agent.connectors.files.place import file_of, folder_of
from connector_sdk import Activity, MemoryHost, SettingError


def test_a_folder_of_the_project(tmp_path: Path) -> None:
    assert folder_of(".", tmp_path) == tmp_path.resolve()
    assert folder_of("data/../in", tmp_path) == tmp_path.resolve() / "in"


def test_a_relative_folder_stays_in_the_project(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="leads out of the project"):
        folder_of("../other", tmp_path)
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(SettingError, match="leads out of the project"):
        folder_of("link/usr", tmp_path)


def test_an_absolute_folder_may_be_anywhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    assert folder_of(str(elsewhere), tmp_path / "project") == elsewhere.resolve()


def test_outside_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_of("in", None) == tmp_path.resolve() / "in"


@pytest.mark.parametrize(
    "path", ["../a.csv", "in/../../a.csv", "/etc/passwd", "link/a.csv", "file"]
)
def test_no_way_out_of_the_folder(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    (folder / "file").symlink_to("/etc/passwd")
    with pytest.raises(SettingError) as caught:
        file_of(folder, path)
    assert caught.value.problem.code == "path_outside"


def test_links_inside_the_folder_are_followed(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("real.csv")
    assert file_of(tmp_path, "link.csv") == tmp_path / "real.csv"
    assert file_of(tmp_path, str(tmp_path / "real.csv")) == tmp_path / "real.csv"


@pytest.mark.parametrize("path", ["", "  ", "a\0b"])
def test_no_path(tmp_path: Path, path: str) -> None:
    with pytest.raises(SettingError, match="empty or not a path"):
        file_of(tmp_path, path)


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for path in ("a", "a/file.csv"):
        with pytest.raises(SettingError, match="can't be followed: its symbolic links"):
            file_of(tmp_path, path)


async def test_the_test_finds_a_missing_folder(tmp_path: Path) -> None:
    connection = await FilesConnector().connect({"folder": "in"}, MemoryHost(tmp_path))
    tested = await connection.test()
    assert not tested.ok
    assert tested.problem is not None
    assert tested.problem.path == "folder"
    (tmp_path / "in").mkdir()
    assert (await connection.test()).ok


async def test_the_scope_does_not_know_the_machine(tmp_path: Path) -> None:
    connection = await FilesConnector().connect({"folder": "in"}, MemoryHost(tmp_path))
    assert await connection.scope() == "files:in"


async def test_an_unknown_activity_type(tmp_path: Path) -> None:
    connection = await FilesConnector().connect({}, MemoryHost(tmp_path))
    (problem,) = await connection.check(Activity("a", "reed", settings={"path": "a.csv"}))
    assert problem.path == "type"
    assert problem.remedy == "Did you mean 'read'?"
    with pytest.raises(SettingError):
        connection.settings("reed", ())
    with pytest.raises(SettingError):
        await connection.source(Activity("a", "write", settings={"path": "a.csv"}))


async def test_a_folder_and_a_closed_file_are_no_sources(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    connection = await FilesConnector().connect({}, MemoryHost(tmp_path))
    (problem,) = await connection.check(Activity("a", "read", settings={"path": "a.csv"}))
    assert problem.message == "The folder 'a.csv' is empty; there is nothing to read."
