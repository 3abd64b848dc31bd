"""Finds at the target what an operation wrote, where the ledger no longer knows.

The source is read again and the key of each record computed for one attempt after another; an
object that carries such a key was written for that record. Nothing is sent.
"""

from collections.abc import Iterator, Sequence
from contextlib import aclosing
from typing import Literal, NamedTuple, Protocol, cast

from connector_sdk import (
    Body,
    Call,
    Marked,
    Marking,
    Outcome,
    Problem,
    RefusedError,
    SettingError,
    Target,
)
from sqlalchemy import Connection

from connector_agent.operations.compatibility import has_to_remember
from connector_agent.operations.operation import Operation
from connector_agent.runs.ending import not_rebuildable
from connector_agent.runs.guards import CardGuard
from connector_agent.runs.identities import (
    Identities,
    Known,
    account_for,
    hand_on,
    has_identities,
    identity_scope_of,
)
from connector_agent.runs.intake import STEP
from connector_agent.runs.item import Item, Keys
from connector_agent.runs.stage import Stage, prepared, stage_of
from connector_agent.store import Database

ATTEMPTS = 40
"""Keys that are computed for a record, where something is still left that none has led to."""

RUN = "rebuilt"
"""What stands in the place of a run in identities that come from here."""

_AT_ONCE = 5_000

Fate = Literal["found", "known", "declined", "doubled", "missing", "unclear", "other"]
"""found     it was written, which the ledger did not know.
known     it was written, and the ledger knows.
declined  it was made, and what it was made for failed: the next run tries once more.
doubled   it was written more than once.
missing   nothing carries a key of it: the next run writes it.
unclear   nothing would carry its key, so that nobody can tell.
other     it carries a key of no record: of a single run, of another operation, or of a record
          that the source no longer has.
"""


class Match(NamedTuple):
    """The result for one record, or one object. `at` is the place in the source."""

    fate: Fate
    identity: str = ""
    at: str = ""
    object: str = ""
    key: str = ""
    why: str = ""


class Rebuilt(NamedTuple):
    """The results. `settled`: the next run asks no more."""

    scope: str
    matches: Sequence[Match]
    settled: bool

    def count(self, fate: Fate) -> int:
        return sum(match.fate == fate for match in self.matches)


class _Target(Target, Marking, Protocol):
    """A target that can list the keys of what it wrote."""


class _Entry(NamedTuple):
    """A record. `shelf` is the list that would hold its object; None where the mapping refuses
    it, or where nothing of it can be listed (`hidden`)."""

    seq: int
    identity: str
    at: str
    shelf: bytes | None
    why: str = ""
    hidden: bool = False


class _Hit(NamedTuple):
    attempt: int
    key: str
    marked: Marked


async def rebuild(
    database: Database, opened: Operation, target: Target, first_name: str = ""
) -> Rebuilt:
    """Looks up what the operation wrote, and stores it. `first_name` is its name before a rename
    that the ledger doesn't know. Raises SettingError where nothing can be recognised, and as
    source and target do."""
    document = opened.document
    scope = await opened.target.connection.scope()
    name = document.name
    if not has_to_remember(document, target.guarantee):
        # A file, say, is written from its start: nothing has to be recognised.
        return Rebuilt(scope, [], settled=True)
    if not document.identity or document.options.repeat == "create":
        raise SettingError(not_rebuildable(name, "its keys are those of single runs"))
    if not isinstance(target, Marking):
        raise SettingError(not_rebuildable(name, "what it writes carries no key"))
    if first_name:
        await database.call(lambda connection: _rename(connection, scope, first_name, name))
    identity_scope = await database.call(
        lambda connection: identity_scope_of(connection, scope, name)
    )
    search = _Search(Keys(scope, identity_scope, RUN), cast("_Target", target))
    await search.read(opened, stage_of(opened, scope, database))
    await search.look()
    identities = Identities(scope, identity_scope, RUN)
    matches: list[Match] = []
    for at in range(0, len(search.entries), _AT_ONCE):
        some = search.entries[at : at + _AT_ONCE]
        matches += await database.call(
            lambda connection, some=some: _store(connection, identities, search, some)  # type: ignore[misc]
        )
    settled = not any(match.fate == "unclear" for match in matches)
    if settled:
        await database.call(lambda connection: account_for(connection, scope, name))
    return Rebuilt(scope, [*matches, *search.others()], settled)


