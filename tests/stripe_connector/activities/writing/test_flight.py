"""Calls in flight: places, locks, faults and early ends, without any network."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from connector_sdk import Body, Call, CredentialError, Outcome, Problem
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.activities.writing.flight import Flight

from tests.stripe_connector.workbench import handed


def call(seq: int, lock: str = "") -> Call:
    return Call(seq, 1, f"k{seq}", 1, None, Body(b"{}", "customers.update", lock))


class Sky:
    """Counts what flies, and lets each call land after as many turns of the loop as told."""

    def __init__(self, turns: dict[int, int] | None = None, fails_at: int = -1) -> None:
        self.turns = turns or {}
        self.fails_at = fails_at
        self.flying: list[Call] = []
        self.most = 0
        self.began: list[int] = []
        self.ended: list[int] = []

    async def send(self, call: Call) -> Outcome:
        if call.body.lock:
            assert call.body.lock not in [other.body.lock for other in self.flying]
        self.flying.append(call)
        self.began.append(call.seq)
        self.most = max(self.most, len(self.flying))
        try:
            for _ in range(self.turns.get(call.seq, 1)):
                await asyncio.sleep(0)
            if call.seq == self.fails_at:
                raise CredentialError(Problem("invalid_api_key", "The key is wrong."))
        finally:
            self.flying.remove(call)
        self.ended.append(call.seq)
        return Outcome(call.seq, 1, "written")


async def test_at_most_so_many_at_once() -> None:
    sky = Sky()
    flight = Flight(sky.send, 3, lambda: False)
    outcomes = [each async for each in flight.outcomes(handed([call(n) for n in range(20)]))]
    assert sorted(outcome.seq for outcome in outcomes) == list(range(20))
    assert sky.most == 3


async def test_calls_are_taken_only_as_places_get_free() -> None:
    taken = 0

    async def calls() -> AsyncIterator[Call]:
        nonlocal taken
        for seq in range(20):
            taken += 1
            yield call(seq)

    sky = Sky()
    outcomes = Flight(sky.send, 4, lambda: False).outcomes(calls())
    await anext(outcomes)
    for _ in range(50):
        await asyncio.sleep(0)
    assert taken == 4, "nobody took another outcome, so no further place got free"
    await outcomes.aclose()


async def test_outcomes_come_as_they_land() -> None:
    sky = Sky(turns={1: 50, 2: 1})
    outcomes = Flight(sky.send, 2, lambda: False).outcomes(handed([call(1), call(2)]))
    assert [outcome.seq async for outcome in outcomes] == [2, 1]


async def test_a_fault_lets_the_others_land_and_takes_nothing_new() -> None:
    sky = Sky(turns={2: 30}, fails_at=1)
    outcomes = []
    with pytest.raises(CredentialError):
        async for outcome in Flight(sky.send, 2, lambda: False).outcomes(
            handed([call(n) for n in range(1, 9)])
        ):
            outcomes.append(outcome.seq)
    assert outcomes == [2]
    assert sky.began == [1, 2]


async def test_a_fault_wakes_a_waiting_iterator() -> None:
    closed = False

    async def calls() -> AsyncIterator[Call]:
        nonlocal closed
        yield call(1)
        try:
            await asyncio.Event().wait()
        finally:
            closed = True

    with pytest.raises(CredentialError):
        async for _ in Flight(Sky(fails_at=1).send, 2, lambda: False).outcomes(calls()):
            pass
    assert closed


async def test_what_waits_for_a_lock_is_not_sent_after_a_fault() -> None:
    sky = Sky(fails_at=1)
    with pytest.raises(CredentialError):
        async for _ in Flight(sky.send, 4, lambda: False).outcomes(
            handed([call(1, "cus_1"), call(2, "cus_1")])
        ):
            pass
    assert sky.began == [1]


async def test_a_fault_of_the_calls_themselves_is_raised_after_the_rest() -> None:
    async def calls() -> AsyncIterator[Call]:
        yield call(1)
        raise ValueError("the ledger is gone")

    sky = Sky(turns={1: 20})
    outcomes = []
    with pytest.raises(ValueError, match="the ledger is gone"):
        async for outcome in Flight(sky.send, 2, lambda: False).outcomes(calls()):
            outcomes.append(outcome.seq)
    assert outcomes == [1]


async def test_an_early_end_leaves_nothing_flying() -> None:
    sky = Sky(turns=dict.fromkeys(range(2, 9), 10_000))
    outcomes = Flight(sky.send, 4, lambda: False).outcomes(handed([call(n) for n in range(1, 9)]))
    await anext(outcomes)
    await outcomes.aclose()
    assert sky.flying == []
    assert sky.ended == [1]


async def test_no_calls_no_outcomes() -> None:
    assert [each async for each in Flight(Sky().send, 4, lambda: False).outcomes(handed([]))] == []


@given(
    st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.integers(0, 5)), max_size=30),
    st.integers(1, 6),
)
def test_locks_keep_their_order(plan: list[tuple[str, int]], places: int) -> None:
    calls = [call(seq, lock) for seq, (lock, _) in enumerate(plan)]
    sky = Sky(turns={seq: turns for seq, (_, turns) in enumerate(plan)})

    async def fly() -> list[int]:
        flight = Flight(sky.send, places, lambda: False)
        return [outcome.seq async for outcome in flight.outcomes(handed(calls))]

    landed = asyncio.run(fly())
    assert Counter(landed) == Counter(range(len(plan)))
    assert sky.most <= places
    for lock in "abc":
        seqs = [seq for seq, (name, _) in enumerate(plan) if name == lock]
        assert [seq for seq in sky.began if seq in seqs] == seqs


@pytest.mark.parametrize("late", [1, 2])
async def test_one_of_several_errors_may_have_done_something(late: int) -> None:
    async def send(each: Call) -> Outcome:
        for _ in range(each.seq):
            await asyncio.sleep(0)
        error = CredentialError(Problem("invalid_api_key", f"The key of {each.seq} is wrong."))
        error.maybe_done = each.seq == late
        raise error

    flight = Flight(send, 2, lambda: False)
    with pytest.raises(CredentialError, match="of 1") as caught:
        _ = [each async for each in flight.outcomes(handed([call(1), call(2)]))]
    assert caught.value.maybe_done
