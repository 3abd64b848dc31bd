"""The latest runs for shell completion, read without SQLAlchemy because a shell waits."""

import sqlite3
from contextlib import closing
from pathlib import Path

MOST = 30


def latest_runs(path: Path) -> list[str]:
    """Run ids, newest first; none without a ledger. Changes nothing."""
    if not path.is_file():
        return []
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.2)) as database:
        found = database.execute("SELECT id FROM runs ORDER BY created DESC LIMIT ?", (MOST,))
        return [str(row[0]) for row in found]
