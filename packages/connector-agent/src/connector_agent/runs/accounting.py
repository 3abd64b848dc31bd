"""After a loss of the ledger: of which operations it is settled what they wrote before."""

import shlex
import time

from connector_sdk import Problem
from sqlalchemy import Connection, insert, select

from connector_agent.runs.identity_scope import identity_scope_of
from connector_agent.store.mark import loss_in
from connector_agent.store.tables import accounted


def unaccounted(connection: Connection, scope: str, operation: str) -> list[Problem]:
    """Says that a run of `operation` on `scope` may not know what was written before."""
    loss = loss_in(connection)
    if not loss or _is_accounted(connection, scope, operation):
        return []
    name = shlex.quote(operation)
    return [
        Problem(
            "ledger_incomplete",
            f"It isn't known what {operation!r} wrote to {scope} before the ledger was lost. What "
            f"was noticed then: {loss}",
            f"connector ledger rebuild {name} looks for what was written. To begin all the same, "
            f"once: connector run {name} --new",
        )
    ]


def account_for(connection: Connection, scope: str, operation: str) -> None:
    """Notes that a person settled it for `operation` on `scope`."""
    if not loss_in(connection) or _is_accounted(connection, scope, operation):
        return
    connection.execute(
        insert(accounted).values(
            scope=scope,
            identity_scope=identity_scope_of(connection, scope, operation),
            at=time.time(),
        )
    )


def _is_accounted(connection: Connection, scope: str, operation: str) -> bool:
    found = connection.execute(
        select(accounted.c.at).where(
            accounted.c.scope == scope,
            accounted.c.identity_scope == identity_scope_of(connection, scope, operation),
        )
    )
    return found.first() is not None
