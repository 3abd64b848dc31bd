"""Whatever befalls a run, and however often: nothing is lost, nothing is there twice."""

import asyncio
import json
import random
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from connector_agent.project.operation import Options
from connector_agent.runs.keyed import KeyedExecution
from connector_sdk import Call, CredentialError, Outcome, Problem, UnreachableError
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.runs.memory import KeyedTarget, ListSource, Workshop

FATES = ("written", "refused", "lost before", "lost after", "stored failure", "key", "net", "die")


class World(KeyedTarget):
    """A target that forgets no key, and in which calls meet fates drawn by chance."""

    def __init__(self, chance: random.Random, weights: list[int]) -> None:
        super().__init__()
        self.chance = chance
        self.weights = weights
        self.failures: set[str] = set()
        self.made: dict[str, str] = {}
        self.answer = self.meet
        self.settles = self.look

    def meet(self, call: Call) -> Outcome | None:
        if call.key in self.failures:
            return _unknown(call, "replayed_failure")
        if call.key in self.objects:
            return None
        fate = self.chance.choices(FATES, self.weights)[0]
        match fate:
            case "refused":
                return Outcome(call.seq, call.step, "refused", problem=Problem("no", "No."))
            case "lost before":
                return _unknown(call, "no_answer")
            case "lost after":
                self.do(call)
                return _unknown(call, "no_answer")
            case "stored failure":
                self.failures.add(call.key)
                if self.chance.random() < 0.5:
                    self.do(call)
                return _unknown(call, "replayed_failure")
            case "key":
                raise CredentialError(Problem("invalid_api_key", "No."))
            case "net":
                raise UnreachableError(Problem("gone", "Gone."))
            case "die":
                if self.chance.random() < 0.5:
                    self.do(call)
                raise KeyboardInterrupt
        self.do(call)
        return None

    def do(self, call: Call) -> None:
        self.objects[call.key] = call.body.json

    def look(self, call: Call) -> Outcome | None:
        if call.key in self.objects:
            return Outcome(call.seq, call.step, "written", f"obj_{call.key[-8:]}")
        return None


def _unknown(call: Call, code: str) -> Outcome:
    return Outcome(call.seq, call.step, "unknown", problem=Problem(code, "Lost."))


def execute(workshop: Workshop, run_id: str, source: ListSource, world: World) -> bool:
    async def go() -> bool:
        run = await workshop.run(run_id)
        parts = await workshop.parts(run, source, world, Options())
        return await KeyedExecution(parts).run()

    try:
        return asyncio.run(go())
    except (CredentialError, UnreachableError, KeyboardInterrupt):
        return False


@pytest.mark.timeout(3600)
@given(
    seed=st.integers(0, 2**32),
    weights=st.lists(st.integers(0, 3), min_size=7, max_size=7),
    records=st.integers(0, 40),
    page=st.integers(1, 15),
)
def test_nothing_is_lost_or_doubled(seed: int, weights: list[int], records: int, page: int) -> None:
    chance = random.Random(seed)
    rows: list[dict[str, object]] = [{"id": f"C{n}"} for n in range(records)]
    world = World(chance, [6, *weights])
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder))
        try:
            for _ in range(3):  # runs, each continued until it has come to its end
                run = asyncio.run(workshop.new())
                for _ in range(500):
                    if execute(workshop, run.id, ListSource(rows, page), world):
                        break
                else:
                    raise AssertionError("the run never ends")
                counts = asyncio.run(workshop.run(run.id)).counts
                assert counts.read == records == counts.settled
            world.weights = [1, 0, 0, 0, 0, 0, 0, 0]
            last = asyncio.run(workshop.new())
            assert execute(workshop, last.id, ListSource(rows, page), world)
            assert asyncio.run(workshop.run(last.id)).counts.problems == 0
        finally:
            workshop.database.close()
    there = Counter(json.loads(body)["id"] for body in world.objects.values())
    assert there == Counter(f"C{n}" for n in range(records))
