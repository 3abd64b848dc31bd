"""The benchmark of queries runs and prints a figure for each."""

import json
import subprocess
import sys
from pathlib import Path

from bench.queries import QUERIES
from bench.server import ROOT


def test_every_query_has_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench.queries", "--rows", "20", "--repeat", "1"]
    ended = subprocess.run(
        [*command, "--json", file], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    figures = json.loads(file.read_bytes())
    assert [each["name"] for each in figures] == [*QUERIES]
    assert len(ended.stdout.splitlines()) == len(QUERIES) + 1
    for each in figures:
        assert min(each["parse"], each["plan"], each["match"], each["rows_per_second"]) > 0
    assert figures[-1]["clauses"] == 1000
