"""What is measured. Each scenario is a program that does its job on a number of records; each
run checks on the server or in the file that the job was done."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from bench.child import Usage, run
from bench.fast_stripe import Tally
from bench.server import fast_stripe, tally
from bench.workspace import EXPORTS, IMPORT, KEY, make_csv, make_project

Job = Literal["read", "write"]
_ENVIRON = {"STRIPE_API_KEY": KEY}
_SDK_RECORDS = 1000
"""More than that only takes longer: the SDK's cost per record stays the same."""


class WrongResultError(Exception):
    """A run did not do what it said: its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`run` does the job on a number of records. The `floor` of a job is what the others are
    compared with; `starts_as` names another scenario that starts just the same."""

    name: str
    title: str
    job: Job
    records: int
    run: Callable[[int], Usage]
    floor: bool = False
    starts_as: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """How much is measured, and `latency` in milliseconds."""

    records: int
    writes: int
    latency: float

    def scenarios(self) -> list[Scenario]:
        """All of them; the official SDK's only where it is installed."""
        read, write = self.records, self.writes
        found = [
            Scenario("parse_write", "parse and write only", "read", read, self.parse_write),
            Scenario("plain_list", "aiohttp + orjson", "read", read, self.plain_list, floor=True),
            self._export("export", "export: agent, to JSON Lines", "export customers"),
            self._export("export_mapped", "the same, mapped by 12 lines", "export mapped"),
            self._export("export_csv", "the same, to CSV", "export csv"),
            self._export("export_parquet", "the same, to Parquet", "export parquet"),
            Scenario("python_list", "Stripe(...).list", "read", read, self.python_list),
            Scenario("plain_create", "aiohttp", "write", write, self.plain_create, floor=True),
            Scenario("import", "import: agent, with ledger", "write", write, self.import_all),
            Scenario(
                "import_drop",
                "the same, 2 % resets",
                "write",
                write,
                self.import_drop,
                starts_as="import",
            ),
        ]
        if find_spec("stripe") is not None:
            few = min(read, _SDK_RECORDS)
            found.insert(7, Scenario("sdk_list", "official SDK, list", "read", few, self.sdk_list))
            few = min(write, _SDK_RECORDS)
            found.append(
                Scenario("sdk_create", "official SDK, in turn", "write", few, self.sdk_create)
            )
        return found

    def parse_write(self, records: int) -> Usage:
        with _folder() as folder:
            file = folder / "customers.jsonl"
            used = _program("parse_write", str(records), str(file))
            _expect("lines", _lines(file), records)
            return used

    def plain_list(self, records: int) -> Usage:
        with _folder() as folder, fast_stripe(records, latency=self.latency) as address:
            file = folder / "customers.jsonl"
            used = _program("plain_list", address, str(file))
            _expect("lines", _lines(file), records)
            return used

    def _export(self, name: str, title: str, operation: str) -> Scenario:
        def run(records: int) -> Usage:
            with _folder() as folder, fast_stripe(records, latency=self.latency) as address:
                used = _connector(make_project(folder, address), operation, records)
                _expect("rows", _rows(folder / EXPORTS[operation]), records)
                return used

        return Scenario(name, title, "read", self.records, run)

    def python_list(self, records: int) -> Usage:
        return self._counted("python_list", records)

    def sdk_list(self, records: int) -> Usage:
        return self._counted("sdk_list", records)

    def _counted(self, program: str, records: int) -> Usage:
        with fast_stripe(records, latency=self.latency) as address:
            used = _program(program, address)
            _expect("customers", int(used.output), records)
            return used

    def plain_create(self, records: int) -> Usage:
        return self._created("plain_create", records)

    def sdk_create(self, records: int) -> Usage:
        return self._created("sdk_create", records)

    def _created(self, program: str, records: int) -> Usage:
        with _folder() as folder, fast_stripe(latency=self.latency) as address:
            used = _program(program, address, str(make_csv(folder / "customers.csv", records)))
            _check(tally(address), records)
            return used

    def import_all(self, records: int) -> Usage:
        return self._import(records, 0.0)

    def import_drop(self, records: int) -> Usage:
        return self._import(records, 0.02)

    def _import(self, records: int, drop: float) -> Usage:
        with _folder() as folder, fast_stripe(latency=self.latency, drop=drop) as address:
            make_csv(folder / "former.csv", records)
            used = _connector(make_project(folder, address), IMPORT, records)
            seen = tally(address)
            _check(seen, records)
            _expect("resets", seen.resets, int(records * drop))
            return used


def _program(name: str, *arguments: str) -> Usage:
    return run([sys.executable, "-m", f"bench.programs.{name}", *arguments], _ENVIRON)


def _connector(project: Path, operation: str, records: int) -> Usage:
    command = str(Path(sys.executable).with_name("connector"))
    used = run([command, "run", operation, "--project", str(project), "--json"], _ENVIRON)
    end = json.loads(used.output.splitlines()[-1])
    _expect("written", end["written"], records)
    return used


def _check(seen: Tally, records: int) -> None:
    _expect("lost", records - seen.identities, 0)
    _expect("doubled", seen.doubled, 0)
    _expect("created", seen.created, records)


def _expect(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise WrongResultError(f"{what}: {found:,} instead of {wanted:,}")


def _rows(file: Path) -> int:
    """The records of a file that was written."""
    if file.suffix == ".parquet":
        from pyarrow import parquet

        return int(parquet.read_metadata(file).num_rows)
    return _lines(file) - (file.suffix == ".csv")


def _lines(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for _ in lines)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="connector-bench-") as name:
        yield Path(name)
