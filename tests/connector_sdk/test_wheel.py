"""The wheel of the contract: installed, it is enough for an author's tests."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.docs.page import ROOT
from tests.docs.test_connectors import FILES


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as a release is, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    source = ROOT / "packages" / "connector-sdk"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*pip, *options, str(source)], check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


def test_it_brings_its_plug_in_and_what_that_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = {name.rpartition("/")[2]: name for name in file.namelist()}
        entries = file.read(names["entry_points.txt"]).decode()
        needs = file.read(names["METADATA"]).decode()
    assert "[pytest11]\nconnector_sdk = connector_sdk.pytest_plugin" in entries
    for name in ("pytest", "pytest-asyncio"):
        assert any(
            line.startswith(f"Requires-Dist: {name}>=") and "extra == 'conformance'" in line
            for line in needs.splitlines()
        )


def test_an_installed_sdk_and_a_subclass_are_enough(wheel: Path, tmp_path: Path) -> None:
    site, work = tmp_path / "site", tmp_path / "work"
    work.mkdir()
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    for name in ("notes_connector.py", "test_notes.py"):
        (work / name).write_text(FILES[name])
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-k", "pages or pure"],
        cwd=work,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(work)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert "test_pages_count_on PASSED" in said.stdout
    assert "test_prepare_is_pure PASSED" in said.stdout
