"""One seed: a project, its faults, and lives of processes until everything is settled."""

import gc
import random
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from connector_agent.project import STATE
from connector_agent.store import Database

from tests.simulation.network import Network
from tests.simulation.oracle import Oracle
from tests.simulation.process import Computer, End, Life, draw_life
from tests.simulation.scenario import Scenario, draw_scenario
from tests.simulation.stripe import Stripe
from tests.simulation.weather import CALM, SKEWS, draw_weather
from tests.simulation.world import World

MEMORY = Path("/dev/shm")
"""A file system in memory, where there is one."""

PAUSES = (1.0, 60.0, 700.0, 7_200.0, 68_400.0, 75_600.0, 87_000.0, 300_000.0)
"""Seconds between two processes: from at once to beyond the life of keys."""

LIVES = 12
"""Processes that a run may take while there are faults."""


class Verdict(NamedTuple):
    """What came of a seed. `faults` are broken promises, in words."""

    seed: str
    about: str
    faults: list[str]
    trace: list[str]
    fingerprint: str


def simulate(seed: str, weather: str = "") -> Verdict:
    """Plays a seed to its end. `weather` is the name of one, in place of the drawn one."""
    folder = Path(tempfile.mkdtemp(prefix="simulation-", dir=MEMORY if MEMORY.is_dir() else None))
    gc.disable()  # what it finds, and when, must not depend on the seeds before; and it is slow
    try:
        return _Play(seed, weather, folder).play()
    finally:
        gc.enable()
        shutil.rmtree(folder, ignore_errors=True)


class _Play:
    def __init__(self, seed: str, weather: str, folder: Path) -> None:
        self.world = World(seed)
        self.chance = self.world.chance("plan")
        self.name, self.weather = draw_weather(self.chance, weather)
        self.stripe = Stripe(self.world)
        self.scenario: Scenario = draw_scenario(
            self.world.chance("scenario"), self.stripe, large=self.name == "outage"
        )
        self.network = Network(self.world, self.stripe, self.weather)
        self.folder = folder
        self.computer = Computer(self.world, self.network, folder)
        self.oracle = Oracle(self.scenario, self.stripe, folder / STATE / "ledger.db")
        self.faults: list[str] = []

    def play(self) -> Verdict:
        about = f"{self.name}; {self.scenario.kind.name}, {len(self.scenario.rows)} rows"
        self.world.note(f"SEED   {self.world.seed}: {about}")
        self.scenario.write(self.folder)
        (self.folder / STATE).mkdir()
        (self.folder / STATE / "ledger.db").write_bytes(_empty_ledger())
        with self.computer.on():
            for number in range(self.chance.choice((1, 1, 2, 3))):
                self._faulty_run(number)
            self._clean_runs()
        for fault in (*self.faults, *self.oracle.faults):
            self.world.note(f"FAULT  {fault}")
        faults = [*self.faults, *self.oracle.faults]
        return Verdict(self.world.seed, about, faults, self.world.trace, self.world.fingerprint())

    def _faulty_run(self, number: int) -> None:
        if number and self.chance.random() < 0.2:
            # What is under way comes to its end first. A record whose fate is open should not be
            # changed at all (docs/writes.md), but who knows?
            self.world.advance(self.world.now + 600.0)
            self._edit()
        for attempt in range(LIVES):
            chance = self.world.chance("life", number, attempt)
            self.world.skew = self._clock(chance) or 0.0
            life = draw_life(
                f"run {number + 1}, process {attempt + 1}",
                chance,
                self.weather.crash,
                self.weather.stop,
                lambda chance=chance: self._clock(chance),  # type: ignore[misc]
            )
            end = self._live(life)
            self._pause(chance)
            if end.how == "finished":
                return

    def _clean_runs(self) -> None:
        """Every fault ends, the clock is set right, and what is left is done."""
        self.network.weather = CALM
        self.world.skew = 0.0
        left = len(self.scenario.rows)
        self.world.advance(self.world.now + self.chance.choice((600.0, 3_600.0, 90_000.0)))
        for number in range(5):
            end = self._live(Life(f"clean run {number + 1}"))
            if end.how != "finished" or end.run is None:
                self.faults.append(f"A clean run ended as {end.how}.")
                return
            counts = end.run.counts
            self.world.advance(self.world.now + 60.0)
            left, before = counts.failed + counts.unknown + counts.refused, left
            if left == before or (not left and (number or self.chance.random() < 0.7)):
                break
        self.oracle.settled(unknown_allowed=self._unknown_allowed())

    def _unknown_allowed(self) -> bool:
        """Whether there are records of which no look can be sure."""
        kind, weather = self.scenario.kind, self.weather
        return not (kind.verb == "create" and kind.marked) or bool(
            weather.clock and weather.undated
        )

    def _live(self, life: Life) -> End:
        begun = self.world.now
        end = self.computer.run(life)
        self.faults += end.faults
        outages = self.network.weather.outages
        out = any(each.begin < self.world.now and begun < each.end for each in outages)
        self.oracle.look(out=out)
        if end.how == "finished" and end.run is not None:
            self.oracle.finished(end.run.id)
        return end

    def _clock(self, chance: random.Random) -> float | None:
        return chance.choice(SKEWS) if chance.random() < self.weather.clock else None

    def _pause(self, chance: random.Random) -> None:
        seconds = chance.choice(PAUSES) if chance.random() < self.weather.pause else 5.0
        self.world.advance(self.world.now + seconds)
        if chance.random() < 0.2:
            self.world.booted = self.world.now - 30.0  # the machine was started anew

    def _edit(self) -> None:
        identity = self.scenario.edit(self.chance)
        if identity:
            self.world.note(f"EDIT   {identity}")
            self.scenario.write_rows(self.folder)


@cache
def _empty_ledger() -> bytes:
    """A ledger without runs, made once for each process of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        database = Database(path)
        database.call_now(lambda connection: None)
        database.close()
        return path.read_bytes()
