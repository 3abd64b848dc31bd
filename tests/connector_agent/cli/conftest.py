"""A project that copies a CSV file into JSON Lines, and a way to call the command line."""

import json
from collections.abc import Callable
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

    def calling(*arguments: str) -> Said:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    return calling
