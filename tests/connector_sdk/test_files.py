"""Folders and files for their owner alone."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from connector_sdk import LocalFile, inside, narrowed, private_file, private_folder, sha256_of
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(autouse=True, params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_missing_folders_are_made_for_the_owner(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_folder(tmp_path / "a" / "b")
    assert [mode(tmp_path / each) for each in ("", "a", "a/b")] == [0o755, 0o700, 0o700]


def test_a_folder_that_is_there_stays_or_is_narrowed(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(0o755)
    private_folder(folder)
    assert mode(folder) == 0o755
    private_folder(folder, narrow=True)
    assert mode(folder) == 0o700


def test_a_file_is_made_for_the_owner_and_a_wider_one_is_narrowed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    os.close(private_file(path))
    assert mode(path) == 0o600
    path.chmod(0o644)
    os.close(private_file(path))
    assert mode(path) == 0o600
    path.chmod(0o400)
    narrowed(path)
    assert mode(path) == 0o400


def test_a_file_in_the_way_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(FileExistsError):
        private_folder(tmp_path / "a")
    with pytest.raises(OSError, match="a"):
        private_folder(tmp_path / "a" / "b")


def test_what_cannot_be_narrowed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a"
    path.touch(0o600)
    path.chmod(0o640)

    def refuse(self: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with caplog.at_level(logging.WARNING):
        os.close(private_file(path))
    assert "Other users of this machine may read" in caplog.text
    assert "600" in caplog.text


def test_nothing_to_narrow(tmp_path: Path) -> None:
    narrowed(tmp_path / "none")


@given(st.text(), st.binary())
def test_a_file_survives_being_written(path: str, content: bytes) -> None:
    file = LocalFile(path, sha256_of(content))
    assert LocalFile.of(str(file)) == file


@pytest.mark.parametrize("text", ["a.pdf", "a#b.pdf", "a.pdf#sha256=12", "#sha256=" + "F" * 64, ""])
def test_a_path_alone(text: str) -> None:
    assert LocalFile.of(text) == LocalFile(text)
    assert str(LocalFile.of(text)) == text


def test_where_a_path_may_lead(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "scans").mkdir(parents=True)
    (project / "link").symlink_to(tmp_path)
    (project / "key").symlink_to(project / ".env")
    assert inside(project, "scans/a.pdf") == (project / "scans" / "a.pdf").resolve()
    assert inside(project, "scans/../a.pdf") == (project / "a.pdf").resolve()
    for path in ("../a", "/etc/hostname", "link/a", ".env", "scans/.a", ".connector/x", "key"):
        assert inside(project, path) is None
    with pytest.raises(ValueError, match="null"):
        inside(project, "a\0b")
