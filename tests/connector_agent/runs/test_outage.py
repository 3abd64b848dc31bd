"""An outage of the target stops the run and leaves its records pending."""

import pytest
from connector_agent.runs.execution import Halt
from connector_agent.runs.keyed import KeyedExecution
from connector_agent.runs.run import Counts
from connector_sdk import Call, Kind, Outcome, Problem
from connector_sdk.open_outcomes import MOST

from tests.connector_agent.runs.memory import KeyedTarget, ListSource, Workshop


def rows(count: int) -> list[dict[str, object]]:
    return [{"id": f"C{n}"} for n in range(count)]


def failing(kind: Kind, after: int) -> KeyedTarget:
    target = KeyedTarget()
    target.answer = lambda call: (
        Outcome(call.seq, call.step, kind, problem=Problem("api_error", "Sorry."))
        if call.seq > after
        else None
    )
    return target


@pytest.mark.parametrize("kind", ["failed", "unknown"])
@pytest.mark.parametrize("after", [0, 40])
async def test_it_stops_with_its_records_pending(
    workshop: Workshop, kind: Kind, after: int
) -> None:
    run, target = await workshop.new(), failing(kind, after)
    parts = await workshop.parts(run, ListSource(rows(200)), target)
    with pytest.raises(Halt) as caught:
        await KeyedExecution(parts).run()
    assert caught.value.problem.code == "target_failing"
    stored = await workshop.run(run.id)
    assert (stored.counts.written, stored.counts.problems) == (after, 0)
    target.answer = lambda call: None
    parts = await workshop.parts(await workshop.run(run.id), ListSource(rows(200)), target)
    assert await KeyedExecution(parts).run()
    assert parts.counts == Counts(read=200, written=200)
    assert len(target.objects) == 200


async def test_what_nobody_can_look_up_is_an_outage_as_well(workshop: Workshop) -> None:
    target = failing("unknown", 0)
    target.settles = lambda call: Outcome(
        call.seq, call.step, "unknown", problem=Problem("unsettled", "Who knows.")
    )
    parts = await workshop.parts(await workshop.new(), ListSource(rows(100)), target)
    with pytest.raises(Halt):
        await KeyedExecution(parts).run()


async def test_a_write_that_is_only_found_ends_no_outage(workshop: Workshop) -> None:
    """It was done before: its lost answer comes late, between failures of those after it."""
    run, target = await workshop.new(), failing("unknown", 20)
    target.settles = lambda call: (
        Outcome(call.seq, call.step, "written", f"obj_{call.seq}") if call.seq % 5 == 0 else None
    )
    parts = await workshop.parts(run, ListSource(rows(200)), target)
    with pytest.raises(Halt):
        await KeyedExecution(parts).run()
    stored = await workshop.run(run.id)
    assert stored.counts.problems == 0
    assert stored.counts.written > 20


async def test_single_failures_are_outcomes(workshop: Workshop) -> None:
    target = KeyedTarget()
    target.answer = lambda call: (
        Outcome(call.seq, call.step, "failed", problem=Problem("api_error", "Sorry."))
        if call.seq % 2
        else None
    )
    parts = await workshop.parts(await workshop.new(), ListSource(rows(100)), target)
    assert await KeyedExecution(parts).run()
    assert parts.counts == Counts(read=100, written=50, failed=50)


async def test_a_short_run_of_failures_only_ends(workshop: Workshop) -> None:
    target = failing("failed", 0)
    parts = await workshop.parts(await workshop.new(), ListSource(rows(MOST - 1)), target)
    assert await KeyedExecution(parts).run()
    assert parts.counts == Counts(read=MOST - 1, failed=MOST - 1)


def refused_after_loss(call: Call) -> Outcome:
    problem = Problem("parameter_missing", "Declined.")
    return Outcome(call.seq, call.step, "refused", problem=problem, open=True)


