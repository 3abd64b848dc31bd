"""Runs that are given up: what each pending record becomes, and what a later run makes of it."""

import pytest
from connector_agent.project.operation import Options
from connector_agent.runs.abandon import abandon
from connector_agent.runs.keyed import KeyedExecution
from connector_agent.runs.ledger import Ledger
from connector_agent.runs.outcomes import OutcomeRow, read_outcomes
from connector_agent.runs.run import unfinished_run
from connector_agent.store import Database
from connector_agent.store.vault import Vault, new_key
from connector_sdk import Call, CredentialError, Outcome, Problem, SettingError

from tests.connector_agent.runs.memory import KeyedTarget, ListSource, Workshop

ROWS: list[dict[str, object]] = [{"id": str(n)} for n in range(1, 8)]


class Stopping(KeyedTarget):
    """Takes four calls: the first is written, the third is done and its answer is lost with the
    key."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = self.meet

    def meet(self, call: Call) -> Outcome | None:
        if call.seq < 3:
            return None
        if call.seq == 3:
            self.objects[call.key] = call.body.json
        raise CredentialError(Problem("key_gone", "The key is gone."))


async def stopped(workshop: Workshop, repeat: str = "skip") -> tuple[str, KeyedTarget]:
    """A run with two records written, one sent without an answer and four not sent."""
    run, target = await workshop.new(), Stopping()
    options = Options(repeat=repeat)  # type: ignore[arg-type]
    parts = await workshop.parts(run, ListSource(ROWS), target, options)
    with pytest.raises(CredentialError):
        await KeyedExecution(parts).run()
    problem = Problem("key_gone", "The key is gone.")
    await workshop.database.call(lambda c: parts.ledger.end(c, "stopped", problem, 1.0))
    return run.id, target


async def outcomes_of(workshop: Workshop, run: str) -> list[OutcomeRow]:
    return await workshop.database.call(lambda c: list(read_outcomes(c, run)))


async def test_what_was_pending_has_its_outcome(workshop: Workshop) -> None:
    run, _ = await stopped(workshop)
    ended = await abandon(workshop.database, run, "")
    assert (ended.status, ended.unfinished, ended.counts.pending) == ("abandoned", False, 0)
    counts = ended.counts
    assert (counts.read, counts.written, counts.unknown, counts.failed) == (7, 2, 1, 4)
    rows = await outcomes_of(workshop, run)
    assert [row.kind for row in rows] == ["written"] * 2 + ["unknown"] + ["failed"] * 4
    for row in rows[2:]:
        assert row.problem is not None
        assert row.problem.code == "abandoned"
        assert "The reason: The key is gone." in row.problem.message
        assert row.problem.at == f"row {row.seq}"
    assert await workshop.database.call(lambda c: unfinished_run(c, "import")) is None


async def test_a_later_run_looks_for_what_may_have_been_sent(workshop: Workshop) -> None:
    run, target = await stopped(workshop)
    await abandon(workshop.database, run, "")
    first = {call.seq: call for call in target.sent}
    later = KeyedTarget(horizon=1e-9)  # no key is safe any more: what was sent is looked up
    later.objects = dict(target.objects)
    later.settles = lambda call: (
        Outcome(call.seq, call.step, "written", "obj_3") if call.key in later.objects else None
    )
    again = await workshop.new()
    parts = await workshop.parts(again, ListSource(ROWS), later)
    assert await KeyedExecution(parts).run()
    assert first[3].key in {call.key for call in later.settled}
    assert first[3].key not in {call.key for call in later.sent}
    assert parts.counts.written == 5
    assert parts.counts.skipped == 2
    assert len(later.objects) == 7


async def test_keys_of_a_single_run_are_for_a_person(workshop: Workshop) -> None:
    run, _ = await stopped(workshop, repeat="create")
    await abandon(workshop.database, run, "enough")
    remedies = [row.problem.remedy for row in await outcomes_of(workshop, run) if row.problem]
    assert "by its key" in remedies[0]
    assert all("sends it" in each for each in remedies[1:])


async def test_it_needs_no_key_of_the_ledger(workshop: Workshop) -> None:
    path = workshop.database.path
    workshop.database.close()
    workshop.database = Database(path, Vault(new_key()))
    run, _ = await stopped(workshop)
    workshop.database.close()
    workshop.database = Database(path)
    ended = await abandon(workshop.database, run, "the key is lost")
    assert ended.counts.unknown + ended.counts.failed == 5


async def test_a_process_that_still_runs_it_can_write_no_more(workshop: Workshop) -> None:
    run, _ = await stopped(workshop)
    taken = await workshop.run(run)
    ledger = await workshop.database.call(lambda c: Ledger.of(c, taken))
    await abandon(workshop.database, run, "")
    with pytest.raises(Exception, match=run):
        await workshop.database.call(lambda c: ledger.end(c, "finished", None, 1.0))
    with pytest.raises(SettingError, match="nothing to abandon"):
        await abandon(workshop.database, run, "")
