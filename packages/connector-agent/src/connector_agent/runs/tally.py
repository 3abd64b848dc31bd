"""One outcome for each record, however many writes it takes. Pure."""

from collections.abc import Iterable

from connector_sdk import KINDS, Kind

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
