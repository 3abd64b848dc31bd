"""One write of a record, from its reading to its outcome, and the key that makes it repeatable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from connector_sdk import Body, Call, Outcome, Problem, Record, Request, encode
from connector_sdk.keys import hashed

from connector_agent.mapping import Mapped


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the keys of one run. A key is a hash: it holds no personal data and fits every
    limit. The payload isn't part of it: an edited record must not become a second object."""

    scope: str
    identity_scope: str
    run: str

    def key(self, identity: str, step: int, action: str, attempt: int, *, per_run: bool) -> str:
        """The key of a call. `per_run` makes it the run's own: for records without identity, for
        `repeat: create`, and for updates of what an earlier run wrote."""
        identity_scope = f"{self.identity_scope}@{self.run}" if per_run else self.identity_scope
        parts = orjson.dumps([self.scope, identity_scope, identity, step, action, attempt])
        return hashed(parts)

    def next(self, call: Call, identity: str) -> Call:
        """The same call with the next attempt's key, which a later run would use, too."""
        attempt = call.attempt + 1
        for per_run in (False, True):
            old = self.key(identity, call.step, call.body.action, call.attempt, per_run=per_run)
            if old == call.key:
                break
        key = self.key(identity, call.step, call.body.action, attempt, per_run=per_run)
        return call._replace(key=key, attempt=attempt)


def name_of(identity: str, seq: int) -> str:
    """The identity in a key; records without one use their number."""
    return identity or f"record {seq}"


class Item:
    """One write (`step`) of a record, which grows: record, mapped request, call, outcome.

    `create` is the mapped request, None where the record is its own; `update` that of an update,
    None where it is the same. `problem` refuses the record. A `fresh` call was never sent
    before, which is known for calls of this process only. `stored`: the ledger holds the record
    with its intent.
    """

    __slots__ = (
        "at", "call", "create", "fresh", "identity", "outcome", "problem", "record", "seq",
        "step", "stored", "unsent", "update",
    )  # fmt: skip

    def __init__(
        self,
        seq: int,
        at: str,
        record: bytes,
        identity: str = "",
        *,
        step: int = 0,
        create: Mapped | None = None,
        update: Mapped | None = None,
        problem: Problem | None = None,
        call: Call | None = None,
        outcome: Outcome | None = None,
        stored: bool = False,
    ) -> None:
        self.seq = seq
        self.at = at
        self.record = record
        self.identity = identity
        self.step = step
        self.create = create
        self.update = update
        self.problem = problem
        self.call = call
        self.outcome = outcome
        self.fresh = False
        self.unsent = False
        self.stored = stored

    @classmethod
    def refused(cls, seq: int, record: Record, identity: str, problem: Problem) -> "Item":
        """A record with a problem, placed at the record unless it has a place."""
        placed = problem if problem.at else problem._replace(at=record.at)
        return cls(seq, record.at, record.raw, identity, problem=placed)

    def request(self, *, updates: bool) -> tuple[Request, Mapped | None]:
        """The request of an update or a create, and the mapping that made it, if any."""
        mapped = self.update if updates and self.update is not None else self.create
        if mapped is None:
            return Request(self.record), None
        return Request(values=mapped.values), mapped

    @classmethod
    def of_intent(cls, row: Any, unseal: Callable[[bytes], bytes]) -> "Item":
        """A write that the ledger holds, from its row of `intents`."""
        body = Body(unseal(row.body), row.action, row.lock)
        call = Call(row.seq, row.step, row.key, row.attempt, row.first_sent, body, bool(row.synced))
        record = unseal(row.record)
        return cls(row.seq, row.at, record, row.identity, step=row.step, call=call, stored=True)

    def intent_row(self, run: str, seal: Callable[[bytes], bytes]) -> dict[str, Any]:
        """Its row of `intents`."""
        call = self.call
        assert call is not None
        return {
            "run": run,
            "seq": self.seq,
            "step": self.step,
            "identity": self.identity,
            "at": self.at,
            "record": seal(self.record),
            "key": call.key,
            "attempt": call.attempt,
            "action": call.body.action,
            "lock": call.body.lock,
            "body": seal(call.body.json),
            "first_sent": call.first_sent,
            "synced": call.synced,
        }

    def outcome_row(self, run: str, seal: Callable[[bytes], bytes], ended: float) -> dict[str, Any]:
        """Its row of `outcomes`, without a record that its intent holds."""
        outcome = self.outcome
        assert outcome is not None
        problem = outcome.problem
        return {
            "run": run,
            "seq": outcome.seq,
            "step": outcome.step,
            "kind": outcome.kind,
            "object": outcome.id,
            "request_id": outcome.request_id,
            "replayed": outcome.replayed,
            "problem": seal(encode(problem)) if problem is not None else None,
            "identity": self.identity,
            "at": self.at,
            "record": None if self.stored else seal(self.record),
            "ended": ended,
        }

    def sent(self) -> Call:
        """The call of an item that has one."""
        assert self.call is not None
        return self.call

    def ended(self) -> Outcome:
        """The outcome of an item that has one."""
        assert self.outcome is not None
        return self.outcome


def outcomes_of(items: Sequence[Item]) -> list[Outcome]:
    return [item.outcome for item in items if item.outcome is not None]
