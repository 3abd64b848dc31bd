"""Counts the records of a run, one outcome each, and stores how far it is settled without a gap."""

from collections import Counter
from collections.abc import Iterable, Sequence

from connector_sdk import KINDS, Kind, Outcome

from connector_agent.runs.execution import Parts, Pulse
from connector_agent.runs.item import Item


class Frontier:
    """`at` is the last record up to which all have an outcome: what a checkpoint may store."""

    def __init__(self, at: int) -> None:
        self.at = at
        self._ahead: set[int] = set()

    def settle(self, seqs: Iterable[int]) -> None:
        """Adds records with an outcome, and advances."""
        self._ahead.update(seqs)
        while self.at + 1 in self._ahead:
            self.at += 1
            self._ahead.discard(self.at)


_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


class Tally:
    """Records with writes (steps) still without an outcome, and their worst outcome so far."""

    def __init__(self) -> None:
        self._left: dict[int, int] = {}
        self._worst: dict[int, Kind] = {}

    def expect(self, seqs: Iterable[int]) -> None:
        """Adds one write for each of these records."""
        for seq in seqs:
            self._left[seq] = self._left.get(seq, 0) + 1

    def note(self, seq: int, kind: Kind) -> None:
        """Adds an outcome stored earlier, of a record whose other writes are expected."""
        worst = self._worst.get(seq, kind)
        self._worst[seq] = max(worst, kind, key=_RANK.__getitem__)

    def add(self, seq: int, kind: Kind) -> Kind | None:
        """The record's outcome, once its last write has one."""
        left = self._left.pop(seq) - 1
        if not left and seq not in self._worst:
            return kind
        self.note(seq, kind)
        if left:
            self._left[seq] = left
            return None
        return self._worst.pop(seq)


class Checkpoints:
    """For executions whose calls end one by one: a record counts once, when the last of its
    writes has its outcome, and a checkpoint says up to which record none is missing."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._frontier = Frontier(parts.ledger.run.settled)
        self._tally = Tally()
        self._pulse = Pulse(parts.ledger.run.settled)

    def recover(self, pending: Sequence[Item], partly: Iterable[tuple[int, Kind]]) -> None:
        """Continues with the `pending` writes of an earlier execution; `partly` are outcomes of
        records that have some of these."""
        self.expect(pending)
        for seq, kind in partly:
            self._tally.note(seq, kind)
        # The frontier passes records that the last checkpoint did not know of.
        settled = set(range(self._frontier.at + 1, self._parts.counts.read + 1))
        self._frontier.settle(settled - {item.seq for item in pending})

    def expect(self, items: Sequence[Item]) -> None:
        """An outcome will come for each of these."""
        self._tally.expect([item.seq for item in items])

    def count(self, batch: Iterable[Outcome]) -> None:
        """Takes outcomes that are stored."""
        counts = self._parts.counts
        kinds: Counter[Kind] = Counter()
        settled: list[int] = []
        for outcome in batch:
            counts.replayed += outcome.replayed
            kind = self._tally.add(outcome.seq, outcome.kind)
            if kind is not None:
                kinds[kind] += 1
                settled.append(outcome.seq)
        for kind, count in kinds.items():
            counts.add(kind, count)
        self._frontier.settle(settled)

    async def take_if_due(self) -> None:
        """Takes a checkpoint every 1,000 records or 2 seconds."""
        if self._pulse.due(self._frontier.at):
            await self.take()

    async def take(self) -> None:
        """Stores a checkpoint, and completes the result files up to it."""
        parts = self._parts
        settled, counts, seconds = self._frontier.at, parts.counts.copy(), parts.seconds()
        await parts.database.call(
            lambda connection: parts.ledger.checkpoint(connection, settled, counts, seconds)
        )
        self._pulse.taken(settled)
        await parts.results.catch_up(settled)
