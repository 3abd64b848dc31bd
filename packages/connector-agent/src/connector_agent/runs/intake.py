"""Decides about records before anything is sent: which need a call, and which have their
outcome already."""

from collections.abc import Sequence
from typing import NamedTuple

from connector_sdk import Body, Call, Outcome, Problem, shown

from connector_agent.runs.execution import Parts
from connector_agent.runs.identities import Known
from connector_agent.runs.key import name_of
from connector_agent.runs.ledger import Intent
from connector_agent.runs.stage import Staged
from connector_agent.runs.verdict import Verdict

STEP = 0
"""The one write of an operation; second targets will count on from here."""


class Intake(NamedTuple):
    """What came of a batch of records."""

    planned: list[Intent]
    decided: list[Verdict]


async def take_in(parts: Parts, batch: Sequence[Staged]) -> Intake:
    """Looks up what is known of each record and plans its call."""
    wanted = [staged.identity for staged in batch if staged.identity]
    known: dict[str, Known] = {}
    seen: dict[str, str] = {}
    if wanted:
        ledger = parts.ledger
        known, seen = await parts.database.call(
            lambda connection: (
                ledger.identities.known(connection, wanted),
                ledger.seen(connection, wanted),
            )
        )
    intake = Intake([], [])
    for staged in batch:
        found = _decide(parts, staged, known.get(staged.identity), seen)
        if isinstance(found, Intent):
            intake.planned.append(found)
        else:
            intake.decided.append(Verdict(found, staged.identity, staged.at, staged.record))
        if staged.identity and (isinstance(found, Intent) or found.kind == "skipped"):
            seen[staged.identity] = staged.at
    return intake


def _decide(
    parts: Parts, staged: Staged, known: Known | None, seen: dict[str, str]
) -> Intent | Outcome:
    repeat = parts.options.repeat
    existing = known.object if known is not None and repeat == "update" else ""
    request = staged.made(updates=bool(existing))
    if isinstance(request, Problem):
        return Outcome(staged.seq, STEP, "refused", problem=request)
    if staged.identity in seen:
        return Outcome(staged.seq, STEP, "refused", problem=_same_as(staged, seen[staged.identity]))
    written = known is not None and (known.object or known.state == "written")
    if known is not None and written and repeat == "skip":
        return Outcome(staged.seq, STEP, "skipped", id=known.object)
    body = parts.target.prepare(request, existing)
    if isinstance(body, Problem):
        return Outcome(staged.seq, STEP, "refused", problem=body._replace(at=staged.at))
    return _intent(parts, staged, body, known, existing=bool(existing))


def _intent(
    parts: Parts, staged: Staged, body: Body, known: Known | None, *, existing: bool
) -> Intent:
    attempt = known.attempt if known is not None else 0
    per_run = not staged.identity or existing or parts.options.repeat == "create"
    first_sent, synced = parts.now()
    fresh = True
    if not per_run and known is not None and known.first_sent is not None:
        # An earlier run sent this call and never learned what became of it.
        first_sent, synced, fresh = known.first_sent, bool(known.synced), False
    name = name_of(staged.identity, staged.seq)
    key = parts.ledger.keys.key(name, STEP, body.action, attempt, per_run=per_run)
    call = Call(staged.seq, STEP, key, attempt, first_sent, body, synced)
    return Intent(call, staged.identity, staged.at, staged.record, fresh)


def _same_as(staged: Staged, other: str) -> Problem:
    return Problem(
        "same_identity",
        f"It has the same identity as {other or 'an earlier record'}: {shown(staged.identity)!r}.",
        "Keep one of the two in the source, or choose an identity that tells them apart.",
        value=staged.identity,
        at=staged.at,
    )
