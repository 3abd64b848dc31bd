"""The execution against a target that keeps a position."""

import json
from collections.abc import AsyncGenerator

import pytest
from connector_agent.mapping import Mapped
from connector_agent.project.operation import Options
from connector_agent.runs.execution import Halt, Pulse
from connector_agent.runs.executions import PositionedExecution
from connector_agent.runs.outcomes import read_outcomes
from connector_agent.runs.run import Counts, unfinished_run
from connector_sdk import Cursor, Outcome, Page, Problem, SourceChangedError, UnreachableError
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.runs.memory import LineTarget, ListSource, Workshop


def rows(count: int) -> list[dict[str, object]]:
    return [{"id": n} for n in range(1, count + 1)]


async def test_every_record_becomes_a_line(workshop: Workshop) -> None:
    run, lines = await workshop.new(), list[bytes]()
    parts = await workshop.parts(run, ListSource(rows(50)), LineTarget(lines), identity=())
    assert await PositionedExecution(parts).run()
    assert lines == [b'{"id": %d}' % n for n in range(1, 51)]
    stored = await workshop.run(run.id)
    assert stored.counts == Counts(read=50, written=50)
    assert stored.position == b"50"


class DyingTarget(LineTarget):
    """Fails at a line, as a process does that is killed there."""

    def __init__(self, lines: list[bytes], dies_at: int) -> None:
        super().__init__(lines)
        self.dies_at = dies_at

    async def write(self, calls):  # type: ignore[no-untyped-def]
        async for call in calls:
            self.lines.append(call.body.json)
            if len(self.lines) == self.dies_at:
                raise KeyboardInterrupt
            yield Outcome(call.seq, call.step, "written")


@pytest.mark.parametrize("page", [1, 7, 64])
@pytest.mark.parametrize("dies_at", [1, 6, 29, 63, 64, 65, 99, 100])
async def test_a_resume_doubles_no_line_and_loses_none(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, page: int, dies_at: int
) -> None:
    monkeypatch.setattr(Pulse, "RECORDS", 10)
    monkeypatch.setattr(Pulse, "LEAST", 0.0)
    run, lines = await workshop.new(), list[bytes]()
    data: list[dict[str, object]] = [*rows(99), {"bad": "line"}]
    first = await workshop.parts(
        run, ListSource(data, page), DyingTarget(lines, dies_at), identity=()
    )
    with pytest.raises(KeyboardInterrupt):
        await PositionedExecution(first).run()
    stored = await workshop.run(run.id)
    target = LineTarget(lines)
    target.cut(stored.position)
    again = await workshop.parts(run, ListSource(data, page), target, identity=())
    again.counts = stored.counts.copy()
    assert await PositionedExecution(again).run()
    assert lines == [*(b'{"id": %d}' % n for n in range(1, 100)), b'{"bad": "line"}']
    assert (await workshop.run(run.id)).counts == Counts(read=100, written=100)


async def test_a_changed_source_is_the_callers(workshop: Workshop) -> None:
    run, lines = await workshop.new(), list[bytes]()
    parts = await workshop.parts(run, ListSource(rows(50), 10), LineTarget(lines), identity=())
    parts.ledger.run.cursor = b'[10, "other"]'
    with pytest.raises(SourceChangedError):
        await PositionedExecution(parts).run()
    anew = await workshop.database.call(parts.ledger.begin_anew)
    assert (anew.cursor, anew.position, anew.counts) == (None, None, Counts())


async def test_on_problem_stop_goes_on_behind_it(workshop: Workshop) -> None:
    def refuse_some(record, at):  # type: ignore[no-untyped-def]
        from connector_sdk import Problem

        bad = (Problem("bad", "Bad."),) if record["id"] in (5, 12) else ()
        return Mapped(record, bad)

    run, lines, options = await workshop.new(), list[bytes](), Options(on_problem="stop")
    stops = 0
    while True:
        target = LineTarget(lines)
        target.cut((await workshop.run(run.id)).position)
        parts = await workshop.parts(run, ListSource(rows(20), 4), target, options, (), refuse_some)
        parts.counts = parts.ledger.run.counts.copy()
        try:
            assert await PositionedExecution(parts).run()
            break
        except Halt:
            stops += 1
    assert stops == 2
    assert len(lines) == 18
    found = await workshop.database.call(lambda c: list(read_outcomes(c, run.id)))
    assert [row.seq for row in found] == [5, 12]
    assert (await workshop.run(run.id)).counts == Counts(read=20, written=18, refused=2)


@given(st.lists(st.tuples(st.integers(0, 3000), st.floats(0.0, 3.0)), max_size=20))
def test_checkpoints_come_after_enough_records_and_time(steps: list[tuple[int, float]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        now = 0.0
        patch.setattr("time.monotonic", lambda: now)
        pulse, settled, last, moment = Pulse(0), 0, 0, 0.0
        for step, seconds in steps:
            settled += step
            now += seconds
            if pulse.due(settled):
                assert now - moment >= Pulse.LEAST
                pulse.taken(settled)
                last, moment = settled, now
            assert settled - last < Pulse.RECORDS or now - moment < Pulse.LEAST
            assert settled == last or now - moment < Pulse.SECONDS


class Ordering(ListSource):
    """Tells of what it ordered by pages without records, and stops before the first row."""

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        for count in range(3):
            yield Page([], json.dumps({"ordered": count}).encode())
        raise UnreachableError(Problem("not_yet", "Nothing is there yet."))


async def test_a_page_without_records_is_kept_at_once(workshop: Workshop) -> None:
    run = await workshop.new()
    parts = await workshop.parts(run, Ordering([]), LineTarget([]), identity=())
    with pytest.raises(UnreachableError):
        await PositionedExecution(parts).run()
    stored = await workshop.run(run.id)
    assert (stored.cursor, stored.counts.read) == (b'{"ordered": 2}', 0)


@pytest.mark.parametrize("ordered", [False, True])
async def test_only_a_run_that_had_nothing_is_begun_anew(workshop: Workshop, ordered: bool) -> None:
    run = await workshop.new()
    source = Ordering([]) if ordered else ListSource([])
    parts = await workshop.parts(run, source, LineTarget([]), identity=())
    if ordered:
        with pytest.raises(UnreachableError):
            await PositionedExecution(parts).run()
    call = workshop.database.call
    assert await call(lambda found: unfinished_run(found, "import")) is not None  # it runs
    await call(lambda found: parts.ledger.end(found, "stopped", None, 0.0))
    left = await call(lambda found: unfinished_run(found, "import"))
    assert (left is not None) == ordered
