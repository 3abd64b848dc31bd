"""What comes of the measurements of one scenario."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from bench.child import Usage
from bench.scenarios import Job, Scenario

FEW = 1
"""Records of the runs that show what a program takes before its first record."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One scenario, each figure the least of its runs: what disturbs a run only adds.

    `start` is what a run of one record takes, in seconds, `peak` MB of the whole run;
    `per_second` and `cpu` (milliseconds for 1,000 records, user and system) are without the
    start. None where the difference is lost in the noise.
    """

    name: str
    title: str
    job: Job
    records: int
    per_second: float | None
    cpu: float | None
    start: float
    peak: float


class Meter:
    """Measures scenarios, each `repeat` times; `tell` hears what is going on."""

    def __init__(self, repeat: int, tell: Callable[[str], None]) -> None:
        self._repeat = repeat
        self._tell = tell
        self._starts: dict[str, list[Usage]] = {}

    def measure(self, scenario: Scenario) -> Figures:
        """Runs the scenario; before it with one record only, unless its start is known."""
        few = self._starts.get(scenario.starts_as) or self._runs(scenario, FEW)
        self._starts[scenario.name] = few
        whole = self._runs(scenario, scenario.records)
        more = scenario.records - FEW
        wall = min(used.wall for used in whole) - min(used.wall for used in few)
        cpu = min(used.cpu for used in whole) - min(used.cpu for used in few)
        return Figures(
            scenario.name,
            scenario.title,
            scenario.job,
            scenario.records,
            per_second=more / wall if wall > 0 else None,
            cpu=1_000_000 * cpu / more if cpu > 0 else None,
            start=min(used.wall for used in few),
            peak=min(used.peak for used in whole),
        )

    def _runs(self, scenario: Scenario, records: int) -> list[Usage]:
        runs = []
        for turn in range(1, self._repeat + 1):
            self._tell(f"{scenario.name}: {records:,} records ({turn}/{self._repeat})")
            runs.append(scenario.run(records))
        return runs


def ratios(found: Sequence[Figures], floors: Mapping[Job, str]) -> dict[str, float]:
    """By name of the scenario: its CPU time for a record, the floor of its job being 1."""
    cpu = {each.name: each.cpu for each in found}
    made: dict[str, float] = {}
    for each in found:
        floor = cpu.get(floors[each.job])
        if each.cpu and floor:
            made[each.name] = each.cpu / floor
    return made


def as_json(found: Sequence[Figures], compared: Mapping[str, float]) -> list[dict[str, object]]:
    """The figures for a file."""
    return [{**asdict(each), "ratio": compared.get(each.name)} for each in found]


def table(found: Sequence[Figures], compared: Mapping[str, float]) -> str:
    """The figures for a person."""
    rows: list[tuple[str, ...]] = [
        ("", "records", "records/s", "CPU ms/1,000", "of floor", "start s", "peak MB")
    ]
    job = ""
    for each in found:
        if each.job != job:
            job = each.job
            rows.append((f"{job}:", *[""] * 6))
        rows.append(
            (
                f"  {each.title}",
                f"{each.records:,}",
                _number(each.per_second, ",.0f"),
                _number(each.cpu, ",.1f"),
                _number(compared.get(each.name), ".1f"),
                f"{each.start:.2f}",
                f"{each.peak:.0f}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in rows
    )


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
