"""Files named by a path: the hash behind it, and where a path may lead."""

from pathlib import Path

import pytest
from connector_sdk import LocalFile, inside, sha256_of
from hypothesis import given
from hypothesis import strategies as st


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
