"""The loop's time is simulated, and a dead process has no effect."""

import asyncio
import gc

import pytest

from tests.simulation.loop import StuckError, VirtualLoop
from tests.simulation.world import World


def test_time_passes_only_while_all_wait() -> None:
    world = World("loop")
    loop = VirtualLoop(world, "life", None)
    loop.run_until_complete(asyncio.sleep(86_400.0))
    assert world.now == pytest.approx(86_400.0)
    loop.close()


def test_events_of_the_world_come_between() -> None:
    world, seen = World("loop"), list[float]()
    world.after(5.0, lambda: seen.append(world.now))
    loop = VirtualLoop(world, "life", None)
    loop.run_until_complete(asyncio.sleep(10.0))
    assert seen == [5.0]
    loop.close()


def test_waiting_for_ever_is_noticed() -> None:
    loop = VirtualLoop(World("loop"), "life", None)
    task = loop.create_task(asyncio.Event().wait())
    with pytest.raises(StuckError):
        loop.run_until_complete(task)
    loop.bury()
    loop.close()


@pytest.mark.parametrize(("fatal", "done"), [(0, []), (1, ["first"]), (2, ["first"])])
def test_a_dead_process_does_nothing_more(fatal: int, done: list[str]) -> None:
    loop, made = VirtualLoop(World("loop"), "life", fatal), list[str]()

    async def work() -> None:
        try:
            await loop.run_in_executor(None, made.append, "first")
            await loop.run_in_executor(None, made.append, "second")
        finally:
            await loop.run_in_executor(None, made.append, "last words")

    task = loop.create_task(work())
    loop.run_forever()
    loop.bury()
    loop.close()
    assert loop.dead
    assert not task.done()
    assert made == done


def test_what_a_dead_process_begins_at_its_end_is_dropped() -> None:
    loop, made = VirtualLoop(World("loop"), "life", None), list[str]()

    async def last_words() -> None:
        made.append("last words")

    async def work() -> None:
        try:
            await asyncio.sleep(60.0)
        finally:
            await asyncio.shield(last_words())

    loop.create_task(work())
    loop.call_later(1.0, loop.die)
    loop.run_forever()
    loop.bury()
    loop.close()
    gc.collect()
    assert made == []
