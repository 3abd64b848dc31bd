"""The benchmark runs, checks what was done, and prints its figures."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.child import Usage, run
from bench.figures import Meter, ratios, table
from bench.scenarios import Scenario
from bench.server import ROOT

QUICK = ["plain_list", "export", "import_drop"]


def measured(tmp_path: Path, *arguments: str) -> tuple[str, dict[str, dict[str, Any]]]:
    file = tmp_path / "figures.json"
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench",
            "--records",
            "300",
            "--repeat",
            "1",
            "--json",
            file,
            *arguments,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout, {each["name"]: each for each in json.loads(file.read_bytes())}


def check(printed: str, figures: dict[str, dict[str, Any]]) -> None:
    for each in figures.values():
        begin = f"  {each['title']}  "
        line = next(line for line in printed.splitlines() if line.startswith(begin))
        assert len(line.removeprefix(begin).split()) == 6
        assert each["start"] > 0
        assert each["peak"] > 5


def test_a_small_benchmark_prints_every_figure(tmp_path: Path) -> None:
    printed, figures = measured(tmp_path, "--only", *QUICK)
    assert [*figures] == QUICK
    assert figures["export"]["records"] == 300
    assert figures["import_drop"]["records"] == 75
    check(printed, figures)


@pytest.mark.full
def test_all_scenarios_run(tmp_path: Path) -> None:
    printed, figures = measured(tmp_path)
    more = {"parse_write", "python_list", "sdk_list", "plain_create", "import", "sdk_create"}
    more |= {"export_mapped", "export_csv", "export_parquet"}
    assert {*figures} == more | {*QUICK}
    check(printed, figures)


def test_what_a_program_takes_to_start_is_not_counted() -> None:
    def took(records: int) -> Usage:
        return Usage(1.0 + records, 0.5 + records / 10, 20.0, "")

    meter = Meter(1, lambda text: None)
    floor = meter.measure(Scenario("floor", "bare", "read", 11, took, floor=True))
    assert floor.cpu is not None
    assert (floor.per_second, round(floor.cpu)) == (1.0, 100_000)
    assert (floor.start, floor.peak) == (2.0, 20.0)
    assert ratios([floor], {"read": "floor"}) == {"floor": 1.0}
    assert "bare" in table([floor], {"floor": 1.0})


def test_a_start_is_shared_and_noise_is_no_figure() -> None:
    asked: list[int] = []

    def took(records: int) -> Usage:
        asked.append(records)
        return Usage(1.0, 1.0, 20.0, "")

    meter = Meter(2, lambda text: None)
    meter.measure(Scenario("one", "one", "write", 5, took))
    other = meter.measure(Scenario("other", "other", "write", 7, took, starts_as="one"))
    assert asked == [1, 1, 5, 5, 7, 7]
    assert (other.per_second, other.cpu) == (None, None)
    assert ratios([other], {"write": "other"}) == {}
    assert " - " in table([other], {})


def test_a_child_is_measured_and_its_failure_told() -> None:
    busy = "print(sum(range(3_000_000)))"
    used = run([sys.executable, "-c", busy], {})
    assert used.output == "4499998500000\n"
    assert 0 < used.cpu < used.wall * 4
    with pytest.raises(RuntimeError, match="ended with 7"):
        run([sys.executable, "-c", "raise SystemExit(7)"], {})
