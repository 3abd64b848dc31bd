"""Real processes, killed with -9 at the three places where a call can hang between worlds."""

import asyncio
import random
import signal
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from stripe_connector.sandbox import Sandbox
from stripe_connector.sandbox.request import Fault, SandboxRequest

from tests.end_to_end.crash_project import CREATE, KEY, csv_of, customers, write_project
from tests.warm import Call

VICTIM = Path(__file__).with_name("victim.py")


class Killer:
    """Runs victims against a sandbox, and kills them at a number of requests or outcomes."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.process: Call | None = None
        self.replays = 0
        self.ended = asyncio.Event()
        self._left = 0
        sandbox.on_answer = self._on_answer

    async def _on_answer(self, request: SandboxRequest) -> Fault | None:
        if f"{request.method} {request.template}" != CREATE or not self._left:
            return None
        self._left -= 1
        if self._left == 0 and self.process is not None:
            self.process.kill()  # applied, and never answered
            await self.ended.wait()
        return None

    async def run(self, place: str, number: int, *arguments: str) -> tuple[int, dict[str, object]]:
        """The exit status and the last JSON line."""
        self._left = number if place == "applied" else 0
        self.ended = asyncio.Event()
        self.process = await asyncio.to_thread(
            partial(Call, program=VICTIM, environ={"STRIPE_API_KEY": KEY, "PATH": ""}),
            self.folder,
            place,
            str(number),
            *(arguments or ("run", "import")),
            "--json",
        )
        said = await asyncio.to_thread(self.process.wait)
        self.ended.set()
        assert said.status in (0, 3, -signal.SIGKILL), said
        return said.status, said.end if said.out else {}


async def killed(folder: Path, records: int, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    async with Sandbox(seed=seed) as sandbox:
        source = write_project(folder, sandbox.address, records)
        killer = Killer(folder, sandbox)
        step = records // (kills + 2)
        deaths = Counter[str]()
        for kill in range(kills):
            place = ("applied", "answered", "settled")[kill % 3]
            status, end = await killer.run(place, chance.randint(max(step // 2, 1), step))
            assert status == -signal.SIGKILL, (place, end)
            deaths[place] += 1
            if kill == kills // 2:
                # What was intended stays as it was; what was not read yet is read as it is.
                source.write_text(csv_of(records, " edited"))
        status, end = await killer.run("none", 0)
        assert status == 0, end
        assert (end["read"], end["written"], end["pending"]) == (records, records, 0)
        assert end["status"] == "finished"
        made = await customers(sandbox.address)
        seen = Counter(one["metadata"]["crm_id"] for one in made)
        assert sum(seen.values()) == records, "lost or doubled"
        assert set(seen.values()) == {1}
        assert set(seen) == {f"C{n}" for n in range(1, records + 1)}
        assert all(count > 0 for count in deaths.values())
        replays = sandbox.requests[CREATE] - len(made)
        assert replays > 0
        assert end["replayed"] > 0  # type: ignore[operator]
        edited = sum(" edited" in str(one["name"]) for one in made)
        assert 0 < edited < records
        status, end = await killer.run("none", 0)
        assert (status, end["skipped"], end["written"]) == (0, records, 0)
        assert len(await customers(sandbox.address)) == records


@pytest.mark.timeout(300)
async def test_killed_twenty_times_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    await killed(tmp_path, records=5000, kills=20, seed=1)


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(2, 12))
async def test_killed_again_and_again(tmp_path: Path, seed: int) -> None:
    await killed(tmp_path, records=5000, kills=20, seed=seed)
