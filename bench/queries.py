"""python -m bench.queries: what a query costs to read, to plan, and to check a row by.

One process, no network. Each figure is the least of several runs: what disturbs a run only adds.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from stripe_connector.catalogue import load
from stripe_connector.query import check, clauses, fields_of, matcher, parse
from stripe_connector.query.plan import plan

from bench.customers import alone

QUERIES = {
    "one value": 'email:"customer.7@example.com"',
    "exactly": 'email="customer.7@example.com"',
    "ten clauses": " AND ".join(f'-metadata["k{n}"]:"v"' for n in range(10)),
    "words and parts": 'name:"ada archer" AND description~"billing system" AND -phone:null',
    "nested": 'address.city:"London" AND (balance>0 OR delinquent:"true" OR created>1700000000)',
    "1,000 values": "email in ({})".format(
        ", ".join(f"customer.{n}@example.com" for n in range(1000))
    ),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one query: microseconds to read, to plan and to match one row, and of all that for
    one clause; rows a second, parsed and checked."""

    name: str
    clauses: int
    parse: float
    plan: float
    match: float
    parse_clause: float
    match_clause: float
    rows_per_second: float


def costs(rows: int, repeat: int) -> Iterator[Cost]:
    """Each query on that many customers."""
    catalogue = load()
    operation = catalogue.api_calls["customers.list"]
    fields = fields_of(catalogue, operation)
    request = catalogue.request(operation)
    raw = [orjson.dumps(orjson.loads(alone(n))) for n in range(rows)]
    parsed = [orjson.loads(row) for row in raw]
    parse("a:1")  # the grammar is built once
    for name, text in QUERIES.items():
        query = check(parse(text), fields, native=False)
        holds = matcher(query, "customers")
        count = len(list(clauses(query)))
        reading = _least(lambda text=text: parse(text), repeat)  # type: ignore[misc]
        planning = _least(
            lambda query=query: plan(query, fields, request, searchable=True, given={}),  # type: ignore[misc]
            repeat,
        )
        matching = _least(lambda holds=holds: [holds(row) for row in parsed], repeat) / rows  # type: ignore[misc]
        whole = _least(
            lambda holds=holds: [holds(orjson.loads(row)) for row in raw],  # type: ignore[misc]
            repeat,
        )
        yield Cost(
            name,
            count,
            parse=reading * 1e6,
            plan=planning * 1e6,
            match=matching * 1e6,
            parse_clause=reading * 1e6 / count,
            match_clause=matching * 1e6 / count,
            rows_per_second=rows / whole,
        )


def _least(job: Callable[[], object], repeat: int) -> float:
    """Seconds."""
    found = []
    for _ in range(repeat):
        began = time.perf_counter()
        job()
        found.append(time.perf_counter() - began)
    return min(found)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.queries", description="Measures queries, without any network."
    )
    parser.add_argument("--rows", type=int, default=5000, help="customers to check (5,000)")
    parser.add_argument("--repeat", type=int, default=7, help="runs of which the least counts (7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures there too")
    given = parser.parse_args()
    if given.rows < 1 or given.repeat < 1:
        parser.error("--rows and --repeat start at 1")
    found = list(costs(given.rows, given.repeat))
    heads = (
        "query",
        "clauses",
        "parse us",
        "a clause",
        "plan us",
        "match us",
        "a clause",
        "rows/s",
    )
    print("  ".join(f"{head:>{16 if at == 0 else 9}}" for at, head in enumerate(heads)))
    for cost in found:
        figures = (cost.parse, cost.parse_clause, cost.plan, cost.match, cost.match_clause)
        cells = [f"{figure:>9,.2f}" for figure in figures]
        print(
            "  ".join(
                [
                    f"{cost.name:>16}",
                    f"{cost.clauses:>9,}",
                    *cells,
                    f"{cost.rows_per_second:>9,.0f}",
                ]
            )
        )
    if given.json is not None:
        given.json.write_text(json.dumps([asdict(cost) for cost in found], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
