"""What one run knows of its records: intents before the send, outcomes after it.

Every transaction first shows that this process still owns the run (its epoch), so that a
process that lost it can't write. The functions are synchronous: they run on the thread of
the database.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple

from connector_sdk import KINDS, Call, Cursor, Kind, Outcome, Problem, encode
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from connector_agent.runs.identities import Identities, identity_scope_of
from connector_agent.runs.item import Item, Keys
from connector_agent.runs.run import UNFINISHED, Counts, Run, Status, find_run
from connector_agent.store.mark import mark_at_once
from connector_agent.store.statement import Statement
from connector_agent.store.tables import intents, outcomes, runs
from connector_agent.store.vault import vault_of


class LostRunError(Exception):
    """Another process has taken this run; nothing more may be written or sent for it."""


class Mark(NamedTuple):
    """A checkpoint as a transactional target keeps it beside its rows."""

    settled: int
    cursor: Cursor | None
    exhausted: bool
    counts: dict[str, int]


class Ledger:
    """The ledger of one run that this process has taken."""

    def __init__(self, run: Run, identity_scope: str) -> None:
        self.run = run
        self.identity_scope = identity_scope
        self.keys = Keys(run.scope, identity_scope, run.id)
        self.identities = Identities(run.scope, identity_scope, run.id)

    @classmethod
    def of(cls, connection: Connection, run: Run) -> "Ledger":
        """The ledger of a run whose operation may have been renamed."""
        return cls(run, identity_scope_of(connection, run.scope, run.operation))

    def seen(self, connection: Connection, wanted: Sequence[str]) -> dict[str, str]:
        """Which of these identities this run has sent or skipped already, and at which place
        in the source."""
        sent = select(intents.c.identity, intents.c.at).where(
            intents.c.run == self.run.id, intents.c.identity.in_(wanted)
        )
        skipped = select(outcomes.c.identity, outcomes.c.at).where(
            outcomes.c.run == self.run.id,
            outcomes.c.identity.in_(wanted),
            outcomes.c.kind.in_(("skipped", "written")),
        )
        return {
            row.identity: row.at for query in (skipped, sent) for row in connection.execute(query)
        }

    def intend(
        self,
        connection: Connection,
        planned: Sequence[Item],
        decided: Sequence[Item],
        cursor: Cursor | None,
        *,
        exhausted: bool,
        read: int,
        filtered: int,
    ) -> None:
        """Stores, at once, what will be sent, what needs no sending, and how far the source
        was read."""
        self._own(connection, cursor=cursor, exhausted=exhausted, read=read, filtered=filtered)
        mark_at_once(connection)
        seal = vault_of(connection).seal
        if planned:
            _INTEND.run(connection, [item.intent_row(self.run.id, seal) for item in planned])
        self._insert_outcomes(connection, decided)
        for item in planned:
            item.stored = True

    def pending(self, connection: Connection) -> list[Item]:
        """The intents that have no outcome, in order."""
        rows = connection.execute(self._pending(*intents.c).order_by(intents.c.seq, intents.c.step))
        unseal = vault_of(connection).open
        return [Item.of_intent(row, unseal) for row in rows]

    def _pending(self, *columns: ColumnElement[Any]) -> Select[Any]:
        of_same = and_(
            outcomes.c.run == intents.c.run,
            outcomes.c.seq == intents.c.seq,
            outcomes.c.step == intents.c.step,
        )
        return (
            select(*columns)
            .select_from(intents)
            .outerjoin(outcomes, of_same)
            .where(
                intents.c.run == self.run.id,
                intents.c.seq > self.run.settled,
                outcomes.c.seq.is_(None),
            )
        )

    def partly(self, connection: Connection) -> list[tuple[int, Kind]]:
        """The outcomes that there are of records with pending intents."""
        rows = connection.execute(
            select(outcomes.c.seq, outcomes.c.kind).where(
                outcomes.c.run == self.run.id, outcomes.c.seq.in_(self._pending(intents.c.seq))
            )
        )
        return [(row.seq, row.kind) for row in rows]

    def rewrite(self, connection: Connection, changed: Sequence[Call]) -> None:
        """Stores a new key, attempt or time of first send for intents."""
        self._own(connection)
        if changed:
            connection.execute(
                update(intents)
                .where(
                    intents.c.run == self.run.id,
                    intents.c.seq == bindparam("of_seq"),
                    intents.c.step == bindparam("of_step"),
                )
                .values(
                    key=bindparam("new_key"),
                    attempt=bindparam("new_attempt"),
                    first_sent=bindparam("new_first_sent"),
                    synced=bindparam("new_synced"),
                ),
                [
                    {
                        "of_seq": call.seq,
                        "of_step": call.step,
                        "new_key": call.key,
                        "new_attempt": call.attempt,
                        "new_first_sent": call.first_sent,
                        "new_synced": call.synced,
                    }
                    for call in changed
                ],
            )

    def settle(self, connection: Connection, items: Sequence[Item]) -> None:
        """Stores outcomes of calls, and what they mean for later runs."""
        self._own(connection)
        self._insert_outcomes(connection, items)
        self.identities.remember(connection, [item for item in items if item.identity])

    def checkpoint(
        self, connection: Connection, settled: int, counts: Counts, seconds: float
    ) -> None:
        """Notes the lowest record that is not yet settled, and the counts up to there."""
        numbers = counts.as_dict()
        del numbers["read"], numbers["filtered"]  # kept with the cursor, by `intend`
        self._own(connection, settled=settled, seconds=seconds, **numbers)

    def advance(
        self,
        connection: Connection,
        mark: Mark,
        seconds: float,
        *,
        position: Cursor | None = None,
        decided: Sequence[Item] = (),
        done: Sequence[Item] = (),
    ) -> None:
        """The checkpoint of a target that keeps a place of its own: source and target move on
        together. `done` are outcomes in the ledger that hold from now on, for later runs
        too."""
        self._insert_outcomes(connection, decided)
        written = [item for item in done if item.identity and item.ended().kind == "written"]
        self.identities.remember(connection, written)
        self._own(
            connection,
            cursor=mark.cursor,
            position=position,
            exhausted=mark.exhausted,
            settled=mark.settled,
            seconds=seconds,
            **mark.counts,
        )

    def note(self, connection: Connection, decided: Sequence[Item]) -> None:
        """Stores outcomes that hold once the checkpoint after them does: see `rewind`."""
        self._own(connection)
        self._insert_outcomes(connection, decided)

    def adopt(self, connection: Connection, mark: Mark) -> Run:
        """Moves to a checkpoint that the target has and this ledger doesn't know of yet."""
        rows = connection.execute(
            select(outcomes).where(
                outcomes.c.run == self.run.id,
                outcomes.c.seq > self.run.settled,
                outcomes.c.seq <= mark.settled,
                outcomes.c.kind == "written",
            )
        )
        done = [
            Item(
                row.seq,
                row.at,
                b"",
                row.identity,
                step=row.step,
                outcome=Outcome(row.seq, row.step, row.kind, row.object),
                stored=True,
            )
            for row in rows
        ]
        self.advance(connection, mark, self.run.seconds, done=done)
        return find_run(connection, self.run.id)

    def rewind(self, connection: Connection) -> None:
        """Forgets what a run did behind its last checkpoint."""
        self._own(connection)
        connection.execute(
            delete(outcomes).where(outcomes.c.run == self.run.id, outcomes.c.seq > self.run.settled)
        )

    def begin_anew(self, connection: Connection) -> Run:
        """Forgets everything that a positioned run did: its source changed."""
        self._own(
            connection,
            cursor=None,
            position=None,
            exhausted=False,
            settled=0,
            **Counts().as_dict(),
        )
        connection.execute(delete(outcomes).where(outcomes.c.run == self.run.id))
        return find_run(connection, self.run.id)

    def end(
        self, connection: Connection, status: Status, problem: Problem | None, seconds: float
    ) -> None:
        """Gives the run up or closes it."""
        self._own(
            connection,
            status=status,
            problem=encode(problem) if problem is not None else None,
            seconds=seconds,
            ended=None if status in UNFINISHED else time.time(),
        )

    def recount(self, connection: Connection) -> Counts:
        """The counts as the stored outcomes give them, whatever the last checkpoint says: each
        record once, by the worst outcome of its writes, as soon as none is pending."""
        counts = Counts(read=self.run.counts.read, filtered=self.run.counts.filtered)
        rank = case({kind: rank for rank, kind in enumerate(KINDS)}, value=outcomes.c.kind)
        of_records = (
            select(
                outcomes.c.seq,
                func.max(rank).label("worst"),
                func.sum(case((outcomes.c.replayed, 1), else_=0)).label("replayed"),
            )
            .where(outcomes.c.run == self.run.id)
            .group_by(outcomes.c.seq)
            .subquery()
        )
        waits = of_records.c.seq.in_(self._pending(intents.c.seq))
        rows = connection.execute(
            select(
                of_records.c.worst, waits, func.count(), func.sum(of_records.c.replayed)
            ).group_by(of_records.c.worst, waits)
        )
        for worst, waiting, count, replayed in rows:
            counts.add(KINDS[worst], 0 if waiting else count, replayed)
        return counts

    def accounted(self, connection: Connection) -> Counter[str]:
        """How often each record of the source is already in this run, by identity, or by its
        content where it has none. For a source that changed under the run."""
        found: Counter[str] = Counter()
        unseal = vault_of(connection).open
        of_intents = select(intents.c.identity, intents.c.record).where(
            intents.c.run == self.run.id, intents.c.step == 0
        )
        of_outcomes = select(outcomes.c.identity, outcomes.c.record).where(
            outcomes.c.run == self.run.id, outcomes.c.step == 0, outcomes.c.record.is_not(None)
        )
        for query in (of_intents, of_outcomes):
            found.update(
                fingerprint(identity, unseal(record))
                for identity, record in connection.execute(query)
            )
        return found

    def _own(self, connection: Connection, **values: Any) -> None:
        row = {"updated": time.time(), **values}
        owned = _own(tuple(row)).run(
            connection, [{**row, "of_run": self.run.id, "of_epoch": self.run.epoch}]
        )
        if owned != 1:
            raise LostRunError(self.run.id)

    def _insert_outcomes(self, connection: Connection, items: Iterable[Item]) -> None:
        moment = time.time()
        seal = vault_of(connection).seal
        rows = [item.outcome_row(self.run.id, seal, moment) for item in items]
        if rows:
            _NOTE.run(connection, rows)


_INTEND = Statement(insert(intents), intents.c.keys())
_NOTE = Statement(insert(outcomes), outcomes.c.keys())


@cache
def _own(names: tuple[str, ...]) -> Statement:
    """Sets columns of a run, if this process still owns it."""
    owned = update(runs).where(
        runs.c.id == bindparam("of_run"), runs.c.epoch == bindparam("of_epoch")
    )
    return Statement(owned, names)


def fingerprint(identity: str, record: bytes) -> str:
    """By what a record is recognised when its source is read anew."""
    return identity or blake2b(record, digest_size=16).hexdigest()
