"""The execution against a target that recognises keys."""

import time
from collections import Counter

import pytest
from connector_agent.mapping import Mapped
from connector_agent.project.operation import Options
from connector_agent.runs.execution import Halt
from connector_agent.runs.guards import CardGuard
from connector_agent.runs.keyed import KeyedExecution
from connector_agent.runs.ledger import LostRunError
from connector_agent.runs.outcomes import read_outcomes
from connector_agent.runs.run import Counts, Run, take_run
from connector_agent.runs.stage import Stage
from connector_sdk import (
    JSON,
    Call,
    CredentialError,
    Outcome,
    Problem,
    UnreachableError,
)

from tests.connector_agent.runs.memory import KeyedTarget, ListSource, Workshop


def rows(count: int) -> list[dict[str, object]]:
    return [{"id": f"C{n}", "name": f"name {n}"} for n in range(1, count + 1)]


async def execute(
    workshop: Workshop,
    run: Run,
    source: ListSource,
    target: KeyedTarget,
    options: Options | None = None,
    identity: tuple[str, ...] = ("id",),
) -> Counts:
    parts = await workshop.parts(run, source, target, options, identity)
    await KeyedExecution(parts).run()
    return parts.counts


def add_up(counts: Counts) -> bool:
    return counts.read == counts.settled and counts.pending == 0


async def test_every_record_is_written_once(workshop: Workshop) -> None:
    run, target = await workshop.new(), KeyedTarget()
    counts = await execute(workshop, run, ListSource(rows(100)), target)
    assert counts == Counts(read=100, written=100)
    assert len(target.objects) == 100
    stored = await workshop.run(run.id)
    assert stored.counts == counts
    assert stored.settled == 100
    assert stored.exhausted


async def test_a_new_run_skips_what_an_earlier_one_wrote(workshop: Workshop) -> None:
    target = KeyedTarget()
    await execute(workshop, await workshop.new(), ListSource(rows(30)), target)
    run = await workshop.new()
    counts = await execute(workshop, run, ListSource(rows(33)), target)
    assert counts == Counts(read=33, written=3, skipped=30)
    assert len(target.sent) == 33
    found = await workshop.database.call(lambda c: list(read_outcomes(c, run.id)))
    assert found[0].kind == "skipped"
    assert found[0].object.startswith("obj_")


async def test_update_sends_to_the_object_of_before(workshop: Workshop) -> None:
    target = KeyedTarget()
    await execute(workshop, await workshop.new(), ListSource(rows(5)), target)
    made = {call.seq: f"obj_{call.key[-8:]}" for call in target.sent}
    options = Options(repeat="update")
    for _ in range(2):
        target.sent.clear()
        counts = await execute(workshop, await workshop.new(), ListSource(rows(5)), target, options)
        assert counts.written == 5
        assert {call.body.action for call in target.sent} == {
            f"update {made[n]}" for n in range(1, 6)
        }
    assert len(target.objects) == 15, "each run updates anew: its keys are its own"


async def test_a_line_that_fails_refuses_also_what_was_written_before(workshop: Workshop) -> None:
    target = KeyedTarget()
    await execute(workshop, await workshop.new(), ListSource(rows(2)), target)
    run = await workshop.new()
    parts = await workshop.parts(run, ListSource(rows(2)), target)
    bad = (Problem("no_date", "It is no date."),)

    def second_fails(record: dict[str, JSON], at: str) -> Mapped:
        return Mapped(record, bad if record["id"] == "C2" else ())

    parts.stage = Stage(("id",), second_fails, cards=CardGuard())
    await KeyedExecution(parts).run()
    assert parts.counts == Counts(read=2, skipped=1, refused=1)
    assert len(target.sent) == 2, "nothing is sent again"


async def test_an_update_is_made_by_the_lines_for_updates(workshop: Workshop) -> None:
    """A refusal of the lines for creates doesn't touch a record that is an update."""
    target = KeyedTarget()
    await execute(workshop, await workshop.new(), ListSource(rows(2)), target)
    target.sent.clear()
    run = await workshop.new()
    parts = await workshop.parts(run, ListSource(rows(3)), target, Options(repeat="update"))
    refusing: tuple[Problem, ...] = (Problem("no_create", "None.", "None."),)
    parts.stage = Stage(
        ("id",),
        lambda record, at: Mapped({}, refusing),
        update=lambda record, at: Mapped({"u": 1}),
        cards=CardGuard(),
    )
    await KeyedExecution(parts).run()
    assert [(call.body.action.split()[0], call.body.json) for call in target.sent] == [
        ("update", b'{"u":1}'),
        ("update", b'{"u":1}'),
    ]
    found = await workshop.database.call(lambda c: list(read_outcomes(c, run.id)))
    assert [each.kind for each in found] == ["written", "written", "refused"]
    assert found[2].problem is not None
    assert found[2].problem.code == "no_create"


