"""Checks that the tests are the same ones whenever, wherever and with whatever hash seed they are
collected: workers that collect different tests can't share them.

    python scripts/collect_twice.py [PATH ...]

Collects two times, two seconds apart, the second time with a clock that is a year ahead, in
another time zone and with another seed of Python's hashes. Exit 1 where ids or order differ.
"""

import difflib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.skew import skewed  # noqa: E402

YEAR = 365 * 86_400.0
PAUSE = 2.0
SHOWN = 20


def main() -> int:
    first = collecting(sys.argv[1:], PYTHONHASHSEED="1", TZ="UTC")
    time.sleep(PAUSE)
    second = collecting(
        sys.argv[1:],
        PYTHONHASHSEED="2",
        TZ="Pacific/Kiritimati",
        **skewed(YEAR),
    )
    one, other = ids(first), ids(second)
    if one is None or other is None:
        return 1
    if one != other:
        lines = [*difflib.unified_diff(one, other, "first", "second", n=0, lineterm="")]
        print(*(line[:200] for line in lines[:SHOWN]), sep="\n", file=sys.stderr)
        print(
            f"{len(lines) - 2} lines differ between two collections of the same tests. Give the "
            "parameters ids of their own, or make them of what never changes.",
            file=sys.stderr,
        )
        return 1
    return 0


def collecting(paths: list[str], **more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *paths]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **more}, stdout=subprocess.PIPE, text=True
    )


def ids(process: "subprocess.Popen[str]") -> list[str] | None:
    """The ids in their order; None where collecting failed, which is then said."""
    out, _ = process.communicate()
    if process.returncode:
        print(out, file=sys.stderr)
        return None
    return [line for line in out.splitlines() if "::" in line]


if __name__ == "__main__":
    sys.exit(main())
