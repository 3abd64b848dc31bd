"""Keeps a ledger that another one takes the place of."""

import secrets
import time
from pathlib import Path

BESIDE = ("-wal", "-shm")
"""Ends of the names of what SQLite keeps beside a database."""


def put_aside(path: Path) -> Path | None:
    """Renames a ledger, together with what belongs to it; its new place, None where there was
    nothing. Raises OSError."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.stem}-{stamp}-{secrets.token_hex(2)}{path.suffix}")
    moved = False
    for end in (*BESIDE, ""):
        part = path.with_name(path.name + end)
        if part.exists():
            part.rename(aside.with_name(aside.name + end))
            moved = True
    return aside if moved else None
