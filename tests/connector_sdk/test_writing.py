"""Writes without a ledger on disk."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import pytest
from connector_sdk import (
    Call,
    CredentialError,
    Guarantee,
    Outcome,
    Prepared,
    Problem,
    Record,
    Request,
    UnreachableError,
)
from connector_sdk.keys import ContentKeys, IdentityKeys, Keys, OneKey
from connector_sdk.writing import Writing, Written

from tests.connector_sdk.fake_target import FakeTarget, records


async def written(
    target: FakeTarget, *does: str, prefix: str = "p"
) -> tuple[Writing, list[Written]]:
    writing = Writing(target, records(*does), ContentKeys(prefix, given=False))
    return writing, [told async for told in writing.outcomes()]


async def test_each_record_has_one_outcome() -> None:
    target = FakeTarget()
    writing, told = await written(target, "a", "wrong", "b")
    assert sorted((each.outcome.seq, each.outcome.kind) for each in told) == [
        (1, "written"),
        (2, "refused"),
        (3, "written"),
    ]
    refused = next(each for each in told if each.outcome.kind == "refused")
    assert refused.outcome.problem is not None
    assert (refused.outcome.problem.at, refused.key) == ("line 2", "")
    assert (writing.stopped, target.finished) == (None, [True])
    assert [call.first_sent for call in target.calls] == [None, None]


async def test_many_refused_ones_in_a_row() -> None:
    _, told = await written(FakeTarget(), *["wrong"] * 3000)
    assert len(told) == 3000


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (Outcome(1, 1, "written", id="t_1"), "written"),
        (None, "failed"),
        (Outcome(1, 1, "failed"), "unknown"),  # the look itself fails
    ],
)
async def test_a_lost_answer_is_looked_up(found: Outcome | None, kind: str) -> None:
    target = FakeTarget(found)
    _, told = await written(target, "lose")
    assert [each.outcome.kind for each in told] == [kind]
    assert target.settled[0].first_sent is not None
    assert target.settled[0].key == target.calls[0].key == told[0].key


async def test_an_error_ends_it() -> None:
    target = FakeTarget()
    writing, told = await written(target, "a", "deny", "b")
    assert [each.outcome.kind for each in told] == ["written", "failed"]
    assert isinstance(writing.stopped, CredentialError)
    assert target.finished == [False]


async def test_a_fault_of_ours_comes_out() -> None:
    class Broken(FakeTarget):
        def prepare(self, request: Request, existing: str = "") -> Prepared:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await written(Broken(), "a")


async def test_leaving_early_ends_the_writing() -> None:
    target = FakeTarget()
    writing = Writing(target, records(*["wrong"] * 3000, "a"), ContentKeys("p", given=False))
    outcomes = writing.outcomes()
    await anext(outcomes)
    await outcomes.aclose()
    assert target.calls == []


async def test_the_same_command_has_the_same_keys() -> None:
    first, again, other = FakeTarget(), FakeTarget(), FakeTarget()
    await written(first, "a", "b", "a")
    await written(again, "b", "a", "a")
    await written(other, "a", prefix="q")
    keys = [call.key for call in first.calls]
    assert len(set(keys)) == 3
    assert {call.key for call in again.calls} == set(keys)
    assert other.calls[0].key not in keys


async def test_a_write_that_is_only_found_ends_no_outage() -> None:
    target = FakeTarget()
    writing, _ = await written(target, "a", *["late", *["lose"] * 4] * 100)
    assert writing.stopped is not None
    assert len(target.calls) < 30


async def test_an_outage_ends_it() -> None:
    target = FakeTarget()
    writing, told = await written(target, "a", *["lose"] * 500)
    assert isinstance(writing.stopped, UnreachableError)
    assert writing.stopped.problem.code == "target_failing"
    assert len(target.calls) < 30
    assert {each.outcome.kind for each in told} == {"written", "failed"}


class Flying(FakeTarget):
    """Has all calls in flight at once; the first ten are lost, the others land at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.landed: list[int] = []

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        taken: asyncio.Queue[Call] = asyncio.Queue()

        async def take() -> None:
            async for call in calls:
                taken.put_nowait(call)

        taking = asyncio.create_task(take())
        while taken.qsize() < 14:
            await asyncio.sleep(0)
        for _ in range(10):
            call = await taken.get()
            yield Outcome(call.seq, 1, "unknown", problem=Problem("lost", "Lost."))
        await taking  # ends only because nothing more is handed out
        while not taken.empty():
            call = taken.get_nowait()
            self.landed.append(call.seq)
            yield Outcome(call.seq, 1, "written", id=f"t_{call.seq}")


async def test_in_an_outage_what_is_in_flight_lands() -> None:
    async def endless() -> AsyncIterator[Record]:
        async for record in records(*"abcdefghijklmn"):
            yield record
        await asyncio.Event().wait()  # the source never says more

    target = Flying()
    writing = Writing(target, endless(), ContentKeys("p", given=False))
    told = [each async for each in writing.outcomes()]
    assert target.landed == [11, 12, 13, 14]
    assert [each.outcome.kind for each in told] == ["failed"] * 10 + ["written"] * 4
    assert isinstance(writing.stopped, UnreachableError)


