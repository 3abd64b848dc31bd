"""Up to which record a run is settled without a gap, one outcome for each record. Pure."""

from collections.abc import Iterable

from connector_sdk import KINDS, Kind


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
