"""Decides about records before anything is sent: which need a call, and which have their
outcome already."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from connector_sdk import Body, Call, Outcome, Problem, shown

from connector_agent.runs.execution import Parts
from connector_agent.runs.identities import Known
from connector_agent.runs.key import name_of
from connector_agent.runs.ledger import Intent
from connector_agent.runs.stage import Staged
from connector_agent.runs.verdict import Verdict

STEP = 0
"""The first write of a record, and the step of the outcome of a record that needs no write."""


class Intake(NamedTuple):
    """What came of a batch of records."""

    planned: list[Intent]
    decided: list[Verdict]


async def take_in(
    parts: Parts, batch: Sequence[Staged], unstored: Mapping[str, str] | None = None
) -> Intake:
    """Looks up what is known of each record and plans its calls. `unstored` are identities that
    this run has taken and the ledger doesn't have yet, with their places."""
    wanted = [staged.identity for staged in batch if staged.identity]
    known: list[dict[str, Known]] = []
    seen: dict[str, str] = dict(unstored or {})
    if wanted:
        ledger, steps = parts.ledger, max(len(staged.writes) for staged in batch)
        known, stored = await parts.database.call(
            lambda connection: (
                [ledger.identities.known(connection, wanted, step) for step in range(steps)],
                ledger.seen(connection, wanted),
            )
        )
        seen |= stored
    intake = Intake([], [])
    for staged in batch:
        found = _decide(parts, staged, [each.get(staged.identity) for each in known], seen)
        for each in found:
            if isinstance(each, Intent):
                intake.planned.append(each)
            else:
                intake.decided.append(Verdict(each, staged.identity, staged.at, staged.record))
        taken = any(isinstance(each, Intent) or each.kind == "skipped" for each in found)
        if staged.identity and taken:
            seen[staged.identity] = staged.at
    return intake


def _decide(
    parts: Parts, staged: Staged, known: Sequence[Known | None], seen: Mapping[str, str]
) -> Sequence[Intent | Outcome]:
    """A call or an outcome for each write. A record is refused as a whole: nothing is sent of
    one that can't be written whole."""
    if staged.problem is not None:
        return (Outcome(staged.seq, STEP, "refused", problem=staged.problem),)
    of_steps = known or [None] * len(staged.writes)
    requests = []
    for step in range(len(staged.writes)):
        earlier = of_steps[step]
        updates = bool(earlier is not None and earlier.object and parts.options.repeat == "update")
        request = staged.made(step, updates=updates)
        if isinstance(request, Problem):
            return (Outcome(staged.seq, STEP, "refused", problem=request),)
        requests.append(request)
    if staged.identity in seen:
        problem = _same_as(staged, seen[staged.identity])
        return (Outcome(staged.seq, STEP, "refused", problem=problem),)
    found = [
        _decide_step(parts, staged, step, request, of_steps[step])
        for step, request in enumerate(requests)
    ]
    refused = [each for each in found if isinstance(each, Outcome) and each.kind == "refused"]
    return refused[:1] or found


def _decide_step(
    parts: Parts, staged: Staged, step: int, request: bytes, known: Known | None
) -> Intent | Outcome:
    repeat = parts.options.repeat
    existing = known.object if known is not None and repeat == "update" else ""
    written = known is not None and (known.object or known.state == "written")
    if known is not None and written and repeat == "skip":
        return Outcome(staged.seq, step, "skipped", id=known.object)
    body = parts.target.prepare(request, existing)
    if isinstance(body, Problem):
        return Outcome(staged.seq, step, "refused", problem=body._replace(at=staged.at))
    return _intent(parts, staged, step, body, known, existing=bool(existing))


def _intent(
    parts: Parts, staged: Staged, step: int, body: Body, known: Known | None, *, existing: bool
) -> Intent:
    attempt = known.attempt if known is not None else 0
    per_run = not staged.identity or existing or parts.options.repeat == "create"
    first_sent, synced = parts.now()
    fresh = True
    if not per_run and not parts.resend and known is not None and known.first_sent is not None:
        # An earlier run sent this call and never learned what became of it.
        first_sent, synced, fresh = known.first_sent, bool(known.synced), False
    name = name_of(staged.identity, staged.seq)
    key = parts.ledger.keys.key(name, step, body.action, attempt, per_run=per_run)
    call = Call(staged.seq, step, key, attempt, first_sent, body, synced)
    return Intent(call, staged.identity, staged.at, staged.record, fresh)


def _same_as(staged: Staged, other: str) -> Problem:
    return Problem(
        "same_identity",
        f"It has the same identity as {other or 'an earlier record'}: {shown(staged.identity)!r}.",
        "Keep one of the two in the source, or choose an identity that tells them apart.",
        value=staged.identity,
        at=staged.at,
    )
