"""The process under test: the product's own Runner, in simulated time, until it ends or dies."""

import functools
import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from connector_agent.connectors import registry
from connector_agent.project import reader
from connector_agent.runs.run import Progress, Run
from connector_agent.runs.runner import Runner
from connector_agent.store import database
from connector_sdk import ConnectorError
from stripe_connector.client import client
from stripe_connector.client.decision import Retry
from stripe_connector.client.settings import Settings

from tests.simulation.disk import Disk, Inline
from tests.simulation.loop import StuckError, VirtualLoop
from tests.simulation.network import Network, Transport
from tests.simulation.world import World

KEY = "sk_test_simulation"

_disk = Disk()
_installed = functools.cache(registry.installed)
_parse = functools.lru_cache(200)(reader.parse)


@dataclass(slots=True)
class Life:
    """How one process is going to end, if not by itself: at the `fatal`th point at which it can
    be cut off, or `killed` seconds after its start; `stop` is when a person presses Ctrl-C, and
    `jumps` are moments at which the local clock is set, and to how far ahead."""

    name: str
    fatal: int | None = None
    killed: float | None = None
    stop: float | None = None
    jumps: tuple[tuple[float, float], ...] = ()


@dataclass(slots=True)
class End:
    """How it ended: "finished", "interrupted", "stopped", "error", "killed", and what should
    not have happened."""

    how: str
    run: Run | None
    faults: list[str]


class Computer:
    """The machine on which the processes live: a folder, a clock, and a way to Stripe."""

    def __init__(self, world: World, network: Network, folder: Path) -> None:
        self.world = world
        self.network = network
        self.folder = folder
        self._loop: VirtualLoop | None = None
        self._tokens = world.chance("tokens")
        self._retry = world.chance("retry")

    @contextmanager
    def on(self) -> Iterator[None]:
        """The machine's clocks, chance and network in the place of the real ones; what never
        changes between two processes is read only once."""
        world = self.world
        with ExitStack() as stack:
            for owner, name, value in (
                (time, "time", world.local),
                (time, "monotonic", world.steady),
                (time, "clock_gettime", lambda clock: world.steady()),
                (secrets, "token_hex", lambda size: self._tokens.randbytes(size or 32).hex()),
                (client, "over_http", self._transport),
                (client, "Retry", functools.partial(Retry, random=self._retry)),
                (database, "create_engine", _disk.engine),
                (database, "ThreadPoolExecutor", Inline),
                (registry, "installed", _installed),
                (reader, "parse", _parse),
            ):
                stack.enter_context(patch.object(owner, name, value))
            yield

    def _transport(self, settings: Settings) -> Transport:
        assert self._loop is not None
        return Transport(self.network, self._loop, settings)

    def run(self, life: Life) -> End:
        """One process: `connector run import`, which goes on with an unfinished run."""
        world = self.world
        loop = self._loop = VirtualLoop(world, life.name, life.fatal)
        runner = Runner(self.folder, {"STRIPE_API_KEY": KEY})
        world.note(f"START  {life.name}, local clock {world.skew:+.0f} s")
        for at, skew in life.jumps:
            world.after(at, lambda skew=skew: self._set_clock(skew))  # type: ignore[misc]
        if life.killed is not None:
            world.after(life.killed, lambda: self._kill(loop))

        def watch(progress: Progress) -> None:
            if life.stop is not None:
                world.after(life.stop, lambda: self._stop(loop, progress.stop))

        faults: list[str] = []
        how, run = "killed", None
        task = loop.create_task(runner.run("import", None, watch))
        task.add_done_callback(lambda done: loop.stop())
        try:
            loop.run_forever()
            if not loop.dead:
                how, run = _result(task, faults, world)
        except StuckError:
            faults.append("The process waits for ever.")
            loop.dead = True
        faults += loop.faults
        loop.bury()
        loop.close()
        self._loop = None
        runner.close()
        world.note(f"END    {how}{f': {run.counts}' if run is not None else ''}")
        return End(how, run, faults)

    def _kill(self, loop: VirtualLoop) -> None:
        if self._loop is loop:
            loop.die("at a moment")

    def _set_clock(self, skew: float) -> None:
        self.world.skew = skew
        self.world.note(f"CLOCK  local clock set, {skew:+.0f} s")

    def _stop(self, loop: VirtualLoop, stop: Callable[[], None]) -> None:
        if self._loop is loop and not loop.dead:
            self.world.note("CTRL-C")
            stop()


def _result(task: Any, faults: list[str], world: World) -> tuple[str, Run | None]:
    try:
        run: Run = task.result()
    except ConnectorError as error:
        world.note(f"ERROR  {type(error).__name__}: {error}")
        return "error", None
    except BaseException as error:
        faults.append(f"The process ended with {error!r}.")
        return "error", None
    if run.problem is not None:
        world.note(f"STOPPED  {run.problem.text()}")
    return run.status, run


def draw_life(
    name: str, chance: random.Random, crash: float, stop: float, clock: Callable[[], float | None]
) -> Life:
    """A life as chance has it."""
    life = Life(name)
    if chance.random() < crash:
        if chance.random() < 0.7:
            life.fatal = int(chance.expovariate(1 / 30))
        else:
            life.killed = chance.expovariate(1 / 5.0)
    if chance.random() < stop:
        life.stop = chance.expovariate(1 / 3.0)
    skew = clock()
    if skew is not None and chance.random() < 0.5:
        life.jumps = ((chance.expovariate(1 / 5.0), skew),)
    return life
