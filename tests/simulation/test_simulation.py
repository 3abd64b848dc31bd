"""The promises of docs/writes.md under every fault, seed by seed.

`python -m tests.simulation SEED [--weather NAME]` plays one again and prints what happened.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.simulation.mutations import Patch, taken_out
from tests.simulation.seed import Verdict, simulate
from tests.simulation.seeds import FOUND, MUTATIONS

IN_CI = 300
IN_FULL = 10_000
TOGETHER = 25
"""Seeds in one test, so that workers share them well."""

ROOT = Path(__file__).parents[2]


def blocks(first: int, last: int) -> list[pytest.param]:  # type: ignore[valid-type]
    return [
        pytest.param(range(at, at + TOGETHER), id=f"{at}-{at + TOGETHER - 1}")
        for at in range(first, last, TOGETHER)
    ]


def require(verdict: Verdict, weather: str = "") -> None:
    if verdict.faults:
        again = f"python -m tests.simulation {verdict.seed}"
        again += f" --weather {weather!r}" if weather else ""
        trace = "\n".join(verdict.trace)
        pytest.fail(f"{trace}\n\n{verdict.about}\nPlay it again: {again}", pytrace=False)


@pytest.mark.parametrize("seeds", blocks(0, IN_CI))
def test_nothing_is_lost_or_doubled(seeds: range) -> None:
    for seed in seeds:
        require(simulate(str(seed)))


@pytest.mark.full
@pytest.mark.parametrize("seeds", blocks(IN_CI, IN_FULL))
def test_nothing_is_lost_or_doubled_in_many(seeds: range) -> None:
    for seed in seeds:
        require(simulate(str(seed)))


@pytest.mark.parametrize(("seed", "weather"), FOUND, ids=lambda part: part.replace(" ", "-"))
def test_what_was_found_stays_mended(seed: str, weather: str) -> None:
    require(simulate(seed, weather), weather)


@pytest.mark.parametrize(
    ("mutation", "seed", "weather"), MUTATIONS, ids=[each[0].__name__ for each in MUTATIONS]
)
def test_a_fix_that_is_taken_out_is_missed(
    mutation: Callable[[], list[Patch]], seed: str, weather: str
) -> None:
    with taken_out(mutation):
        assert simulate(seed, weather).faults


def test_a_seed_replays_exactly() -> None:
    for seed in ("1", "2", "3"):
        assert simulate(seed).trace == simulate(seed).trace


def test_a_seed_replays_exactly_in_another_process() -> None:
    """The order of a set of texts differs from process to process; nothing may depend on it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "4"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[:-1] == simulate("4").trace