async def test_create_writes_in_each_run(workshop: Workshop) -> None:
    target = KeyedTarget()
    for _ in range(2):
        run = await workshop.new()
        await execute(workshop, run, ListSource(rows(5)), target, Options(repeat="create"), ())
    assert len(target.objects) == 10


async def test_the_same_identity_twice_is_refused(workshop: Workshop) -> None:
    source = ListSource([*rows(20), {"id": "C3", "name": "again"}])
    run = await workshop.new()
    counts = await execute(workshop, run, source, KeyedTarget())
    assert counts == Counts(read=21, written=20, refused=1)
    found = await workshop.database.call(lambda c: list(read_outcomes(c, run.id, ["refused"])))
    assert found[0].problem is not None
    assert "row 3" in found[0].problem.message
    assert found[0].record == b'{"id": "C3", "name": "again"}'


async def test_problems_are_outcomes(workshop: Workshop) -> None:
    bad: list[dict[str, object]] = [{"id": "X", "bad": True}, {"id": " "}]
    counts = await execute(
        workshop, await workshop.new(), ListSource([*rows(5), *bad]), KeyedTarget()
    )
    assert counts == Counts(read=7, written=5, refused=2)


async def test_limit(workshop: Workshop) -> None:
    run = await workshop.new(limit=10)
    counts = await execute(workshop, run, ListSource(rows(100)), KeyedTarget())
    assert counts == Counts(read=10, written=10)
    assert (await workshop.run(run.id)).exhausted


async def test_a_refusal_gets_a_new_key_in_the_next_run(workshop: Workshop) -> None:
    target = KeyedTarget()
    target.answer = lambda call: Outcome(call.seq, 0, "refused", problem=Problem("no", "No."))
    await execute(workshop, await workshop.new(), ListSource(rows(1)), target)
    target.answer = lambda call: None
    counts = await execute(workshop, await workshop.new(), ListSource(rows(1)), target)
    assert counts.written == 1
    first, second = target.sent
    assert first.key != second.key
    assert (first.attempt, second.attempt) == (0, 1)


async def test_an_open_fate_keeps_its_key_in_the_next_run(workshop: Workshop) -> None:
    target = KeyedTarget()
    target.answer = lambda call: Outcome(call.seq, 0, "unknown", problem=Problem("lost", "Lost."))
    target.settles = lambda call: Outcome(call.seq, 0, "unknown", problem=Problem("lost", "Lost."))
    counts = await execute(workshop, await workshop.new(), ListSource(rows(1)), target)
    assert counts.unknown == 1
    target.answer = lambda call: None
    counts = await execute(workshop, await workshop.new(), ListSource(rows(1)), target)
    assert counts.written == 1
    assert target.sent[0].key == target.sent[1].key


async def test_an_unknown_call_is_settled_at_once(workshop: Workshop) -> None:
    target = KeyedTarget()
    target.answer = lambda call: (
        Outcome(call.seq, 0, "unknown", problem=Problem("lost", "Lost.")) if call.seq == 2 else None
    )
    target.settles = lambda call: Outcome(call.seq, 0, "written", "obj_found")
    counts = await execute(workshop, await workshop.new(), ListSource(rows(3)), target)
    assert counts == Counts(read=3, written=3)


async def test_a_replayed_failure_that_did_nothing_is_sent_anew(workshop: Workshop) -> None:
    target = KeyedTarget()
    target.answer = lambda call: (
        Outcome(call.seq, 0, "unknown", problem=Problem("replayed_failure", "500."))
        if call.attempt == 0
        else None
    )
    counts = await execute(workshop, await workshop.new(), ListSource(rows(3)), target)
    assert counts == Counts(read=3, written=3)
    assert Counter(call.attempt for call in target.sent) == {0: 3, 1: 3}
    assert len({call.key for call in target.sent}) == 6


async def test_beyond_the_horizon_settling_comes_before_sending(workshop: Workshop) -> None:
    run, target = await workshop.new(), KeyedTarget(horizon=0.5)
    target.answer = _fail_with(UnreachableError(Problem("gone", "Gone.")), at=3)
    with pytest.raises(UnreachableError):
        await execute(workshop, run, ListSource(rows(6)), target)
    target.answer = lambda call: None
    target.horizon = 1e-9
    target.sent.clear()
    target.settles = lambda call: (
        Outcome(call.seq, 0, "written", "obj_settled") if call.seq == 3 else None
    )
    counts = await execute(workshop, run, ListSource(rows(6)), target)
    assert counts == Counts(read=6, written=6)
    assert 3 in {call.seq for call in target.settled}
    assert 3 not in {call.seq for call in target.sent}


