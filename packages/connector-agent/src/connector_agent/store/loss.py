"""What a ledger is missing, as its mark shows, and what to do about it. Pure."""

import shlex
import time
from pathlib import Path

from connector_sdk import Problem

from connector_agent.store.mark import Mark

LOST = "ledger_lost"
DAMAGED = "ledger_damaged"


def gone(path: Path) -> Problem:
    """The file is missing or empty, and there was a ledger."""
    how = "is empty" if path.exists() else "is missing"
    return _lost(f"The ledger {path} {how}, and the mark beside it says that there was one.")


def unmarked(path: Path) -> Problem:
    """Nothing tells how far the ledger had come."""
    return _lost(
        f"The mark beside the ledger {path} is missing or can't be read, so that nothing tells "
        "whether the ledger is the newest."
    )


def behind(path: Path, mark: Mark, found: Mark) -> Problem | None:
    """What the ledger lost, if it is not what its mark tells of."""
    if found.ledger != mark.ledger:
        return _lost(
            f"The ledger {path} is another one than the project used until {_day(mark.at)}."
        )
    if found.generation < mark.generation:
        count = mark.generation - found.generation
        changes = "change is" if count == 1 else f"{count:,} changes are"
        return _lost(
            f"The ledger {path} is older than on {_day(mark.at)}: its last {changes} missing. It "
            "is an old copy, or a file that belongs to it (ledger.db-wal) was lost."
        )
    return None


def damaged(path: Path, cause: object) -> Problem:
    """The file can't be read as a ledger."""
    return Problem(
        DAMAGED,
        f"The ledger {path} is damaged: {cause}. It holds what was written where: don't delete it.",
        remedy(),
    )


def remedy(operation: str = "") -> str:
    """The ways on, with the name of the operation where it is known."""
    name = shlex.quote(operation) if operation else "OPERATION"
    return (
        "Put a newer copy in its place: connector ledger restore FILE. Without one: connector "
        f"ledger rebuild {name}, which looks for what was written. To begin all the same: "
        f"connector run {name} --new"
    )


def _lost(what: str) -> Problem:
    return Problem(LOST, f"{what} A run might write again what was written before.", remedy())


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d at %H:%M:%S UTC", time.gmtime(at))
