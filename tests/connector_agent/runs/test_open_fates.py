"""Calls whose fate an earlier run never learned: the next run makes no second object."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable

import pytest
from connector_agent.project.operation import Options
from connector_agent.runs.keyed import KeyedExecution
from connector_agent.runs.run import Counts
from connector_sdk import Call, Outcome, Problem

from tests.connector_agent.runs.memory import KeyedTarget, ListSource, Workshop

Answer = Callable[[Call], Outcome | None]


class Strict(KeyedTarget):
    """Refuses another body under a key that it knows, as Stripe does."""

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        async for call in calls:
            if self.objects.get(call.key, call.body.json) != call.body.json:
                self.sent.append(call)
                problem = Problem("idempotency_error", "Keys are for the same parameters.")
                yield Outcome(call.seq, call.step, "refused", problem=problem)
                continue

            async def only(one: Call = call) -> AsyncIterator[Call]:
                yield one

            async for outcome in super().write(only()):
                yield outcome


def lost(call: Call) -> Outcome:
    return Outcome(call.seq, call.step, "unknown", problem=Problem("no_answer", "Lost."))


def done_and_lost(target: KeyedTarget) -> Answer:
    def answer(call: Call) -> Outcome:
        target.objects.setdefault(call.key, call.body.json)
        return lost(call)

    return answer


def nothing(call: Call) -> None:
    return None


async def run(
    workshop: Workshop, target: KeyedTarget, name: str = "a", options: Options | None = None
) -> Counts:
    source = ListSource([{"id": 1, "name": name}])
    parts = await workshop.parts(await workshop.new(), source, target, options)
    await KeyedExecution(parts).run()
    return parts.counts


@pytest.mark.parametrize("repeat", ["skip", "update"])
async def test_a_create_that_got_through_unseen(workshop: Workshop, repeat: str) -> None:
    options = Options(repeat=repeat)  # type: ignore[arg-type]
    target = Strict()
    target.answer, target.settles = done_and_lost(target), lost
    assert (await run(workshop, target, options=options)).unknown == 1
    target.answer = nothing
    counts = await run(workshop, target, options=options)
    assert (counts.written, counts.replayed) == (1, 1)
    assert len(target.objects) == 1


async def test_an_answer_lost_after_a_replayed_failure(workshop: Workshop) -> None:
    target = Strict()
    sent = 0

    def answer(call: Call) -> Outcome:
        nonlocal sent
        sent += 1
        if sent == 1:
            problem = Problem("replayed_failure", "500.")
            return Outcome(call.seq, call.step, "unknown", problem=problem)
        target.objects.setdefault(call.key, call.body.json)
        return lost(call)

    target.answer = answer
    target.settles = lambda call: None if sent == 1 else lost(call)
    assert (await run(workshop, target)).unknown == 1
    target.answer = nothing
    assert (await run(workshop, target)).written == 1
    assert len(target.objects) == 1
    assert target.sent[1].key == target.sent[2].key


async def test_a_record_that_was_edited_meanwhile_and_can_not_be_looked_up(
    workshop: Workshop,
) -> None:
    target = Strict()
    target.answer, target.settles = done_and_lost(target), lost
    await run(workshop, target, "a")
    target.answer = nothing
    for _ in range(2):
        assert (await run(workshop, target, "b")).unknown == 1
    assert len(target.objects) == 1
    assert len({call.key for call in target.sent}) == 1


async def test_a_record_that_was_edited_meanwhile_and_is_found(workshop: Workshop) -> None:
    target = Strict()
    target.answer, target.settles = done_and_lost(target), lost
    await run(workshop, target, "a")
    target.answer = nothing
    target.settles = lambda call: Outcome(call.seq, call.step, "written", "obj_1")
    assert (await run(workshop, target, "b")).skipped == 1
    assert (await run(workshop, target, "b")).skipped == 1
    assert len(target.objects) == 1


async def test_a_record_that_was_edited_meanwhile_and_was_never_written(
    workshop: Workshop,
) -> None:
    target = Strict()
    target.answer, target.settles = done_and_lost(target), lost
    await run(workshop, target, "a")
    target.answer = nothing
    target.settles = nothing
    assert (await run(workshop, target, "b")).written == 1
    assert [call.attempt for call in target.sent] == [0, 0, 1]


async def test_a_refusal_after_a_lost_send_keeps_its_key(workshop: Workshop) -> None:
    """The lost send may still be under way: another key could write a second object."""
    target = KeyedTarget()
    target.answer = lambda call: Outcome(
        call.seq, call.step, "refused", problem=Problem("parameter_invalid", "No."), open=True
    )
    assert (await run(workshop, target)).refused == 1
    target.answer = nothing
    assert (await run(workshop, target)).written == 1
    first, second = target.sent
    assert first.key == second.key
    assert second.first_sent is not None


async def test_what_a_refused_create_left_is_not_what_was_written(workshop: Workshop) -> None:
    target = KeyedTarget()
    declined = Problem("payment_failed", "Declined.")
    target.answer = lambda call: Outcome(
        call.seq, call.step, "refused", id="ch_1", problem=declined
    )
    assert (await run(workshop, target)).refused == 1
    target.answer = nothing
    assert (await run(workshop, target)).written == 1
