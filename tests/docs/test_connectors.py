"""The connector of docs/connectors.md: its code is sound, and passes its tests as they stand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.page import ROOT, blocks

FILES = {block.file: block.text for block in blocks("docs/connectors.md") if block.file}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As an author has it: no settings of pytest, nothing of this project's tests."""
    for name, text in FILES.items():
        if name.endswith(".py"):
            (tmp_path / name).write_text(text)
    return tmp_path


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        | environ,
        capture_output=True,
        text=True,
        check=False,
    )


PYTEST = ("pytest", "-q", "-p", "pytest_asyncio.plugin", "-p", "connector_sdk.pytest_plugin")


def test_its_tests_pass(folder: Path) -> None:
    said = run(folder, *PYTEST, "-p", "no:cacheprovider")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "passed" in said.stdout
    assert "failed" not in said.stdout


def test_its_types_are_sound(folder: Path) -> None:
    said = run(
        folder,
        "mypy",
        "--strict",
        "notes_connector.py",
        MYPYPATH=str(ROOT / "packages" / "connector-sdk" / "src"),
    )
    assert said.returncode == 0, said.stdout


def test_it_writes_what_the_page_says() -> None:
    """The methods of all its classes that are the contract's, besides one of its own."""
    code = FILES["notes_connector.py"]
    names = [
        line.split("(")[0].split()[-1] for line in code.splitlines() if "    async def " in line
    ]
    own = {"close", "query"}
    assert set(names) - own == {
        *("open", "scope", "schemas", "open_source", "open_target", "rows", "put_all")
    }


def test_a_failure_is_explained(folder: Path) -> None:
    """The plug-in makes pytest show what differs."""
    code = folder / "notes_connector.py"
    text = code.read_text()
    assert "for note in notes])" in text
    code.write_text(text.replace("for note in notes])", "for note in notes[:1]])"))
    said = run(folder, *PYTEST, "-k", "test_one_outcome_for_each_call")
    assert said.returncode == 1
    assert "assert (1 - 0) == 6" in said.stdout
