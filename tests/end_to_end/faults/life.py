"""One life of an operation: processes that are killed, stopped and started again under wrong
clocks and bad weather, until the weather gets better and everything has to be right."""

import asyncio
import json
import random
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from tests.end_to_end.faults.stripe import KEY, FaultyStripe
from tests.end_to_end.faults.weather import Weather
from tests.end_to_end.faults.work import OPERATION, WORK, Work
from tests.skew import skewed

VICTIM = Path(__file__).with_name("victim.py")
PATIENCE = 2.0
HOUR = 3600.0
SKEWS = (0.0, 660.0, 660.0, -25 * HOUR, 25 * HOUR)
"""By how many seconds a process's clock is wrong."""
JUMPS = (0.0, 0.0, 0.0, 21 * HOUR, 25 * HOUR)
"""How much later, by Stripe's clock, the next process starts: keys are near their end, or gone."""
ENDED = {0, 1, 3, 130, -signal.SIGKILL, -signal.SIGINT}
OUTCOMES = ("written", "skipped", "refused", "failed", "unknown")
RUNS_TO_THE_END = 8
SECOND_STOP = 3
"""How many more events it takes until the second Ctrl-C."""
COMMANDS = (("run", OPERATION),) * 4 + (("resume", "last"), ("retry", "last"))
FAILURES = 15
"""In a row, until an outage should be noticed, and a few more."""
SHOWN = 2000
"""Characters of what a process said that are told."""


class Death(NamedTuple):
    """How a process ends: by what, `delay` seconds after so many of these events at Stripe."""

    how: str
    event: str
    after: int
    delay: float

    def __str__(self) -> str:
        return f"{self.how} after {self.after} {self.event}, {self.delay:g} s"


class Life:
    """The life that a seed gives to `records` records. `told` is what happened, for whoever has
    to find out what went wrong."""

    def __init__(self, folder: Path, seed: int, records: int, deaths: int) -> None:
        self.told: list[str] = []
        self._folder = folder
        self._records = records
        self._chance = random.Random(f"life {seed}")
        self._deaths = deaths
        self._in_flight = self._chance.choice((1, 4, 32))
        kind = WORK[seed % len(WORK)]
        self._work: Work = kind(records)
        self._stripe = FaultyStripe(seed, Weather(seed), PATIENCE)
        self._stripe.on_event = self._on_event
        self._death: Death | None = None
        self._left = 0
        self._process: asyncio.subprocess.Process | None = None

    async def live(self) -> None:
        chance, stripe = self._chance, self._stripe
        async with stripe:
            self._work.write_project(self._folder, stripe, self._in_flight)
            self._tell(
                f"{type(self._work).__name__}, {stripe.weather.share:.0%} of the writes meet a "
                f"fault, {self._in_flight} in flight"
            )
            for number in range(self._deaths):
                command = chance.choice(COMMANDS) if number else COMMANDS[0]
                await self._run(command, self._draw_death(), chance.choice(SKEWS))
                await stripe.settled()
                stripe.ahead += chance.choice(JUMPS)
                stripe.outage = False
            stripe.weather.calm = True
            await self._come_to_an_end(chance.choice(SKEWS))
            self._tell(f"met {dict(stripe.met)}")
            self._check_truth()

    async def _come_to_an_end(self, skew: float) -> None:
        """The weather is good: what was begun ends, and another run mends what is left."""
        end: dict[str, Any] = {}
        for _ in range(RUNS_TO_THE_END):
            end = await self._run(COMMANDS[0], None, skew)
            assert end["pending"] == 0, end
            if end["written"] + end["skipped"] == end["read"] == self._records:
                return
        raise AssertionError(f"lost: runs in good weather leave {end}")

    def _draw_death(self) -> Death:
        chance = self._chance
        how = chance.choice(("kill", "kill", "kill", "stop", "stop twice", "outage", "live on"))
        event = chance.choice(("write", "done", "done", "read"))
        most = max(1, self._records // (self._deaths + 1))
        after = chance.randint(1, most if event != "read" else max(1, most // 10))
        return Death(how, event, after, chance.choice((0.0, 0.0, 0.02, 0.1)))

    async def _on_event(self, what: str) -> None:
        death = self._death
        if death is None or what != death.event:
            return
        self._left -= 1
        if self._left == -SECOND_STOP and death.how == "stop twice":
            self._signal(signal.SIGINT)
        if self._left != 0:
            return
        await asyncio.sleep(death.delay)
        match death.how:
            case "kill":
                self._signal(signal.SIGKILL)
                if self._process is not None:
                    await self._process.wait()
            case "stop" | "stop twice":
                self._signal(signal.SIGINT)
            case "outage":
                self._stripe.outage = True

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def _run(
        self, command: tuple[str, ...], death: Death | None, skew: float
    ) -> dict[str, Any]:
        """The last JSON line of a process, {} where it was killed."""
        self._death, self._left = death, death.after if death else 0
        environ = {
            "STRIPE_API_KEY": KEY,
            "PATH": "",
            "_TYPER_STANDARD_TRACEBACK": "1",
            **(skewed(skew) if skew else {}),
        }
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            VICTIM,
            *command,
            "--project",
            str(self._folder),
            "--json",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environ,
        )
        out, err = await self._process.communicate()
        status = self._process.returncode
        lines = [json.loads(line) for line in out.splitlines() if line.endswith(b"}")]
        end = lines[-1] if lines and lines[-1].get("event") == "end" else {}
        told = {name: end[name] for name in ("status", "read", *OUTCOMES, "pending") if name in end}
        why = (end.get("problem") or {}).get("code", "")
        self._tell(
            f"{' '.join(command)}, {death or 'no fault'}, clock {skew:+.0f} s, Stripe's "
            f"{self._stripe.ahead:+.0f} s: status {status} {told} {why}"
        )
        if not end:
            self._tell((out + err).decode()[-SHOWN:])
        assert status in ENDED, err.decode()
        assert b"Traceback" not in err, err.decode()
        if end:
            assert end["read"] == sum(end[name] for name in (*OUTCOMES, "pending")), end
            if self._stripe.outage:
                # What was in flight may fail along with a last success, and some fail alone.
                most = FAILURES + self._in_flight + 0.1 * self._records
                assert end["failed"] + end["unknown"] < most, f"the outage was not noticed: {end}"
        return end

    def _check_truth(self) -> None:
        """Nothing is lost, nothing is there twice, and the ledger knows which is which."""
        there = self._work.truth(self._stripe)
        assert len(there) == self._records, f"lost: {self._records - len(there)} are not there"
        with closing(sqlite3.connect(self._folder / ".connector" / "ledger.db")) as ledger:
            known = dict(ledger.execute("SELECT identity, object FROM identities").fetchall())
        names = {name: json.loads(name)[0] if name.startswith("[") else name for name in known}
        wrong = {names[name]: its for name, its in known.items() if there.get(names[name]) != its}
        assert not wrong, f"the ledger takes others for them: {wrong}"

    def _tell(self, text: str) -> None:
        self.told.append(text)
