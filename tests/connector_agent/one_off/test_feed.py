"""A blocking iterator beside the event loop."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from connector_agent.one_off.requests import AHEAD, Feed


async def test_everything_comes_in_order() -> None:
    assert [each async for each in Feed(iter(range(3 * AHEAD))).all()] == list(range(3 * AHEAD))


async def test_no_more_is_taken_than_there_is_room_for() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(10 * AHEAD):
            taken.append(number)
            yield number

    feed = Feed(items())
    async for each in feed.all():
        assert len(taken) <= AHEAD + each + 3
        if each == 50:
            feed.stop()


async def test_errors_come_through() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    feed = Feed(items()).all()
    assert await anext(feed) == 1
    with pytest.raises(ValueError, match="broken"):
        await anext(feed)


async def test_stop_ends_a_wait() -> None:
    release = threading.Event()

    def stuck() -> Iterator[int]:
        release.wait(30)
        yield 1

    feed = Feed(stuck())

    async def collect() -> list[int]:
        return [each async for each in feed.all()]

    waiting = asyncio.create_task(collect())
    await asyncio.sleep(0)
    feed.stop()
    assert await waiting == []
    release.set()
