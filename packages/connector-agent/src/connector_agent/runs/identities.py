"""What was written for which identity, over all runs, and the name that it is stored under.

Identities and keys use the first name of an operation, whatever it is called now: a call of
unknown outcome keeps its key when the operation is renamed.
"""

import shlex
import time
from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple

from connector_sdk import Kind, Problem
from sqlalchemy import Connection, delete, func, insert, select, text

from connector_agent.runs.item import Item
from connector_agent.store.mark import loss_in
from connector_agent.store.statement import Statement
from connector_agent.store.tables import accounted, identities, identity_scopes


def identity_scope_of(connection: Connection, scope: str, operation: str) -> str:
    """The stored name of `operation` on the account and mode `scope`: its own, unless it was
    renamed or another operation took that name along."""
    kept = connection.scalar(
        select(identity_scopes.c.identity_scope).where(
            identity_scopes.c.scope == scope, identity_scopes.c.operation == operation
        )
    )
    if kept is not None:
        return str(kept)
    taken = set(
        connection.scalars(
            select(identity_scopes.c.identity_scope).where(identity_scopes.c.scope == scope)
        )
    )
    if operation not in taken:
        return operation
    # No name holds a "/", so that this is nobody's name.
    return next(free for number in count(2) if (free := f"{operation}/{number}") not in taken)


def operation_of(connection: Connection, scope: str, identity_scope: str) -> str:
    """The current name of the operation with this `identity_scope`."""
    name = connection.scalar(
        select(identity_scopes.c.operation).where(
            identity_scopes.c.scope == scope, identity_scopes.c.identity_scope == identity_scope
        )
    )
    return str(name) if name is not None else identity_scope.partition("/")[0]


def has_identities(connection: Connection, scope: str, operation: str) -> bool:
    """Whether any outcome of the operation is remembered on `scope`."""
    found = connection.execute(
        select(identities.c.identity)
        .where(
            identities.c.scope == scope,
            identities.c.identity_scope == identity_scope_of(connection, scope, operation),
        )
        .limit(1)
    )
    return found.first() is not None


def count_written(connection: Connection, scope: str, operation: str) -> int:
    """How many records the operation has written to `scope`, over all runs."""
    count = connection.scalar(
        select(func.count()).where(
            identities.c.scope == scope,
            identities.c.identity_scope == identity_scope_of(connection, scope, operation),
            identities.c.object != "",
        )
    )
    return int(count or 0)


def hand_on(connection: Connection, scope: str, old: str, new: str) -> None:
    """Renames `old` to `new` on `scope`; `new` must have no identities there."""
    identity_scope = identity_scope_of(connection, scope, old)
    connection.execute(
        delete(identity_scopes).where(
            identity_scopes.c.scope == scope, identity_scopes.c.operation.in_((old, new))
        )
    )
    connection.execute(
        insert(identity_scopes).values(scope=scope, operation=new, identity_scope=identity_scope)
    )


_KEY = ("scope", "identity_scope", "identity")


def _remember() -> Statement:
    names = identities.c.keys()
    # SQLite and PostgreSQL have the same clause. An update that failed doesn't unmake the object
    # that an earlier run wrote.
    changes = [
        "object = coalesce(nullif(excluded.object, ''), identities.object)"
        if name == "object"
        else f"{name} = excluded.{name}"
        for name in names
        if name not in _KEY
    ]
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    return Statement(
        text(
            f"INSERT INTO identities ({columns}) VALUES ({values}) "  # noqa: S608 - our own names
            f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {', '.join(changes)}"
        ),
        names,
    )


_REMEMBER = _remember()


class Known(NamedTuple):
    """What earlier runs stored for an identity: see the table `identities`."""

    state: Kind
    object: str
    attempt: int
    first_sent: float | None
    synced: bool | None


def scope_of_step(identity_scope: str, step: int) -> str:
    """The stored name for a step. The first step uses the operation's own; no operation name
    holds a slash."""
    return f"{identity_scope}//{step}" if step else identity_scope


class Identities:
    """The identities of one operation on one account, for the run `run`."""

    def __init__(self, scope: str, identity_scope: str, run: str) -> None:
        self._scope = scope
        self._identity_scope = identity_scope
        self._run = run

    def known(
        self, connection: Connection, wanted: Sequence[str], step: int = 0
    ) -> dict[str, Known]:
        """What earlier runs did with these identities in a step."""
        rows = connection.execute(
            select(
                identities.c.identity,
                identities.c.state,
                identities.c.object,
                identities.c.attempt,
                identities.c.first_sent,
                identities.c.synced,
            ).where(
                identities.c.scope == self._scope,
                identities.c.identity_scope == scope_of_step(self._identity_scope, step),
                identities.c.identity.in_(wanted),
            )
        )
        return {row[0]: Known(*row[1:]) for row in rows}

    def remember(self, connection: Connection, items: Sequence[Item]) -> None:
        """Stores what the outcomes of items mean for later runs."""
        if not items:
            return
        moment = time.time()
        _REMEMBER.run(connection, [self._row(item, moment) for item in items])

    def _row(self, item: Item, moment: float) -> dict[str, Any]:
        outcome, call = item.ended(), item.call
        attempt = call.attempt if call is not None else 0
        is_open = outcome.kind in ("failed", "unknown") or outcome.open
        return {
            "scope": self._scope,
            "identity_scope": scope_of_step(self._identity_scope, item.step),
            "identity": item.identity,
            "state": outcome.kind,
            # The object that a declined payment leaves is not the one to make.
            "object": outcome.id if outcome.kind in ("written", "skipped") else "",
            "attempt": attempt + (outcome.kind == "refused" and not outcome.open),
            "first_sent": call.first_sent if is_open and call is not None else None,
            "synced": (call is not None and call.synced) if is_open else None,
            "run": self._run,
            "seq": outcome.seq,
            "updated": moment,
        }


def unaccounted(connection: Connection, scope: str, operation: str) -> list[Problem]:
    """A Problem where a run may not know what was written before the ledger was lost."""
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
    """Records that a person settled it for `operation` on `scope`."""
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
