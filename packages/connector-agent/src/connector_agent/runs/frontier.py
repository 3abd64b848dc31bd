"""How far the records of a run are settled without a gap. Pure."""

from collections.abc import Iterable


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