async def test_single_failures_are_no_outage() -> None:
    writing, told = await written(FakeTarget(), *["lose", "a"] * 30)
    assert writing.stopped is None
    assert len(told) == 60


async def test_a_failed_look_says_why() -> None:
    _, told = await written(FakeTarget(Outcome(1, 1, "failed")), "lose")
    problem = told[0].outcome.problem
    assert problem is not None
    assert problem.message == "Lost. It couldn't be looked up: Gone."


@pytest.mark.parametrize(("given", "back"), [(False, 0.0), (True, 75.0)])
async def test_with_a_given_key_an_earlier_call_is_looked_for(given: bool, back: float) -> None:
    class Clocked(FakeTarget):
        def clock(self) -> float | None:
            return 1000.0

    target = Clocked()
    writing = Writing(target, records("lose"), OneKey("k", given=given))
    assert [each.key async for each in writing.outcomes()] == ["k"]
    assert [call.first_sent for call in target.settled] == [1000.0 - back]
    assert target.settled[0].synced


class Strict(FakeTarget):
    """Knows each key with other contents."""

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        async for call in calls:
            self.calls.append(call)
            problem = Problem("idempotency_error", "Other contents.")
            yield Outcome(call.seq, 1, "refused", problem=problem)


@pytest.mark.parametrize(
    ("keys", "found", "kind"),
    [
        (IdentityKeys("p", "does", given=True), Outcome(1, 1, "written", "t_1"), "skipped"),
        (IdentityKeys("p", "does", given=True), None, "unknown"),
        (OneKey("k", given=True), Outcome(1, 1, "written", "t_1"), "refused"),
    ],
)
async def test_other_contents_under_a_key(keys: Keys, found: Outcome | None, kind: str) -> None:
    target = Strict(found)
    writing = Writing(target, records("a"), keys)
    assert [each.outcome.kind async for each in writing.outcomes()] == [kind]
    assert len(target.calls) == 1


async def test_a_fault_of_the_source_comes_out_after_what_was_sent() -> None:
    async def broken() -> AsyncIterator[Record]:
        async for record in records("a", "b"):
            yield record
        raise ZeroDivisionError

    kinds: list[str] = []
    with pytest.raises(ZeroDivisionError):
        async for each in Writing(FakeTarget(), broken(), OneKey("k", given=False)).outcomes():
            kinds.append(each.outcome.kind)
    assert kinds == ["written", "written"]


async def test_a_fault_in_a_look_comes_out() -> None:
    class Blind(FakeTarget):
        async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await written(Blind(), *["lose"] * 3000)


class Committing(FakeTarget):
    """Writes nothing for good before it is finished; `fails` says that this fails."""

    def __init__(self, guarantee: Guarantee, *, fails: bool = False) -> None:
        super().__init__()
        self.guarantee = guarantee
        self.fails = fails

    async def finish(self, complete: bool) -> None:
        await super().finish(complete)
        if self.fails:
            raise UnreachableError(Problem("gone", "Gone."))


def kinds_of(told: Sequence[Written]) -> dict[int, str]:
    return {each.outcome.seq: each.outcome.kind for each in told}


async def test_rows_count_once_they_are_committed() -> None:
    target = Committing("transactional")
    told = []
    writing = Writing(target, records("a", "b"), ContentKeys("p", given=False))
    async for each in writing.outcomes():
        assert target.finished == [True], "said to be written before it was committed"
        told.append(each)
    assert kinds_of(told) == {1: "written", 2: "written"}


@pytest.mark.parametrize(
    ("guarantee", "finished", "kinds"),
    [
        ("transactional", True, {1: "written", 2: "failed"}),  # the rows before it are kept
        ("positioned", False, {1: "failed", 2: "failed"}),  # no half of a file
        ("keyed", False, {1: "written", 2: "failed"}),
    ],
)
async def test_what_an_error_leaves_there(
    guarantee: Guarantee, finished: bool, kinds: dict[int, str]
) -> None:
    target = Committing(guarantee)
    writing, told = await written(target, "a", "deny")
    assert (target.finished, kinds_of(told)) == ([finished], kinds)
    assert writing.stopped is not None
    assert writing.stopped.problem.code == "denied"


async def test_a_commit_that_fails_leaves_doubt() -> None:
    writing, told = await written(Committing("transactional", fails=True), "a", "b")
    assert kinds_of(told) == {1: "unknown", 2: "unknown"}
    problem = told[0].outcome.problem
    assert problem is not None
    assert (problem.message, problem.at) == (
        "It isn't known whether it was committed: Gone.", "line 1",
    )  # fmt: skip
    assert isinstance(writing.stopped, UnreachableError)
