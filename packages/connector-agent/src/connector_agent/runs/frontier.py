"""How far the records of a run are settled without a gap. Pure."""

from collections.abc import Iterable

from connector_sdk import KINDS, Kind


class Frontier:
    """The last record up to which all have their outcome: `at`. A checkpoint says no more than
    that, so that a resumed run passes none over; those that are settled beyond it wait."""

    def __init__(self, at: int) -> None:
        self.at = at
        self._ahead: set[int] = set()

    def settle(self, seqs: Iterable[int]) -> None:
        """Notes that these records have their outcome, and moves on as far as none is missing."""
        self._ahead.update(seqs)
        while self.at + 1 in self._ahead:
            self.at += 1
            self._ahead.discard(self.at)


_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


class Tally:
    """Records that still wait for the outcome of a write (a step), and the worst so far."""

    def __init__(self) -> None:
        self._left: dict[int, int] = {}
        self._worst: dict[int, Kind] = {}

    def expect(self, seqs: Iterable[int]) -> None:
        """One more write for each of these records."""
        for seq in seqs:
            self._left[seq] = self._left.get(seq, 0) + 1

    def note(self, seq: int, kind: Kind) -> None:
        """An outcome that was stored before, of a record whose other writes are expected."""
        worst = self._worst.get(seq, kind)
        self._worst[seq] = max(worst, kind, key=_RANK.__getitem__)

    def add(self, seq: int, kind: Kind) -> Kind | None:
        """The record's outcome, once this was the last that it waited for."""
        left = self._left.pop(seq) - 1
        if not left and seq not in self._worst:
            return kind
        self.note(seq, kind)
        if left:
            self._left[seq] = left
            return None
        return self._worst.pop(seq)
