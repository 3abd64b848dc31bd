"""Writes without a ledger."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import orjson
import pytest
from connector_agent.one_off.writing import Keys, Told, Writing
from connector_sdk import (
    Body,
    Call,
    CredentialError,
    Guarantee,
    Outcome,
    Problem,
    Record,
    UnreachableError,
)


class FakeTarget:
    """Does with a record what its `does` says; `found` is what a look tells, save that what is
    "late" was written."""

    guarantee: Guarantee = "keyed"
    horizon = 60.0

    def __init__(self, found: Outcome | None = None) -> None:
        self.calls: list[Call] = []
        self.settled: list[Call] = []
        self.finished: list[bool] = []
        self.found = found

    def clock(self) -> float | None:
        return time.time()

    def prepare(self, request: bytes, existing: str = "") -> Body | Problem:
        if orjson.loads(request).get("does") == "wrong":
            return Problem("wrong", "It is wrong.")
        return Body(request, "things.create")

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        async for call in calls:
            self.calls.append(call)
            match orjson.loads(call.body.json).get("does"):
                case "lose" | "late":
                    yield Outcome(call.seq, 1, "unknown", problem=Problem("lost", "Lost."))
                case "deny":
                    raise CredentialError(Problem("denied", "Denied."))
                case _:
                    yield Outcome(call.seq, 1, "written", id=f"t_{call.seq}")

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        self.settled.extend(calls)
        if self.found is not None and self.found.kind == "failed":
            raise UnreachableError(Problem("gone", "Gone."))
        return [
            Outcome(call.seq, 1, "written", f"t_{call.seq}")
            if orjson.loads(call.body.json)["does"] == "late"
            else self.found
            for call in calls
        ]

    async def position(self) -> bytes:
        return b""

    async def finish(self, complete: bool) -> None:
        self.finished.append(complete)


async def records(*does: str) -> AsyncIterator[Record]:
    for seq, each in enumerate(does, 1):
        yield Record(seq, orjson.dumps({"does": each}), f"line {seq}")


async def written(target: FakeTarget, *does: str, prefix: str = "p") -> tuple[Writing, list[Told]]:
    writing = Writing(target, records(*does), prefix)
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


async def test_card_numbers_are_not_sent() -> None:
    target = FakeTarget()
    _, told = await written(target, "4242424242424242")
    assert target.calls == []
    problem = told[0].outcome.problem
    assert problem is not None
    assert problem.code == "card_number"
    assert "4242424242424242" not in problem.text()


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
        def prepare(self, request: bytes, existing: str = "") -> Body | Problem:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await written(Broken(), "a")


async def test_leaving_early_ends_the_writing() -> None:
    target = FakeTarget()
    writing = Writing(target, records(*["wrong"] * 3000, "a"), "p")
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


def test_keys_tell_actions_apart() -> None:
    keys = Keys("p")
    assert keys.key(Body(b"{}", "a.create")) != keys.key(Body(b"{}", "a.update"))
    assert len(keys.key(Body(b"{}"))) < 64


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
