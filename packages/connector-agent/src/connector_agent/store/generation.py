"""How far a ledger has come: a number that rises with every transaction that changes it."""

import secrets
import time
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, update

from connector_agent.store.mark import Mark
from connector_agent.store.tables import accounted, identities, intents, ledger, outcomes

_AT_ONCE = "mark at once"


def generation_of(connection: Connection) -> Mark:
    """What a mark of the ledger says now."""
    row = connection.execute(select(ledger.c.id, ledger.c.generation)).one()
    return Mark(row.id, row.generation, time.time())


def rise(connection: Connection) -> Mark:
    """Counts one more change, and tells what the mark is to say of it."""
    connection.execute(update(ledger).values(generation=ledger.c.generation + 1))
    return generation_of(connection)


def note_loss(connection: Connection, loss: str, past: int) -> Mark:
    """Makes this the ledger of the project after a `loss`, later than the generation `past`
    that was lost. From now on it is another ledger, so that a copy of what it was before isn't
    taken for it; no operation is accounted for. What is pending may have been sent by what was
    lost, nobody knows when: it is looked up before it is sent."""
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
    """What was lost before this ledger was the project's, "" where nothing was."""
    return str(connection.scalar(select(ledger.c.loss)) or "")


def mark_at_once(connection: Connection) -> None:
    """Asks for the mark right after this transaction: something will be sent because of it."""
    connection.info[_AT_ONCE] = True


def is_urgent(info: dict[Any, Any]) -> bool:
    """Whether the transaction asked for that. Takes the request away."""
    return bool(info.pop(_AT_ONCE, False))
