"""python -m bench: measures every scenario and prints the figures. Asserts no speed; ends with
status 1 when a run lost, doubled or left out anything."""

import argparse
import json
import sys
from pathlib import Path

from bench.figures import Meter, as_json, ratios, table
from bench.scenarios import Bench, WrongResultError


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measures the connector on a fast Stripe."
    )
    parser.add_argument("--records", type=int, default=20_000, help="to read (20,000)")
    parser.add_argument("--writes", type=int, help="to create (a quarter of --records)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the least counts (3)")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds of each answer")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these scenarios")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures there too")
    given = parser.parse_args()
    writes = max(given.records // 4, 2) if given.writes is None else given.writes
    if min(given.records, writes) < 2 or given.repeat < 1 or given.latency < 0:
        parser.error("--records and --writes start at 2, --repeat at 1, --latency at 0")
    bench = Bench(given.records, writes, given.latency)
    scenarios = bench.scenarios()
    names = [each.name for each in scenarios]
    if unknown := set(given.only or ()) - {*names}:
        parser.error(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    floors = {each.job: each.name for each in scenarios if each.floor}
    chosen = [each for each in scenarios if not given.only or each.name in given.only]
    meter = Meter(given.repeat, lambda text: print(text, file=sys.stderr, flush=True))
    try:
        found = [meter.measure(each) for each in chosen]
    except WrongResultError as error:
        print(f"A run went wrong: {error}.", file=sys.stderr)
        return 1
    compared = ratios(found, floors)
    print(table(found, compared))
    if given.json is not None:
        given.json.write_text(json.dumps(as_json(found, compared), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
