"""What has to hold, whatever happened: looked up in the ledger's file and at Stripe."""

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from connector_sdk import Problem, decode

from tests.simulation.scenario import Row, Scenario
from tests.simulation.stripe import Effect, Stripe
from tests.simulation.weather import NEVER_FINAL

KINDS = ("written", "skipped", "refused", "failed", "unknown")

MOST_IN_VAIN = 40
"""Records that one process may give up through no fault of theirs: more are an outage."""


class Outcome(NamedTuple):
    """A row of the ledger's table of outcomes."""

    run: str
    seq: int
    kind: str
    object: str
    identity: str
    problem: Problem | None


class Oracle:
    """Judges one seed as it goes; `faults` is what it found, in words."""

    def __init__(self, scenario: Scenario, stripe: Stripe, ledger: Path) -> None:
        self.scenario = scenario
        self.stripe = stripe
        self.faults: list[str] = []
        self._ledger = ledger
        self._seen: set[tuple[str, int]] = set()

    def look(self, *, out: bool) -> list[Outcome]:
        """Checks what a life of the process left, `out` if Stripe was out meanwhile; the outcomes
        that are new."""
        fresh = [each for each in self._outcomes() if (each.run, each.seq) not in self._seen]
        for outcome in fresh:
            self._seen.add((outcome.run, outcome.seq))
            self._judge(outcome)
        in_vain = sum(each.kind in ("failed", "unknown") for each in fresh)
        if out and in_vain > MOST_IN_VAIN:
            self._fault(f"{in_vain} records failed in one process: it should have stopped")
        for identity in self.scenario.versions:
            done = self.effects(identity)
            if len(done) > 1 and not self.scenario.kind.harmless:
                self._fault(f"{identity} doubled: {', '.join(each.id for each in done)}")
        return fresh

    def finished(self, run: str) -> Counter[str]:
        """Checks the counts of a run that is over."""
        outcomes = [each for each in self._outcomes() if each.run == run]
        found = Counter(each.kind for each in outcomes)
        with sqlite3.connect(self._ledger) as database:
            database.row_factory = sqlite3.Row
            row = dict(database.execute("SELECT * FROM runs WHERE id = ?", (run,)).fetchone())
        database.close()
        told = Counter({kind: row[kind] for kind in KINDS})
        if +told != found:
            self._fault(f"{run} counts {dict(+told)}, and its outcomes are {dict(found)}")
        if row["read"] != sum(told.values()):
            self._fault(f"{run} read {row['read']}, and has {sum(told.values())} outcomes")
        lost = set(self.scenario.versions) - {each.identity for each in outcomes}
        if lost or len(outcomes) != len(self.scenario.rows):
            self._fault(f"{run} lost {sorted(lost)}: {len(outcomes)} outcomes")
        return found

    def settled(self, *, unknown_allowed: bool) -> None:
        """Checks the end, after every fault is over and clean runs have followed."""
        newest = {each.identity: each for each in self._outcomes()}
        for identity, outcome in newest.items():
            there = bool(self.effects(identity))
            if self.scenario.refusable(identity):
                if there:
                    self._fault(f"{identity} is there, and can't be")
            elif outcome.kind in ("failed", "refused"):
                self._fault(f"{identity} is still {outcome.kind} after clean runs")
            elif outcome.kind == "unknown":
                if not unknown_allowed:
                    self._fault(f"{identity} is unknown, and a look could tell")
            elif not there:
                self._fault(f"{identity} lost: {outcome.kind}, and it isn't there")

    def effects(self, identity: str) -> list[Effect]:
        """What was done for a record."""
        name = self.scenario.versions[identity][0].get("id")
        verb = self.scenario.kind.verb
        return [
            each
            for each in self.stripe.effects
            if each.verb == verb and (each.identity == identity or (name and each.id == name))
        ]

    def _judge(self, outcome: Outcome) -> None:
        done = self.effects(outcome.identity)
        # Nobody can tell a delete of what never was from one that a lost send did.
        vain = self.scenario.kind.verb == "delete" and self.scenario.refusable(outcome.identity)
        if outcome.kind in ("written", "skipped") and not done and not vain:
            self._fault(f"{outcome.identity} {outcome.kind}, and it isn't there")
        elif outcome.kind == "written" and done:
            self._judge_written(outcome, done)
        elif outcome.kind in ("refused", "failed") and any(not each.unseen for each in done):
            self._fault(f"{outcome.identity} {outcome.kind}, and it is there as {done[0].id}")
        why = outcome.problem
        if outcome.kind == "refused" and why is not None and why.status in NEVER_FINAL:
            self._fault(f"{outcome.identity} refused for {why.status} {why.code}: that isn't final")

    def _judge_written(self, outcome: Outcome, done: list[Effect]) -> None:
        if outcome.object not in {each.id for each in done}:
            self._fault(f"{outcome.identity} written as {outcome.object!r}, not {done[0].id}")
        versions = self.scenario.versions[outcome.identity]
        if not any(_holds(done[0].params, row) for row in versions):
            self._fault(f"{outcome.identity} written with other values: {done[0].params}")

    def _outcomes(self) -> list[Outcome]:
        if not self._ledger.exists():
            return []
        with sqlite3.connect(self._ledger) as database:
            rows = database.execute(
                "SELECT o.run, o.seq, o.kind, o.object, o.identity, o.problem FROM outcomes o "
                "JOIN runs r ON r.id = o.run ORDER BY r.rowid, o.seq"
            ).fetchall()
        database.close()
        return [Outcome._make((*row[:5], _problem(row[5]))) for row in rows]

    def _fault(self, text: str) -> None:
        if text not in self.faults:
            self.faults.append(text)


def _holds(params: Any, row: Row) -> bool:
    """Whether what was done has the values of the row."""
    return all(
        str(params[name]).lower() == str(value).lower()
        for name, value in row.items()
        if name in params and name != "id"
    )


def _problem(stored: bytes | None) -> Problem | None:
    return None if stored is None else decode(Problem, stored)
