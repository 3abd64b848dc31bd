"""Plays seeds by hand.

python -m tests.simulation SEED [--weather NAME]     prints the trace of one seed
python -m tests.simulation 0-999 [--weather NAME]    plays many, prints those that fail
"""

import argparse
import sys
import time

from tests.simulation.seed import simulate
from tests.simulation.weather import names


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", help="a seed, or a range of numbers such as 0-999")
    parser.add_argument("--weather", default="", choices=names(), metavar="NAME")
    given = parser.parse_args()
    first, dash, last = given.seed.partition("-")
    if not (dash and first.isdigit() and last.isdigit()):
        verdict = simulate(given.seed, given.weather)
        print("\n".join(verdict.trace))
        print(f"fingerprint {verdict.fingerprint}, {len(verdict.faults)} faults")
        return bool(verdict.faults)
    begun = time.process_time()
    failed = 0
    for number in range(int(first), int(last) + 1):
        verdict = simulate(str(number), given.weather)
        if verdict.faults:
            failed += 1
            print(f"{number:>6}  {verdict.about}\n        {verdict.faults[0]}", flush=True)
    played = int(last) - int(first) + 1
    spent = (time.process_time() - begun) / played * 1000
    print(f"{played} seeds, {failed} failed, {spent:.0f} ms each")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
