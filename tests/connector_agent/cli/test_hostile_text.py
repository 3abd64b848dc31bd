"""What records, answers and file names hold never acts on a terminal."""

import csv
import io
import json
import logging
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from connector_agent.cli import app as cli
from connector_agent.cli.output import err, in_columns, out, problem_text, table
from connector_sdk import Problem
from rich.text import Text

from tests.connector_agent.cli.conftest import Call

HOSTILE = "\x1b]0;owned\x07\x9b2J\u202egpj.exe[bold]:smile:"
ACTING = ("\x1b", "\x07", "\x9b", "\u202e")


def _harmless(text: str) -> bool:
    return not any(char in text for char in ACTING)


@pytest.fixture
def hostile(project: Path) -> Path:
    (project / "rows.csv").write_text(f"id,name\n{HOSTILE},Grace\n2,{HOSTILE},more\n3,Ada\n")
    return project


def test_every_listing_of_a_hostile_file(call: Call, hostile: Path) -> None:
    name = f"{HOSTILE[:-1].replace('/', '')}.csv"
    (hostile / "rows.csv").rename(hostile / name)
    endpoint = hostile / "endpoints" / "disk.yaml"
    endpoint.write_text(endpoint.read_text().replace("rows.csv", '"*.csv"'))
    for arguments in (
        ("run", "copy"),
        ("outcomes", "last"),
        ("log", "last"),
        ("runs",),
        ("show", "copy"),
        ("check",),
        ("schema", "disk/rows"),
    ):
        said = call(*arguments)
        assert _harmless(said.out + said.err), arguments
    assert "[bold]:smile:" in call("outcomes", "last").out  # shown, not followed


def test_machine_output_is_exact(call: Call, hostile: Path) -> None:
    call("run", "copy")
    rows = list(csv.reader(io.StringIO(call("outcomes", "last", "-f", "csv").out)))
    assert rows[1][0] == HOSTILE
    assert call("outcomes", "last", "--json").lines[0]["record"]["id"] == HOSTILE


def test_a_line_end_of_a_record_makes_no_line_of_its_own() -> None:
    text = problem_text(Problem("x", "Bad.\nerror: all is lost", "Go.\r\nFinished", at="a\nb"))
    assert text.plain.splitlines() == [
        "error: Bad. error: all is lost",
        "  record: a b",
        "  next: Go. Finished",
    ]


def test_tables_and_columns(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table("a", "b")
    rows.add_row(HOSTILE, Text(HOSTILE))
    out.print(rows)
    out.print(in_columns(("a", "b"), [(HOSTILE, "x\ny")]))
    err.print(HOSTILE, Text(HOSTILE, style="red"))
    said = capsys.readouterr()
    assert _harmless(said.out + said.err)
    assert "x y" in said.out


def test_warnings_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    handler = cli._ShownLog()
    handler.emit(logging.LogRecord("x", logging.WARNING, "", 0, "%s is odd", (HOSTILE,), None))
    assert _harmless(capsys.readouterr().err)


@pytest.mark.parametrize("format", ["table", "csv", "jsonl"])
def test_on_a_real_terminal(call: Call, hostile: Path, format: str) -> None:
    call("run", "copy")
    command = [sys.executable, "-m", "connector_agent.cli", "outcomes", "last", "-f", format]
    master, slave = pty.openpty()
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}
    with subprocess.Popen(command, stdout=slave, stderr=slave, cwd=hostile, env=environment) as one:
        os.close(slave)
        said = _all(master)
    assert one.returncode == 0, said
    assert "Grace" in said or format == "table"
    assert _harmless(said)
    if format == "jsonl":
        assert json.loads(said.splitlines()[0])["record"]["id"] == HOSTILE


def _all(master: int) -> str:
    said = b""
    with os.fdopen(master, "rb", buffering=0) as terminal:
        try:
            while chunk := terminal.read(1 << 16):
                said += chunk
        except OSError:  # how Linux says that the other end is closed
            pass
    return said.decode()
