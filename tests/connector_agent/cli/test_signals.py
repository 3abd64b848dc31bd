"""Ctrl-C twice ends a process at once, whatever it is doing."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

STUBBORN = """
import asyncio
from connector_agent.cli.signals import on_signal

async def held(lock):
    while True:
        try:
            async with lock:
                await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass  # a clean-up that never comes to its end

async def main():
    lock = asyncio.Lock()
    tasks = [asyncio.create_task(held(lock)) for _ in "12"]
    with on_signal(lambda: print("stopping", flush=True), "It ended at once."):
        print("ready", flush=True)
        print("an outcome that is still in the buffer", end="")
        await asyncio.wait(tasks)

asyncio.run(main())
"""


@contextmanager
def started(program: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is under way."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_ends_it_at_once(number: signal.Signals) -> None:
    with started(STUBBORN) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.send_signal(number)
        assert process.stdout.readline().endswith("stopping\n")
        process.send_signal(number)
        assert process.stderr.read() == "It ended at once.\n"
        assert process.wait(timeout=60) == 128 + number


def test_the_first_one_only_stops() -> None:
    text = STUBBORN.replace('print("stopping", flush=True)', "[each.cancel() for each in tasks]")
    text = text.replace("            pass", "            return")
    with started(text) as process:
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert process.stdout.read() == "an outcome that is still in the buffer"
        assert process.wait(timeout=60) == 0
