"""Stripe's clock, from the Date headers of its answers."""

import contextlib
from email.utils import formatdate

import pytest
from connector_sdk import RefusedError
from stripe_connector.client import Clock, clock

from tests.stripe_connector.client.calling import OK, scripted, send
from tests.stripe_connector.client.loopback import Reply


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds = [1000.0]
    monkeypatch.setattr(clock, "steady", lambda: seconds[0])
    return seconds


def date(moment: float) -> str:
    return formatdate(moment, usegmt=True)


def test_it_is_unknown_before_the_first_answer(steady: list[float]) -> None:
    stripes = Clock()
    for nothing in ("", "yesterday", "Wed, 99 Foo 2020", "Wed, 01 Jan 2020 00:00:00 -0000"):
        stripes.observe(nothing)
        assert stripes.now() is None


def test_it_goes_on_by_a_clock_that_is_never_set(steady: list[float]) -> None:
    stripes = Clock()
    stripes.observe(date(2_000_000_000))
    steady[0] += 90_000
    assert stripes.now() == 2_000_090_000


def test_it_never_runs_backwards_between_answers(steady: list[float]) -> None:
    stripes = Clock()
    last = 0.0
    for tenth in range(50):
        steady[0] = 1000 + tenth / 10
        # A header without fractions, which travelled for a while.
        stripes.observe(date(int(2_000_000_000 + tenth / 10 - 0.3 * (tenth % 3))))
        now = stripes.now()
        assert now is not None
        assert now >= last
        assert abs(now - (2_000_000_000 + tenth / 10)) <= 1.3
        last = now


def test_a_real_step_is_followed(steady: list[float]) -> None:
    stripes = Clock()
    stripes.observe(date(2_000_000_000))
    for moment in (2_000_003_600, 1_999_990_000):
        stripes.observe(date(moment))
        assert stripes.now() == moment


async def test_every_answer_tells_the_time() -> None:
    headers = {"Date": date(1_900_000_000)}
    for reply in (
        Reply(200, OK.body, headers),
        Reply(400, b'{"error":{"type":"invalid_request_error","message":"No."}}', headers),
    ):
        async with scripted(reply) as (client, _):
            with contextlib.suppress(RefusedError):
                await send(client, "customers.retrieve", customer="cus_1")
            now = client.clock.now()
            assert now is not None
            assert abs(now - 1_900_000_000) < 60
