"""The faulty Stripe is honest about keys, and its weather is what it says: or the runs under
faults would prove nothing."""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.end_to_end.faults import weather as w
from tests.end_to_end.faults.stripe import KEY, KEY_HORIZON, FaultyStripe
from tests.end_to_end.faults.test_faults import RECORDS, SEEDS
from tests.end_to_end.faults.weather import Denial, Weather

_ID = re.compile(r'{"id":"(cus_\w+)"')


class Forecast(Weather):
    """Weather that a test sets: the fates of the next writes, in their order."""

    def __init__(self, *fates: str, denial: Denial | None = None) -> None:
        super().__init__(1)
        self.fates = list(fates)
        self.turned_away = denial

    def write(self, token: str, number: int) -> str:
        return self.fates.pop(0) if self.fates else w.GOOD

    def denial(self, token: str) -> Denial | None:
        return self.turned_away


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as opened:
        yield opened


async def create(
    session: aiohttp.ClientSession, stripe: FaultyStripe, key: str = "k"
) -> tuple[int, bool, str]:
    """Status, whether it was replayed, and the id; status 0 where no answer came."""
    try:
        async with session.post(
            f"{stripe.address}/v1/customers",
            data={"name": "A"},
            headers={"Idempotency-Key": key},
            allow_redirects=False,
        ) as answer:
            found = _ID.match(await answer.text())
            replayed = answer.headers.get("Idempotent-Replayed") == "true"
            return answer.status, replayed, found[1] if found else ""
    except aiohttp.ClientError:
        return 0, False, ""


@pytest.mark.parametrize("fate", [w.LOST, w.CUT])
async def test_a_lost_answer_was_done_and_is_repeated(
    session: aiohttp.ClientSession, fate: str
) -> None:
    async with FaultyStripe(1, Forecast(fate), 0.1) as stripe:
        assert (await create(session, stripe))[0] == 0
        [made] = stripe.rows("customer")
        assert await create(session, stripe) == (200, True, made.id)
        stripe.ahead += KEY_HORIZON
        status, replayed, other = await create(session, stripe)
        assert (status, replayed, other != made.id) == (200, False, True), "the key is forgotten"


@pytest.mark.parametrize(("fate", "there"), [(w.STORED, 0), (w.STORED_DONE, 1)])
async def test_a_stored_failure_is_repeated(
    session: aiohttp.ClientSession, fate: str, there: int
) -> None:
    async with FaultyStripe(1, Forecast(fate), 0.1) as stripe:
        assert (await create(session, stripe))[:2] == (500, False)
        assert (await create(session, stripe))[:2] == (500, True)
        assert len(stripe.rows("customer")) == there
        assert (await create(session, stripe, "other"))[0] == 200


async def test_what_is_held_back_is_done_later(session: aiohttp.ClientSession) -> None:
    async with FaultyStripe(1, Forecast(w.LATE), 0.1) as stripe:
        assert (await create(session, stripe))[0] == 0
        await stripe.settled()
        [made] = stripe.rows("customer")
        assert await create(session, stripe) == (200, True, made.id)


async def test_a_lost_answer_is_denied_for_a_while(session: aiohttp.ClientSession) -> None:
    locked = Denial(409, "invalid_request_error", "lock_timeout", 2)
    async with FaultyStripe(1, Forecast(w.LOST, denial=locked), 0.1) as stripe:
        await create(session, stripe)
        assert [(await create(session, stripe))[0] for _ in range(3)] == [409, 409, 200]
        assert len(stripe.rows("customer")) == 1


@pytest.mark.parametrize(
    ("fate", "there"),
    [(w.HOSTILE, 0), (w.HOSTILE_DONE, 1), (w.EARLY, 0), (w.BUSY, 0), (w.BROKEN, 0), (w.DENIED, 0)],
)
async def test_what_was_not_done_is_done_by_the_same_key(
    session: aiohttp.ClientSession, fate: str, there: int
) -> None:
    async with FaultyStripe(1, Forecast(fate), 0.1) as stripe:
        status, replayed, _ = await create(session, stripe)
        assert (status, replayed) != (200, True)
        assert (status == 0) == (fate == w.EARLY)
        assert len(stripe.rows("customer")) == there
        assert (await create(session, stripe))[:2] == (200, bool(there))
        assert len(stripe.rows("customer")) == 1


def test_the_quick_seeds_meet_every_fault() -> None:
    met = {Weather(seed).write(f"key {record}", 1) for seed in SEEDS for record in range(RECORDS)}
    assert met == {w.GOOD, *w.WRITES}


def test_a_seed_draws_the_same_faults() -> None:
    keys = [f"key {number}" for number in range(200)]
    first, second, other = (
        [each.write(key, 1) for key in keys] for each in map(Weather, (4, 4, 5))
    )
    assert first == second != other
