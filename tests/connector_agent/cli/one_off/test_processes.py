"""What only shows with real processes: pipes that close, signals, a server that goes away."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CONNECTOR = [sys.executable, "-m", "connector_agent.cli", "stripe"]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    stated = {"STRIPE_API_KEY": "sk_test_sandbox", "XDG_STATE_HOME": str(tmp_path)}
    return {**os.environ, **stated}


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A sandbox of one test, and its process."""
    announce = tmp_path / "sandbox.json"
    command = [sys.executable, "-m", "stripe_connector.sandbox.command", "--announce"]
    with subprocess.Popen([*command, str(announce)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield json.loads(announce.read_text())["address"], process
        process.kill()
        process.communicate()


def lines_of(text: str) -> list[str]:
    return [json.loads(line)["outcome"] for line in text.splitlines()]


def test_a_signal_lets_what_was_sent_come_to_its_end(address: str, environ: dict[str, str]) -> None:
    command = [*CONNECTOR, "create", "customers", "--data", "-", "--address", address]
    with subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write('{"name": "A"}\n' * 3)
        process.stdin.flush()  # and the pipe stays open
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert set(lines_of(first + out)) == {"written"}
    assert "Stopping" in err
    assert "--key" in err
    assert "Traceback" not in err


def test_a_reader_that_goes_away(address: str, environ: dict[str, str], tmp_path: Path) -> None:
    data = tmp_path / "many.jsonl"
    data.write_text('{"name": "A", "email": "pipe@example.com"}\n' * 3000)
    line = " ".join([*CONNECTOR, "create", "customers", "--data", str(data), "--address", address])
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line} | head -1"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
    told = int(done.stderr.split(" written")[0].replace(",", ""))
    mine = ["--param", "email=pipe@example.com"]
    listed = subprocess.run(
        [*CONNECTOR, "list", "customers", *mine, "--count", "--address", address],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(listed.stdout) == {"count": told}  # nothing was left in the middle


def test_a_server_that_goes_away(
    mortal: tuple[str, subprocess.Popen[str]], environ: dict[str, str]
) -> None:
    address, server = mortal
    command = [*CONNECTOR, "create", "customers", "--data", "-", "--address", address]
    with subprocess.Popen(
        [*command, "--retries", "0"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write('{"name": "A"}\n')
        process.stdin.flush()
        first = process.stdout.readline()
        server.kill()
        server.wait()
        out, err = process.communicate('{"name": "B"}\n' * 50)
    assert process.returncode == 1
    assert lines_of(first) == ["written"]
    assert set(lines_of(out)) <= {"failed", "unknown"}
    assert len(lines_of(out)) < 50
    assert "refused the connection" in err
    assert "Nothing after that was sent." in err
