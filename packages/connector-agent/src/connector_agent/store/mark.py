"""The mark beside a ledger: which ledger it was and its generation, so that a loss is noticed.

A ledger that is missing, replaced or older than its mark has lost data. The mark is written after
the transaction it describes, so it is never ahead of a whole ledger.
"""

import os
import secrets
import shlex
import time
from pathlib import Path
from typing import Any

import msgspec
from connector_sdk import Problem
from sqlalchemy import Connection, delete, exists, func, literal_column, select, update

from connector_agent.store.statement import Statement
from connector_agent.store.tables import accounted, identities, intents, ledger, outcomes


class Mark(msgspec.Struct, frozen=True):
    """`at` is the Unix time in seconds when the ledger had this generation."""

    ledger: str
    generation: int
    at: float


def mark_of(ledger: Path) -> Path:
    return ledger.with_suffix(".mark")


def read_mark(path: Path) -> Mark | None:
    """None where there is none. Raises ValueError for a file that is no mark, and OSError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except FileNotFoundError:
        return None


def write_mark(path: Path, mark: Mark) -> None:
    """Replaces the mark: whole, durable, private. Raises OSError."""
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


LOST = "ledger_lost"
DAMAGED = "ledger_damaged"


def gone(path: Path) -> Problem:
    """The Problem of a missing or empty ledger."""
    how = "is empty" if path.exists() else "is missing"
    return _lost(f"The ledger {path} {how}, and the mark beside it says that there was one.")


def unmarked(path: Path) -> Problem:
    """The Problem of a ledger without a readable mark."""
    return _lost(
        f"The mark beside the ledger {path} is missing or can't be read, so it isn't known "
        "whether the ledger is the newest."
    )


def losses(path: Path, mark: Mark, found: Mark) -> Problem | None:
    """What the ledger lost compared with its mark, if anything."""
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
    return Problem(
        DAMAGED,
        f"The ledger {path} is damaged: {cause}. It holds what was written where: don't delete it.",
        remedy(),
    )


def remedy(operation: str = "") -> str:
    """The ways to continue, for the operation if it is known."""
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


_AT_ONCE = "mark at once"


def generation_of(connection: Connection) -> Mark:
    row = connection.execute(select(ledger.c.id, ledger.c.generation)).one()
    return Mark(row.id, row.generation, time.time())


def rise(connection: Connection) -> Mark:
    """Raises the generation; returns the new mark."""
    _RISE.run(connection, [{}])
    which, generation = _GENERATION.first(connection)
    return Mark(which, generation, time.time())


_RISE = Statement(update(ledger).values(generation=ledger.c.generation + literal_column("1")), ())
_GENERATION = Statement(select(ledger.c.id, ledger.c.generation), ())


def note_loss(connection: Connection, loss: str, past: int) -> Mark:
    """Makes this the project's ledger after a `loss`, with a generation above `past`. It gets a
    new id, so that a copy of its former self isn't taken for it, and no operation is accounted
    for. Pending calls may have been sent, at an unknown time: they are looked up first."""
    now = generation_of(connection)
    generation = max(past, now.generation) + 1
    connection.execute(
        update(ledger).values(id=secrets.token_hex(16), generation=generation, loss=loss)
    )
    connection.execute(delete(accounted))
    settled = exists().where(
        outcomes.c.run == intents.c.run,
        outcomes.c.seq == intents.c.seq,
        outcomes.c.step == intents.c.step,
    )
    sent = func.coalesce(intents.c.first_sent, 0.0)
    connection.execute(update(intents).where(~settled).values(first_sent=sent, synced=False))
    is_open = identities.c.first_sent.is_not(None)
    connection.execute(update(identities).where(is_open).values(synced=False))
    return generation_of(connection)


def loss_in(connection: Connection) -> str:
    """The loss recorded in this ledger; "" if none."""
    return str(connection.scalar(select(ledger.c.loss)) or "")


def mark_at_once(connection: Connection) -> None:
    """Requests the mark right after this transaction, because a send follows."""
    connection.info[_AT_ONCE] = True


def is_urgent(info: dict[Any, Any]) -> bool:
    """Whether the transaction requested that; clears the request."""
    return bool(info.pop(_AT_ONCE, False))
