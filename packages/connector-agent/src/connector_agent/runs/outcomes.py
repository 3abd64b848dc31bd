"""The outcomes of a run, as people and machines look at them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector_sdk import Kind, Problem, decode
from sqlalchemy import Connection, and_, func, select

from connector_agent.store.tables import intents, outcomes
from connector_agent.store.vault import vault_of

PAGE = 500


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One record's outcome: where it came from, what became of it, and what was sent for it.

    `record` and `body` are JSON; `body` is None where nothing was sent. Positioned targets
    keep rows only of what they did not write.
    """

    seq: int
    step: int
    kind: Kind
    object: str
    request_id: str
    replayed: bool
    problem: Problem | None
    identity: str
    at: str
    ended: float
    record: bytes
    body: bytes | None
    key: str


def read_records(connection: Connection, run: str, numbers: Sequence[int]) -> dict[int, bytes]:
    """The records of a run under these numbers, so far as the ledger keeps them."""
    query = (
        select(outcomes.c.seq, func.coalesce(outcomes.c.record, intents.c.record, b"{}"))
        .outerjoin(
            intents,
            and_(
                intents.c.run == outcomes.c.run,
                intents.c.seq == outcomes.c.seq,
                intents.c.step == outcomes.c.step,
            ),
        )
        .where(outcomes.c.run == run, outcomes.c.seq.in_(numbers))
    )
    unseal = vault_of(connection).open
    return {seq: unseal(record) for seq, record in connection.execute(query)}


def read_outcomes(
    connection: Connection, run: str, kinds: Sequence[Kind] = (), after: int = 0
) -> Iterator[OutcomeRow]:
    """The next page of outcomes behind record `after`, in the order of the source."""
    query = (
        select(
            outcomes.c.seq,
            outcomes.c.step,
            outcomes.c.kind,
            outcomes.c.object,
            outcomes.c.request_id,
            outcomes.c.replayed,
            outcomes.c.problem,
            outcomes.c.identity,
            outcomes.c.at,
            outcomes.c.ended,
            func.coalesce(outcomes.c.record, intents.c.record, b"{}"),
            intents.c.body,
            func.coalesce(intents.c.key, ""),
        )
        .outerjoin(
            intents,
            and_(
                intents.c.run == outcomes.c.run,
                intents.c.seq == outcomes.c.seq,
                intents.c.step == outcomes.c.step,
            ),
        )
        .where(outcomes.c.run == run, outcomes.c.seq > after)
        .order_by(outcomes.c.seq, outcomes.c.step)
        .limit(PAGE)
    )
    if kinds:
        query = query.where(outcomes.c.kind.in_(kinds))
    unseal = vault_of(connection).open
    for row in connection.execute(query):
        values = list(row)
        values[6] = decode(Problem, unseal(values[6])) if values[6] is not None else None
        values[10] = unseal(values[10])
        values[11] = unseal(values[11]) if values[11] is not None else None
        yield OutcomeRow(*values)
