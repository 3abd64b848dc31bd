"""The fast Stripe in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from bench.fast_stripe import Tally

ROOT = Path(__file__).parents[1]


@contextmanager
def fast_stripe(
    customers: int = 0, *, latency: float = 0.0, rate: float = 0.0, drop: float = 0.0
) -> Iterator[str]:
    """Its address. `latency` is milliseconds, `rate` requests a second before a 429 (0: any),
    `drop` a share of the creates."""
    command = [sys.executable, "-m", "bench.fast_stripe", "--with-parent"]
    for name, value in (
        ("customers", customers),
        ("latency", latency),
        ("rate", rate),
        ("drop", drop),
    ):
        command += [f"--{name}", str(value)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            if not address:
                raise RuntimeError("The fast Stripe did not start; what it said stands above.")
            yield address
        finally:
            process.stdin.close()


def tally(address: str) -> Tally:
    """What it has seen so far."""
    with urlopen(f"{address}/bench") as answer:
        return Tally(**json.load(answer))
