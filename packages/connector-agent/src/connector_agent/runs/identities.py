"""What was written for which identity, over all runs: the table that is kept for ever."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from connector_sdk import Kind
from sqlalchemy import Connection, bindparam, insert, select, update

from connector_agent.runs.item import Item
from connector_agent.store.tables import identities

_KEY = ("scope", "identity_scope", "identity")


class Known(NamedTuple):
    """What earlier runs left of an identity: see the table `identities`."""

    state: Kind
    object: str
    attempt: int
    first_sent: float | None
    synced: bool | None


def scope_of_step(identity_scope: str, step: int) -> str:
    """Under what the identities of a step are kept. The first is the operation's own; no name
    of an operation holds a slash."""
    return f"{identity_scope}//{step}" if step else identity_scope


class Identities:
    """The identities of one operation on one account, as the run `run` sees and changes them."""

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
        """Notes what the outcomes of items mean for later runs."""
        for step in sorted({item.step for item in items}):
            self._remember(connection, step, [item for item in items if item.step == step])

    def _remember(self, connection: Connection, step: int, items: Sequence[Item]) -> None:
        before = self.known(connection, [item.identity for item in items], step)
        fresh: list[dict[str, Any]] = []
        again: list[dict[str, Any]] = []
        moment, identity_scope = time.time(), scope_of_step(self._identity_scope, step)
        for item in items:
            outcome, call = item.ended(), item.call
            earlier = before.get(item.identity)
            attempt = call.attempt if call is not None else 0
            is_open = outcome.kind in ("failed", "unknown") or outcome.open
            is_there = outcome.kind in ("written", "skipped")
            values = {
                "scope": self._scope,
                "identity_scope": identity_scope,
                "identity": item.identity,
                "state": outcome.kind,
                # An update that failed doesn't unmake the object that an earlier run wrote, and
                # the object that a declined payment leaves behind is not what was to be made.
                "object": (outcome.id if is_there else "") or (earlier.object if earlier else ""),
                "attempt": attempt + (outcome.kind == "refused" and not outcome.open),
                "first_sent": call.first_sent if is_open and call is not None else None,
                "synced": (call is not None and call.synced) if is_open else None,
                "run": self._run,
                "seq": outcome.seq,
                "updated": moment,
            }
            (again if earlier else fresh).append(values)
        if fresh:
            connection.execute(
                insert(identities),
                fresh,
            )
        if again:
            connection.execute(
                update(identities).where(
                    identities.c.scope == bindparam("of_scope"),
                    identities.c.identity_scope == bindparam("of_identity_scope"),
                    identities.c.identity == bindparam("of_identity"),
                ),
                [{**values, **{f"of_{name}": values[name] for name in _KEY}} for values in again],
            )
