"""A project that copies a CSV file into JSON Lines, a way to call the command line, and a
sandbox."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from connector_agent.cli.app import app
from typer.testing import CliRunner


class Said(NamedTuple):
    """What a command printed."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its JSON, one value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Call = Callable[..., Said]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a sandbox answers that all tests share."""
    announce = tmp_path_factory.mktemp("sandbox") / "sandbox.json"
    command = [sys.executable, "-m", "stripe_connector.sandbox.command", "--announce"]
    with subprocess.Popen([*command, str(announce)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield json.loads(announce.read_text())["address"]
        process.terminate()
        process.communicate()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("endpoints", "operations"):
        (tmp_path / name).mkdir()
    (tmp_path / "project.yaml").write_text("name: copying\n")
    (tmp_path / "rows.csv").write_text("id,name\n1, Ada \n2,Grace\n3,Edsger\n")
    (tmp_path / "endpoints" / "disk.yaml").write_text(
        "connector: files\n"
        "activities:\n"
        "  rows:\n    type: read\n    path: rows.csv\n"
        "  lines:\n    type: write\n    path: out/lines.jsonl\n"
    )
    (tmp_path / "operations" / "copy.yaml").write_text(
        "source: disk/rows\n"
        "target: disk/lines\n"
        "mapping:\n"
        "  - to: id\n    from: id\n    steps: [to_integer]\n"
        "  - to: name\n    from: name\n    steps: [trim]\n"
    )
    return tmp_path


@pytest.fixture
def call(project: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls `connector` in the project's folder."""
    monkeypatch.chdir(project)

    def calling(*arguments: str, given: str = "") -> Said:
        result = CliRunner().invoke(app, list(arguments), input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    return calling
