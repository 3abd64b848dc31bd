"""The mark beside a ledger: which ledger it was, and how far it had come.

A ledger that is missing, exchanged or older than its mark has lost something. The mark is written
after the transaction that it tells of, so that it is never ahead of a ledger that is whole.
"""

import os
from pathlib import Path

import msgspec


class Mark(msgspec.Struct, frozen=True):
    """`at` is the Unix time in seconds at which the ledger had this generation."""

    ledger: str
    generation: int
    at: float


def mark_of(ledger: Path) -> Path:
    """Where the mark of a ledger lies."""
    return ledger.with_suffix(".mark")


def read_mark(path: Path) -> Mark | None:
    """The mark, None where there is none. Raises ValueError for a file that is no mark, and
    OSError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except FileNotFoundError:
        return None


def write_mark(path: Path, mark: Mark) -> None:
    """Puts the mark in the place of the one before: whole, durable, for its owner only. Raises
    OSError."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(msgspec.json.encode(mark))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