async def test_a_refused_key_leaves_the_records_pending(workshop: Workshop) -> None:
    run, target = await workshop.new(), KeyedTarget()
    target.answer = _fail_with(CredentialError(Problem("invalid_api_key", "No.")), at=40)
    with pytest.raises(CredentialError):
        await execute(workshop, run, ListSource(rows(100)), target)
    stored = await workshop.run(run.id)
    assert stored.counts.written == 39
    assert stored.counts.problems == 0
    target.answer = lambda call: None
    counts = await execute(workshop, run, ListSource(rows(100)), target)
    assert counts == Counts(read=100, written=100)
    assert len(target.objects) == 100


def _fail_with(error: Exception, at: int):  # type: ignore[no-untyped-def]
    def answer(call: Call) -> Outcome | None:
        if call.seq == at:
            raise error
        return None

    return answer


async def test_calls_that_were_not_taken_are_known_as_unsent(workshop: Workshop) -> None:
    run, target = await workshop.new(), KeyedTarget()
    parts = await workshop.parts(run, ListSource(rows(50), page=50), target)
    execution = KeyedExecution(parts)

    def stop_at_five(call: Call) -> None:
        if call.seq == 5:
            execution.stop()

    target.answer = stop_at_five
    await execution.run()
    open_ = await workshop.database.call(parts.ledger.pending)
    assert len(open_) == 45
    assert all(item.sent().first_sent is None for item in open_)
    counts = await execute(workshop, run, ListSource(rows(50), page=50), target)
    assert counts == Counts(read=50, written=50)


async def test_on_problem_stop_and_going_on(workshop: Workshop) -> None:
    bad: list[dict[str, object]] = [{"id": f"B{n}", "bad": True} for n in range(2)]
    more: list[dict[str, object]] = [{"id": f"D{n}"} for n in range(10)]
    data = [*rows(10), bad[0], *more, bad[1]]
    run, target, options = await workshop.new(), KeyedTarget(), Options(on_problem="stop")
    stops = 0
    while True:
        try:
            counts = await execute(workshop, run, ListSource(data), target, options)
            break
        except Halt:
            stops += 1
    assert stops == 2
    assert add_up(counts)
    assert counts.written == 20


async def test_stop_after_problems(workshop: Workshop) -> None:
    data: list[dict[str, object]] = [{"id": f"B{n}", "bad": True} for n in range(100)]
    with pytest.raises(Halt) as halt:
        await execute(
            workshop,
            await workshop.new(),
            ListSource(data, page=1),
            KeyedTarget(),
            Options(stop_after_problems=7),
        )
    assert "7 problems" in halt.value.problem.message


async def test_a_process_that_lost_the_run_writes_nothing(workshop: Workshop) -> None:
    run, target = await workshop.new(), KeyedTarget()
    parts = await workshop.parts(run, ListSource(rows(10)), target)
    await workshop.database.call(lambda connection: take_run(connection, run.id))
    with pytest.raises(LostRunError):
        await KeyedExecution(parts).run()
    assert target.sent == []


async def test_an_edited_source_changes_nothing_that_was_intended(workshop: Workshop) -> None:
    run, target = await workshop.new(), KeyedTarget()
    target.answer = _fail_with(UnreachableError(Problem("gone", "Gone.")), at=10)
    with pytest.raises(UnreachableError):
        await execute(workshop, run, ListSource(rows(20)), target)
    target.answer = lambda call: None
    read = (await workshop.run(run.id)).counts.read
    assert read >= 10
    edited: list[dict[str, object]] = [{"id": "NEW", "name": "in front"}, *rows(25)]
    edited[11] = {"id": "C11", "name": "edited"}
    counts = await execute(workshop, run, ListSource(edited), target)
    assert counts == Counts(read=26, written=26)
    assert len(target.objects) == 26
    if read >= 11:
        assert not any(b"edited" in body for body in target.objects.values())


async def test_time_is_kept_over_executions(workshop: Workshop) -> None:
    run = await workshop.new()
    began = time.monotonic()
    await execute(workshop, run, ListSource(rows(3)), KeyedTarget())
    assert 0 < (await workshop.run(run.id)).seconds <= time.monotonic() - began
