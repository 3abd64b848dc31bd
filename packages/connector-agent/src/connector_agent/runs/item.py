"""One write of a record, from its reading to its outcome."""

from collections.abc import Sequence

from connector_sdk import Call, Outcome, Problem, Record, Request

from connector_agent.mapping import Mapped


class Item:
    """One write (`step`) of a record, which grows on its way: the record, what the mapping makes
    of it, the call, the outcome.

    `create` is the mapped request, None where the record is its own; `update` is that of an
    update, None where it is the same. `problem` refuses the record before it is mapped. A `fresh`
    call was never sent before: that is known of the calls of this process only. `stored` says
    that the ledger holds the record with its intent.
    """

    __slots__ = (
        "at", "call", "create", "fresh", "identity", "outcome", "problem", "record", "seq",
        "step", "stored", "update",
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
        self.stored = stored

    @classmethod
    def refused(cls, seq: int, record: Record, identity: str, problem: Problem) -> "Item":
        """A record with a problem, which is placed at the record unless it has a place."""
        placed = problem if problem.at else problem._replace(at=record.at)
        return cls(seq, record.at, record.raw, identity, problem=placed)

    def request(self, *, updates: bool) -> tuple[Request, Mapped | None]:
        """The request of an update or of a create, and the mapping that made it, if one did."""
        mapped = self.update if updates and self.update is not None else self.create
        if mapped is None:
            return Request(self.record), None
        return Request(values=mapped.values), mapped

    def sent(self) -> Call:
        """The call of an item that has one."""
        assert self.call is not None
        return self.call

    def ended(self) -> Outcome:
        """The outcome of an item that has one."""
        assert self.outcome is not None
        return self.outcome


def outcomes_of(items: Sequence[Item]) -> list[Outcome]:
    """The outcomes of items that have one."""
    return [item.outcome for item in items if item.outcome is not None]
