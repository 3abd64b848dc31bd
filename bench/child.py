"""Runs a program in a process of its own and measures it from outside."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.server import ROOT


class Usage(NamedTuple):
    """What one process took from its start to its end: `wall` and `cpu` (user and system) in
    seconds, `peak` resident memory in MB. `output` is what it printed."""

    wall: float
    cpu: float
    peak: float
    output: str


def run(command: Sequence[str], environ: Mapping[str, str]) -> Usage:
    """Runs it to its end. Raises RuntimeError when it ends with another status than 0.

    The peak is at least the memory of this process, which a child starts from; so nothing
    heavy is imported here.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{output}")
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output)