class _Search:
    """The records of the source, the keys at the target, and how they match."""

    def __init__(self, keys: Keys, target: _Target) -> None:
        self.entries: list[_Entry] = []
        self.hits: dict[int, list[_Hit]] = {}
        self._keys = keys
        self._target = target
        self._actions: dict[str, None] = {}
        self._there: dict[bytes, dict[str, Marked]] = {}
        self._unlisted: dict[bytes, str] = {}
        self._taken: set[str] = set()
        self._identities: set[str] = set()

    async def read(self, opened: Operation, stage: Stage) -> None:
        """Reads every record; of several with one identity the first, as a run does."""
        source = await opened.open_source()
        seq = 0
        async with aclosing(source.read(None)) as pages:
            async for page in pages:
                numbered = list(enumerate(page.records, seq + 1))
                seq += len(numbered)
                for item in await stage.all(numbered):
                    if item.identity not in self._identities:
                        self.entries.append(self._entry(item, stage.cards))
                    if item.identity:
                        self._identities.add(item.identity)

    def _entry(self, item: Item, cards: CardGuard) -> _Entry:
        seq, identity, at = item.seq, item.identity, item.at
        body = item.problem or prepared(item, self._target, cards)
        if isinstance(body, Problem):
            return _Entry(seq, identity, at, None, body.message)
        self._actions[body.action] = None
        shelf = self._target.shelf(body)
        if shelf is None:
            why = "What is made of it carries no key, or can't be listed."
            return _Entry(seq, identity, at, None, why, hidden=True)
        self._there.setdefault(shelf, {})
        return _Entry(seq, identity, at, shelf)

    async def look(self) -> None:
        """Lists the keys, and computes attempts until each has matched."""
        for shelf, there in self._there.items():
            try:
                async with aclosing(self._target.marked(shelf)) as found:
                    async for marked in found:
                        there[marked.key] = marked
            except RefusedError as error:
                self._unlisted[shelf] = error.problem.message
        left = {key for there in self._there.values() for key in there}
        for attempt in range(ATTEMPTS):
            if not left:
                break
            for entry in self.entries:
                for hit in self._hits(entry, attempt):
                    self.hits.setdefault(entry.seq, []).append(hit)
                    left.discard(hit.key)
                    self._taken.add(hit.key)

    def _hits(self, entry: _Entry, attempt: int) -> Iterator[_Hit]:
        if not entry.identity:
            return
        shelves = self._there if entry.shelf is None else (entry.shelf,)
        for action in self._actions:
            key = self._keys.key(entry.identity, STEP, action, attempt, per_run=False)
            for shelf in shelves:
                marked = self._there[shelf].get(key)
                if marked is not None:
                    yield _Hit(attempt, key, marked)

    def fate(self, entry: _Entry, known: Known | None) -> Match:
        """The result for a record, from what was found and what the ledger knows."""
        hits = self.hits.get(entry.seq, [])
        made = [hit for hit in hits if not hit.marked.failed]
        objects = dict.fromkeys(hit.marked.id for hit in made)
        before = known.object if known is not None else ""
        base = Match("missing", entry.identity, entry.at, before)
        if before and not objects.keys() - {before}:
            return base._replace(fate="known")
        if before or len(objects) > 1:
            names = ", ".join(dict.fromkeys([*filter(None, [before]), *objects]))
            return base._replace(
                fate="doubled", object=before or made[-1].marked.id, why=f"There are {names}."
            )
        if made:
            return base._replace(fate="found", object=made[0].marked.id, key=made[0].key)
        if hits:
            last = hits[-1]
            return base._replace(fate="declined", object=last.marked.id, key=last.key)
        unlisted = self._unlisted.get(entry.shelf or b"", "")
        if entry.hidden or unlisted or not self._there:
            return base._replace(fate="unclear", why=unlisted or entry.why)
        return base._replace(why=entry.why)

    def others(self) -> Iterator[Match]:
        """The objects whose key matches no record."""
        for there in self._there.values():
            for key, marked in there.items():
                if key not in self._taken:
                    yield Match("other", object=marked.id, key=key)


def _store(
    connection: Connection, identities: Identities, search: _Search, entries: Sequence[_Entry]
) -> list[Match]:
    known = identities.known(connection, [each.identity for each in entries if each.identity])
    matches: list[Match] = []
    items: list[Item] = []
    for entry in entries:
        match = search.fate(entry, known.get(entry.identity))
        matches.append(match)
        if match.fate in ("found", "doubled"):
            outcome = Outcome(entry.seq, STEP, "written", match.object)
        elif match.fate == "declined":
            outcome = Outcome(entry.seq, STEP, "refused")
        else:
            continue
        attempt = max(hit.attempt for hit in search.hits[entry.seq])
        call = Call(entry.seq, STEP, "", attempt, None, Body(b""))
        items.append(
            Item(entry.seq, entry.at, b"", entry.identity, call=call, outcome=outcome, stored=True)
        )
    identities.remember(connection, items)
    return matches


def _rename(connection: Connection, scope: str, first_name: str, name: str) -> None:
    if first_name != name and not has_identities(connection, scope, name):
        hand_on(connection, scope, first_name, name)