@pytest.mark.parametrize("there", [True, False])
async def test_an_open_refusal_is_looked_up(workshop: Workshop, there: bool) -> None:
    target = KeyedTarget()
    target.answer = refused_after_loss
    if there:
        target.settles = lambda call: Outcome(call.seq, call.step, "written", f"obj_{call.seq}")
    parts = await workshop.parts(await workshop.new(), ListSource(rows(30)), target)
    assert await KeyedExecution(parts).run()
    wanted = Counts(read=30, written=30) if there else Counts(read=30, refused=30)
    assert parts.counts == wanted
    target.answer = lambda call: None
    again = await workshop.parts(await workshop.new(), ListSource(rows(30)), target)
    assert await KeyedExecution(again).run()
    assert {call.attempt for call in target.sent} == {0}


async def test_an_open_refusal_that_nobody_can_look_up_is_unknown(workshop: Workshop) -> None:
    target = KeyedTarget()
    target.answer = refused_after_loss
    target.settles = lambda call: Outcome(
        call.seq, call.step, "unknown", problem=Problem("unsettled", "Who knows.")
    )
    parts = await workshop.parts(await workshop.new(), ListSource(rows(3)), target)
    assert await KeyedExecution(parts).run()
    assert parts.counts == Counts(read=3, unknown=3)


@pytest.mark.parametrize("moment", ["before", "ahead", "other clock"])
async def test_a_time_of_send_that_says_nothing_is_looked_up_first(
    workshop: Workshop, moment: str
) -> None:
    run, target = await workshop.new(), KeyedTarget()
    target.answer = lambda call: (_ for _ in ()).throw(KeyboardInterrupt)
    parts = await workshop.parts(run, ListSource(rows(3)), target)
    with pytest.raises(KeyboardInterrupt):
        await KeyedExecution(parts).run()
    target.answer = lambda call: None
    target.sent.clear()
    hours = {"before": 100.0, "ahead": -100.0, "other clock": 0.0}[moment]
    now = target.clock()
    assert now is not None
    target.clock = (  # type: ignore[method-assign]
        (lambda: None) if moment == "other clock" else (lambda: now + hours * 3600)
    )
    parts = await workshop.parts(await workshop.run(run.id), ListSource(rows(3)), target)
    assert await KeyedExecution(parts).run()
    assert len(target.settled) == 3
    assert len(target.objects) == 3


async def test_what_a_refused_record_left_behind_is_not_written(workshop: Workshop) -> None:
    """A declined card leaves its charge."""
    target = KeyedTarget()
    target.answer = lambda call: Outcome(
        call.seq, call.step, "refused", "ch_declined", problem=Problem("payment_failed", "No.")
    )
    parts = await workshop.parts(await workshop.new(), ListSource(rows(3)), target)
    assert await KeyedExecution(parts).run()
    assert parts.counts == Counts(read=3, refused=3)
    target.answer = lambda call: None
    again = await workshop.parts(await workshop.new(), ListSource(rows(3)), target)
    assert await KeyedExecution(again).run()
    assert again.counts == Counts(read=3, written=3)


async def test_old_calls_that_nobody_can_look_up_are_no_outage(workshop: Workshop) -> None:
    """Nothing was sent: that says nothing of the target."""
    target = failing("unknown", 0)
    target.settles = lambda call: Outcome(
        call.seq, call.step, "unknown", problem=Problem("unsettled", "Who knows.")
    )
    few = ListSource(rows(MOST - 1))
    parts = await workshop.parts(await workshop.new(), few, target)
    assert await KeyedExecution(parts).run()
    target.horizon = 1e-9
    target.answer = lambda call: None
    more: list[dict[str, object]] = [{"id": f"D{n}"} for n in range(MOST)]
    both = ListSource([*few.rows, *more])
    before = len(target.sent)
    parts = await workshop.parts(await workshop.new(), both, target)
    assert await KeyedExecution(parts).run()
    assert (parts.counts.unknown, parts.counts.written) == (MOST - 1, MOST)
    assert len(target.sent) == before + MOST
