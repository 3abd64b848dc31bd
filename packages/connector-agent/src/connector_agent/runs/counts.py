"""How far a run has come: every record that was read has exactly one outcome in the end."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from connector_sdk import Kind


@dataclass(slots=True)
class Counts:
    """read = written + skipped + refused + failed + unknown once nothing is pending.

    `filtered` counts what the source passed over before it became a record, `replayed` the
    calls that the target recognised by their key and did not do twice.
    """

    read: int = 0
    filtered: int = 0
    written: int = 0
    skipped: int = 0
    refused: int = 0
    failed: int = 0
    unknown: int = 0
    replayed: int = 0

    @property
    def settled(self) -> int:
        """Records that have an outcome."""
        return self.written + self.skipped + self.problems

    @property
    def problems(self) -> int:
        """Records whose outcome a person should look at."""
        return self.refused + self.failed + self.unknown

    @property
    def pending(self) -> int:
        """Records that were read and have no outcome yet."""
        return self.read - self.settled

    def add(self, kind: Kind, count: int = 1, replayed: int = 0) -> None:
        """Counts outcomes of one kind."""
        setattr(self, kind, getattr(self, kind) + count)
        self.replayed += replayed

    def add_all(self, rows: Iterable[tuple[Kind, int, int]]) -> None:
        """Counts rows of kind, count and how many of them were replayed."""
        for kind, count, replayed in rows:
            self.add(kind, count, replayed)

    def as_dict(self) -> dict[str, int]:
        """Every count by name, for the ledger and for machines."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def copy(self) -> "Counts":
        """These counts as they are now."""
        return Counts(**self.as_dict())
