"""Decides which records need a call and which have their outcome already, before anything is
sent."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from connector_sdk import Call, Outcome, Problem, shown

from connector_agent.runs.execution import Parts
from connector_agent.runs.identities import Known
from connector_agent.runs.item import Item, name_of
from connector_agent.runs.stage import prepared

STEP = 0
"""The first write of a record, and the step of the outcome of a record that needs no write."""

_SEQ = attrgetter("seq")


class Intake(NamedTuple):
    """Items with a call to make, and items whose outcome is known."""

    planned: list[Item]
    decided: list[Item]


async def take_in(
    parts: Parts, batch: Sequence[Item], unstored: Mapping[str, str] | None = None
) -> Intake:
    """Looks up what earlier runs did with each identity, and plans calls. `unstored` maps
    identities of this run that the ledger doesn't have yet to their places."""
    wanted = list(dict.fromkeys([item.identity for item in batch if item.identity]))
    known: dict[tuple[str, int], Known] = {}
    seen: dict[str, str] = dict(unstored or {})
    if wanted:
        ledger, steps = parts.ledger, sorted({item.step for item in batch})
        known, stored = await parts.database.call(
            lambda connection: (
                {
                    (identity, step): found
                    for step in steps
                    for identity, found in ledger.identities.known(connection, wanted, step).items()
                },
                ledger.seen(connection, wanted),
            )
        )
        seen |= stored
    intake = Intake([], [])
    moment = parts.now()
    for _, writes in groupby(batch, key=_SEQ):
        items = list(writes)
        refused = _decide(parts, items, known, seen, moment)
        if refused is not None:  # nothing is sent of a record that can't be written whole
            intake.decided.append(refused)
            continue
        for item in items:
            (intake.decided if item.call is None else intake.planned).append(item)
        if items[0].identity:
            seen[items[0].identity] = items[0].at
    return intake


def _decide(
    parts: Parts,
    items: Sequence[Item],
    known: Mapping[tuple[str, int], Known],
    seen: Mapping[str, str],
    moment: tuple[float, bool],
) -> Item | None:
    """Gives each write of a record a call or an outcome; returns the first that is refused."""
    for item in items:
        earlier = known.get((item.identity, item.step))
        if item.problem is None and item.identity in seen:
            item.problem = _same_as(item, seen[item.identity])
        if item.problem is None:
            _plan(parts, item, earlier, moment)
        if item.problem is not None:
            item.outcome = Outcome(item.seq, STEP, "refused", problem=item.problem)
            return item
    return None


def _plan(parts: Parts, item: Item, known: Known | None, moment: tuple[float, bool]) -> None:
    """Sets the call of an item, sent from this `moment` on, or its problem or outcome."""
    repeat = parts.options.repeat
    written = known is not None and (known.object or known.state == "written")
    failed = item.create is not None and item.create.problems
    if known is not None and written and repeat == "skip" and not failed:
        item.outcome = Outcome(item.seq, item.step, "skipped", id=known.object)
        return
    existing = known.object if known is not None and repeat == "update" else ""
    body = prepared(item, parts.target, parts.stage.cards, existing)
    if isinstance(body, Problem):
        item.problem = body
        return
    attempt = known.attempt if known is not None else 0
    per_run = not item.identity or bool(existing) or repeat == "create"
    first_sent, synced = moment
    item.fresh = True
    if not per_run and not parts.resend and known is not None and known.first_sent is not None:
        # An earlier run sent this call and never learned its outcome.
        first_sent, synced, item.fresh = known.first_sent, bool(known.synced), False
    name = item.identity or name_of(item.identity, item.seq)
    key = parts.ledger.keys.key(name, item.step, body.action, attempt, per_run=per_run)
    item.call = Call(item.seq, item.step, key, attempt, first_sent, body, synced)


def _same_as(item: Item, other: str) -> Problem:
    return Problem(
        "same_identity",
        f"It has the same identity as {other or 'an earlier record'}: {shown(item.identity)!r}.",
        "Keep one of the two in the source, or choose an identity that distinguishes them.",
        value=item.identity,
        at=item.at,
    )
