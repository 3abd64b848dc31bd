"""Real processes under everything that can go wrong at once. A seed gives a life, told when it
goes wrong; to live one again:

    pytest tests/end_to_end/faults --fault-seeds 17 --fault-records 1000
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.end_to_end.faults.life import Life

SEEDS, RECORDS, DEATHS = (1, 7, 19, 21, 28, 42, 69, 72, 88, 94), 60, 3
"""They notice when one of these is taken out: the look after a refusal that follows a lost answer
(7, 21, 72), Stripe's clock (7, 21, 42, 72), the check that a success is the object (1, 28, 72),
the end of a run in an outage (19, 94). The others are for deletes and refunds."""

FULL_SEEDS, FULL_RECORDS, FULL_DEATHS = range(1000, 1200), 1000, 7


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    option = metafunc.config.getoption
    full = option("--full")
    given = option("--fault-seeds")
    first, _, last = given.partition("-")
    seeds: Sequence[int] = FULL_SEEDS if full else SEEDS
    if given:
        seeds = range(int(first), int(last or first) + 1)
    records = option("--fault-records") or (FULL_RECORDS if full else RECORDS)
    metafunc.parametrize(("seed", "records"), [(seed, records) for seed in seeds])


@pytest.mark.timeout(900)
async def test_nothing_is_lost_or_doubled(tmp_path: Path, seed: int, records: int) -> None:
    life = Life(tmp_path, seed, records, FULL_DEATHS if records >= FULL_RECORDS else DEATHS)
    try:
        await life.live()
    except BaseException as error:
        error.add_note("\n".join((f"seed {seed}, {records} records:", *life.told)))
        raise
