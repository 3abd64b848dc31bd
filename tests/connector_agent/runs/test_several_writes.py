"""Records that take more than one write: a key, an intent and an outcome for each of them, one
outcome for the record."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from connector_agent.mapping import Mapped
from connector_agent.runs.checkpoints import Frontier, Tally
from connector_agent.runs.execution import Parts
from connector_agent.runs.executions import PositionedExecution
from connector_agent.runs.guards import CardGuard
from connector_agent.runs.item import Item
from connector_agent.runs.keyed import KeyedExecution
from connector_agent.runs.outcomes import read_outcomes
from connector_agent.runs.run import Counts, Run
from connector_agent.runs.stage import Stage
from connector_sdk import KINDS, Call, Kind, Outcome, Problem, Record, UnreachableError
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.runs.memory import KeyedTarget, LineTarget, ListSource, Workshop


class TwoWrites(Stage):
    """The second write of a record is its first with a note; `bad` only in the second."""

    async def all(self, records: Sequence[tuple[int, Record]]) -> list[Item]:
        return [item for each in await super().all(records) for item in (each, self._second(each))]

    def _second(self, first: Item) -> Item:
        value = json.loads(first.record)
        note = Mapped({**value, "note": True, "bad": value["id"] == "C9"})
        return Item(first.seq, first.at, first.record, first.identity, step=1, create=note)


def rows(count: int) -> list[dict[str, object]]:
    return [{"id": f"C{n}"} for n in range(1, count + 1)]


async def parts_of(
    workshop: Workshop, run: Run, source: ListSource, target: KeyedTarget | LineTarget
) -> Parts:
    parts = await workshop.parts(run, source, target)
    return replace(parts, stage=TwoWrites(["id"], None, cards=CardGuard()))


async def test_each_write_has_its_key_and_each_record_one_outcome(workshop: Workshop) -> None:
    run, target = await workshop.new(), KeyedTarget()
    parts = await parts_of(workshop, run, ListSource(rows(20)), target)
    assert await KeyedExecution(parts).run()
    assert parts.counts == Counts(read=20, written=19, refused=1)
    assert len(target.sent) == len(target.objects) == 38, "nothing is sent of the one refused"
    by_step = Counter(call.step for call in target.sent)
    assert by_step == {0: 19, 1: 19}
    keys = parts.ledger.keys
    for call in target.sent:
        name = json.loads(call.body.json)["id"]
        assert call.key == keys.key(name, call.step, "create", 0, per_run=False)
    stored = await workshop.run(run.id)
    assert (stored.settled, stored.counts) == (20, parts.counts)


async def test_a_later_run_skips_write_by_write(workshop: Workshop) -> None:
    target = KeyedTarget()
    target.answer = lambda call: (
        Outcome(call.seq, call.step, "refused", problem=Problem("no", "No."))
        if call.step == 1 and call.seq == 3
        else None
    )
    run = await workshop.new()
    parts = await parts_of(workshop, run, ListSource(rows(5)), target)
    await KeyedExecution(parts).run()
    assert parts.counts == Counts(read=5, written=4, refused=1), "the worst of its writes"
    target.answer = lambda call: None
    target.sent.clear()
    parts = await parts_of(workshop, await workshop.new(), ListSource(rows(5)), target)
    await KeyedExecution(parts).run()
    assert [(call.seq, call.step, call.attempt) for call in target.sent] == [(3, 1, 1)]
    assert parts.counts == Counts(read=5, skipped=5)
    kinds = await workshop.database.call(
        lambda connection: [
            (each.seq, each.step, each.kind)
            for each in read_outcomes(connection, parts.ledger.run.id)
        ]
    )
    assert (3, 0, "skipped") in kinds
    assert (3, 1, "written") in kinds


@pytest.mark.parametrize("answers", range(1, 12))
async def test_interrupted_between_the_writes_of_a_record(workshop: Workshop, answers: int) -> None:
    run, target = await workshop.new(), KeyedTarget()

    def answer(call: Call) -> Outcome | None:
        if len(target.sent) > answers:
            raise UnreachableError(Problem("gone", "It is gone."))
        return None

    target.answer = answer
    parts = await parts_of(workshop, run, ListSource(rows(6)), target)
    with pytest.raises(UnreachableError):
        await KeyedExecution(parts).run()
    assert parts.counts.written == answers // 2
    target.answer = lambda call: None
    parts = await parts_of(workshop, run, ListSource(rows(6)), target)
    assert parts.counts.written == answers // 2
    assert await KeyedExecution(parts).run()
    assert parts.counts == Counts(read=6, written=6, replayed=parts.counts.replayed)
    assert len(target.objects) == 12
    assert (await workshop.run(run.id)).settled == 6


async def test_a_positioned_target_takes_them_in_order(workshop: Workshop) -> None:
    lines: list[bytes] = []
    parts = await parts_of(workshop, await workshop.new(), ListSource(rows(10)), LineTarget(lines))
    assert await PositionedExecution(parts).run()
    assert parts.counts == Counts(read=10, written=10)
    assert [json.loads(line)["id"] for line in lines] == [
        f"C{n}" for n in range(1, 11) for _ in "12"
    ]


@given(
    st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), max_size=12), st.randoms()
)
def test_a_record_counts_once_with_its_worst(records: list[list[Kind]], order: object) -> None:
    writes = [(seq, kind) for seq, kinds in enumerate(records, start=1) for kind in kinds]
    order.shuffle(writes)  # type: ignore[attr-defined]
    tally, frontier = Tally(), Frontier(0)
    tally.expect(seq for seq, _ in writes)
    found = {}
    for seq, kind in writes:
        worst = tally.add(seq, kind)
        if worst is not None:
            assert seq not in found
            found[seq] = worst
            frontier.settle([seq])
    assert found == {seq: max(kinds, key=KINDS.index) for seq, kinds in enumerate(records, start=1)}
    assert frontier.at == len(records)
